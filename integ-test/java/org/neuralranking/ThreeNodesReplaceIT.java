package org.neuralranking;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import org.junit.AfterClass;
import org.junit.BeforeClass;
import org.junit.FixMethodOrder;
import org.junit.Test;
import org.junit.runners.MethodSorters;
import org.neuralranking.node.Answer;
import org.neuralranking.node.Http;
import org.neuralranking.node.Installation;
import org.neuralranking.node.ModelRegistration;
import org.neuralranking.node.PluginZip;
import org.neuralranking.node.RealCluster;
import org.neuralranking.node.RealNode;
import org.neuralranking.node.ToyEncoder;
import org.neuralranking.node.ToyRanker;
import org.neuralranking.node.Upload;

import com.fasterxml.jackson.databind.JsonNode;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;
import static org.neuralranking.node.ToyEncoder.assertVersion;

/** A model on three nodes, the last of which has little memory for models. The tests build on each other, in the order of their names. */
@FixMethodOrder(MethodSorters.NAME_ASCENDING)
public class ThreeNodesReplaceIT {

    private static final String MODELS = "/_plugins/_neural_ranking/models";
    private static final Duration SOON = Duration.ofMinutes(2);
    private static final int VERSIONS = 3;
    private static final int DOCUMENTS = 12;
    private static final int POOR = 2;
    /** Room for the toys and for {@link #LARGE_MEGABYTES}, not for {@link #TOO_LARGE_MEGABYTES}. */
    private static final String POOR_LIMIT = "256mb";
    private static final int LARGE_MEGABYTES = 48;
    private static final int TOO_LARGE_MEGABYTES = 160;
    /** {@code [CLS] cat [SEP] the cat [SEP]} */
    private static final int PAIR_TOKENS = 6;
    private static final double EXACT = 1e-5;

    private static RealCluster cluster;

    @BeforeClass
    public static void startCluster() {
        List<Path> bundles = new ArrayList<>();
        for (int version = 1; version <= VERSIONS; version++) {
            bundles.add(ToyEncoder.version(version));
            bundles.add(ToyRanker.version(version));
        }
        cluster = RealCluster.start("replace", Installation.of(PluginZip.forThisMachine()), 3, bundles, (i, builder) -> {
            builder.setting("neural_ranking.models.linger", "5s"); // longer than a search on a busy machine
            if (i == POOR) {
                builder.setting("neural_ranking.memory.limit", POOR_LIMIT);
            }
        });
        node(0).put("/cats", """
            {"settings": {"number_of_shards": 3, "number_of_replicas": 1},
             "mappings": {"properties": {"v": {"type": "learned_sparse"}, "text": {"type": "text"}}}}""").ok();
        for (int i = 0; i < DOCUMENTS; i++) {
            node(i % 3).put("/cats/_doc/" + i + "?refresh=true", "{\"v\": {\"cat\": 1}, \"text\": \"the cat\"}").expect(201);
        }
        cluster.awaitGreen();
    }

    @AfterClass
    public static void stopCluster() {
        if (cluster != null) {
            cluster.close();
        }
    }

    private static Http node(int i) {
        return cluster.node(i).http();
    }

    private static Answer register(Http http, String id, String bundle, String parameters) {
        return http.put(MODELS + "/" + id + parameters, "{\"path\": \"" + bundle + "\"}");
    }

    private static String encoded(String model) {
        return "{\"size\": 100, \"query\": {\"learned_sparse\": {\"v\": {\"query_text\": \"cat\", \"model_id\": \"" + model + "\"}}}}";
    }

    private static String ranked(String model) {
        return """
            {"size": 100, "query": {"match_all": {}}, "rescore": {"window_size": 100, "neural": {"model_id": "%s", "query_text": "cat",
             "document": {"fields": ["text"]}, "budget": "60s", "on_failure": "fail"}}}""".formatted(model);
    }

    /** What all documents, which are the same but for their shard, score; they must agree. */
    private static double score(Http http, String search) {
        Answer found = http.post("/cats/_search", search).ok();
        assertEquals(found.toString(), 0, found.at("/_shards/failed").asInt());
        assertEquals(found.toString(), DOCUMENTS, found.at("/hits/hits").size());
        double score = found.at("/hits/max_score").asDouble();
        found.at("/hits/hits").forEach(hit -> assertEquals("one version on all shards: " + found, score, hit.get("_score").asDouble(), 0));
        return score;
    }

    private static int encoderVersion(Http http, String model) {
        double score = score(http, encoded(model));
        assertEquals(Math.rint(score), score, 0);
        return (int) score;
    }

    /** What a ranker of each version gives. */
    private static final Map<Integer, Double> RANKED = new TreeMap<>();

    private static int rankerVersion(Http http, String model) {
        double score = score(http, ranked(model));
        return RANKED.entrySet().stream().filter(version -> Math.abs(version.getValue() - score) < EXACT).findAny().orElseThrow(() -> new AssertionError(score + " is of none of " + RANKED)).getKey();
    }

    private static void assertEverywhere(int version) {
        for (RealNode node : cluster.nodes()) {
            assertEquals(version, encoderVersion(node.http(), "encoder"));
            assertEquals(version, rankerVersion(node.http(), "ranker"));
        }
    }

    @Test
    public void a_searchesThroughReplacementsHaveOneVersionOnAllShardsAndNoErrors() throws Exception {
        for (JsonNode shard : node(0).get("/_cat/shards/cats?h=docs,node&format=json").ok().json()) {
            assertTrue("documents on every shard", shard.get("docs").asInt() > 0);
        }
        for (int version = 1; version <= VERSIONS; version++) {
            register(node(0), "ranker-" + version, "toy-ranker-" + version, "").expect(201);
            RANKED.put(version, score(node(1), ranked("ranker-" + version)));
            assertEquals(PlainScores.rescored(PAIR_TOKENS * version), RANKED.get(version), EXACT);
            node(0).delete(MODELS + "/ranker-" + version).ok();
        }
        register(node(0), "encoder", "toy-encoder-1", "").expect(201);
        register(node(0), "ranker", "toy-ranker-1", "").expect(201);
        assertEverywhere(1);

        AtomicBoolean stop = new AtomicBoolean();
        List<Throwable> failures = new ArrayList<>();
        Map<Integer, AtomicInteger> seen = new HashMap<>();
        for (int version = 1; version <= VERSIONS; version++) {
            seen.put(version, new AtomicInteger());
        }
        List<Thread> searchers = new ArrayList<>();
        AtomicInteger[] searches = { new AtomicInteger(), new AtomicInteger(), new AtomicInteger() };
        for (int i = 0; i < cluster.size(); i++) {
            Http http = node(i);
            AtomicInteger count = searches[i];
            Thread searcher = new Thread(() -> {
                while (stop.get() == false) {
                    seen.get(encoderVersion(http, "encoder")).incrementAndGet();
                    seen.get(rankerVersion(http, "ranker")).incrementAndGet();
                    count.incrementAndGet();
                }
            });
            searcher.setUncaughtExceptionHandler((thread, e) -> {
                synchronized (failures) {
                    failures.add(e);
                }
            });
            searcher.start();
            searchers.add(searcher);
        }
        List<String> waits = List.of("all", "any", "none");
        int version = 1;
        try {
            for (int round = 0; round < 6; round++) {
                version = version % VERSIONS + 1;
                Http through = node(round % 3);
                String wait = "?wait_for=" + waits.get(round % waits.size());
                register(through, "encoder", "toy-encoder-" + version, wait).expect(200);
                register(through, "ranker", "toy-ranker-" + version, wait).expect(200);
                awaitMoreSearches(searches, failures);
            }
            int before = version == 1 ? VERSIONS : version - 1;
            node(1).post(MODELS + "/encoder/_rollback", null).ok();
            node(2).post(MODELS + "/ranker/_rollback", null).ok();
            awaitMoreSearches(searches, failures);
            version = before;
        } finally {
            stop.set(true);
            for (Thread searcher : searchers) {
                searcher.join();
            }
        }
        assertEquals(List.of(), failures);
        seen.forEach((which, count) -> assertTrue("version " + which + " answered", count.get() > 0));
        for (String id : List.of("encoder", "ranker")) {
            ModelRegistration.awaitReady(node(0), id);
        }
        assertEverywhere(version);
    }

    private static void awaitMoreSearches(AtomicInteger[] searches, List<Throwable> failures) {
        int[] before = Stream.of(searches).mapToInt(AtomicInteger::get).toArray();
        Http.waitFor("searches go on through every node", SOON, () -> {
            synchronized (failures) {
                if (failures.isEmpty() == false) {
                    throw new AssertionError("a search failed", failures.getFirst());
                }
            }
            for (int i = 0; i < before.length; i++) {
                if (searches[i].get() < before[i] + 2) {
                    return false;
                }
            }
            return true;
        });
    }

    @Test
    public void b_whoeverWaitsForOneNodeOrNoneGetsAllInTheEnd() {
        for (String wait : List.of("any", "none")) {
            register(node(1), "waited-" + wait, "toy-encoder-2", "?wait_for=" + wait).expect(201);
            ModelRegistration.awaitReady(node(2), "waited-" + wait);
            Answer model = node(0).get(MODELS + "/waited-" + wait).ok();
            assertEquals(3, model.at("/models/0/nodes").size());
            for (RealNode node : cluster.nodes()) {
                assertVersion(2, node.http(), "waited-" + wait);
            }
            node(0).delete(MODELS + "/waited-" + wait).ok();
        }
    }

    @Test
    public void c_anAliasIsTheSameThroughEveryNodeAndSurvivesReplacements() {
        register(node(0), "encoder", "toy-encoder-1", "").ok();
        node(0).put(MODELS + "/encoder/_aliases/stable", null).ok();
        assertEquals(1, encoderVersion(node(1), "encoder@stable"));
        for (int version = 2; version <= VERSIONS; version++) {
            register(node(2), "encoder", "toy-encoder-" + version, "").expect(200);
            for (RealNode node : cluster.nodes()) {
                assertEquals(version, encoderVersion(node.http(), "encoder"));
                assertEquals(1, encoderVersion(node.http(), "encoder@stable"));
            }
        }
        node(1).post(MODELS + "/encoder/_rollback", null).ok();
        for (RealNode node : cluster.nodes()) {
            assertEquals(VERSIONS - 1, encoderVersion(node.http(), "encoder"));
            assertEquals(1, encoderVersion(node.http(), "encoder@stable"));
        }
    }

    @Test
    public void d_whatIsNamedIsDeletedThroughNoNodeButByForce() {
        node(0).put("/_ingest/pipeline/toy", "{\"processors\": [{\"learned_sparse\": {\"model_id\": \"encoder\", \"field_map\": {\"a\": \"b\"}}}]}").ok();
        for (RealNode node : cluster.nodes()) {
            Answer refused = node.http().delete(MODELS + "/encoder").expect(409);
            String reason = refused.at("/error/reason").asText();
            assertTrue(reason, reason.contains("model [encoder] is named by ingest pipeline [toy]"));
            assertEquals(VERSIONS - 1, encoderVersion(node.http(), "encoder"));
        }
        node(1).delete(MODELS + "/encoder?force=true").ok();
        for (RealNode node : cluster.nodes()) {
            node.http().get(MODELS + "/encoder").expect(404);
            node.http().post("/cats/_search", encoded("encoder")).expect(404);
            node.http().post("/cats/_search", encoded("encoder@stable")).expect(404);
        }
        node(2).delete("/_ingest/pipeline/toy").ok();
    }

    private static long stored(Http http, String kind) {
        http.post("/.neural-ranking-models/_refresh", null).ok();
        return http.get("/.neural-ranking-models/_count?preference=_local&q=kind:" + kind).ok().at("/count").asLong();
    }

    @Test
    public void e_partsThatNobodyCommitsExpireOnAllNodes() {
        register(node(0), "encoder", "toy-encoder-1", "").expect(201);
        Upload upload = new Upload(Upload.zip(ToyEncoder.version(2)), 1500);
        for (int part = 0; part < upload.parts() - 1; part++) {
            upload.send(node(part % 3), "late", part).ok();
        }
        Http.waitFor("only chunks of what is registered are left", SOON, () -> stored(node(0), "CHUNK") == 3); // the ranker has a previous content
        assertEquals(upload.parts() - 1, stored(node(1), "PART"));
        node(0).put("/_cluster/settings", "{\"transient\": {\"neural_ranking.models.upload_expiry\": \"1s\"}}").ok();
        try {
            Http.waitFor("the parts have expired", SOON, () -> cluster.nodes().stream().allMatch(node -> stored(node.http(), "PART") == 0));
        } finally {
            node(0).put("/_cluster/settings", "{\"transient\": {\"neural_ranking.models.upload_expiry\": null}}").ok();
        }
        for (RealNode node : cluster.nodes()) {
            assertEquals(3, stored(node.http(), "CHUNK"));
            assertVersion(1, node.http(), "encoder");
        }
        upload.send(node(1), "late", upload.parts() - 1).ok();
        String reason = upload.commit(node(2), "late", "").expect(400).at("/error/reason").asText();
        assertTrue(reason, reason.contains("got no part 0 of model [late], expected parts 0 to " + (upload.parts() - 1)));
    }

    private static Map<String, JsonNode> memory() {
        Map<String, JsonNode> memory = new HashMap<>();
        node(0).get("/_plugins/_neural_ranking/stats").ok().at("/nodes").forEach(node -> memory.put(node.get("name").asText(), node.get("memory")));
        return memory;
    }

    private static long onDisk(RealNode node) {
        Path root = node.data().resolve("nodes/0/neural_ranking");
        try (Stream<Path> contents = Files.list(root.resolve("models")); Stream<Path> staged = Files.list(root.resolve("staging"))) {
            return contents.count() + staged.count();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void awaitNothing() {
        Http.waitFor("no node has anything of a model", SOON, () -> stored(node(0), "CHUNK") == 0 && cluster.nodes().stream().allMatch(node -> onDisk(node) == 0)
            && memory().values().stream().allMatch(use -> use.get("native_bytes").asLong() == 0 && use.get("heap_bytes").asLong() == 0));
    }

    @Test
    public void f_whatOneNodeHasNoMemoryForIsRegisteredNowhereAndGivenUpByAll() {
        node(0).get(MODELS).ok().at("/models").forEach(model -> node(1).delete(MODELS + "/" + model.get("id").asText()).ok());
        awaitNothing();
        cluster.node(0).addBundle(ToyRanker.heavy("too-large", TOO_LARGE_MEGABYTES));
        String reason = register(node(0), "too-large", "too-large", "").expect(429).at("/error/reason").asText();
        assertTrue(reason, reason.contains("node [replace-" + POOR + "]: got ") && reason.contains(" of native memory asked for content ["));
        assertTrue(reason, reason.contains("0b [0] are in use, expected no more than neural_ranking.memory.limit = " + POOR_LIMIT));
        for (RealNode node : cluster.nodes()) {
            node.http().get(MODELS + "/too-large").expect(404);
        }
        assertEquals(1, memory().get("replace-" + POOR).get("refused").asLong());
        awaitNothing();
        register(node(0), "encoder", "toy-encoder-3", "").expect(201);
        assertVersion(3, node(POOR), "encoder");
    }

    /** An attempt to register something, and what came of it; no answer if its node died. */
    private record Attempt(String id, Answer answer) {}

    private static RealNode clusterManager() {
        String name = node(0).get("/_cat/cluster_manager?format=json").ok().at("/0/node").asText();
        return cluster.nodes().stream().filter(node -> node.name().equals(name)).findAny().orElseThrow();
    }

    /** Everything is stored, and the cluster manager has been asked to publish it. */
    private static boolean isPublishing(Http http) {
        for (JsonNode node : http.get("/_tasks?detailed&actions=cluster:admin/neural_ranking/models/put").ok().at("/nodes")) {
            for (JsonNode task : node.get("tasks")) {
                if (task.at("/status/phase").asText().equals("loading on the nodes") && task.get("description").asText().equals("model [large]")) {
                    return true;
                }
            }
        }
        return false;
    }

    @Test
    public void g_aClusterManagerThatDiesLeavesRegistrationsWholeOrNotAtAll() throws Exception {
        RealNode victim = clusterManager();
        List<RealNode> survivors = cluster.nodes().stream().filter(node -> node != victim).toList();
        Http first = survivors.get(0).http();
        Http second = survivors.get(1).http();
        survivors.get(0).addBundle(ToyRanker.heavy("large", LARGE_MEGABYTES));
        List<Attempt> attempts = new ArrayList<>();
        AtomicBoolean killed = new AtomicBoolean();
        CompletableFuture<Void> small = CompletableFuture.runAsync(() -> {
            for (int i = 0, afterwards = 0; afterwards < 2; i++) {
                boolean late = killed.get();
                attempts.add(new Attempt("small-" + i, register(second, "small-" + i, "toy-encoder-" + (1 + i % 2), "")));
                afterwards += late ? 1 : 0;
            }
        });
        CompletableFuture<Answer> large = CompletableFuture.supplyAsync(() -> register(first, "large", "large", ""));
        Http.waitFor("the large one is loaded by the nodes", SOON, () -> {
            assertFalse("it ended before the cluster manager was killed", large.isDone());
            return isPublishing(first);
        });
        victim.kill();
        killed.set(true);
        small.join();
        attempts.add(new Attempt("large", large.join()));
        Http.waitFor("another cluster manager is there", SOON, () -> first.get("/_cluster/health").json().path("number_of_nodes").asInt() == 2);

        Map<String, Integer> statuses = new LinkedHashMap<>();
        attempts.forEach(attempt -> statuses.put(attempt.id(), attempt.answer().status()));
        System.out.println("registrations around a killed cluster manager: " + statuses);
        for (Attempt attempt : attempts) {
            boolean registered = first.get(MODELS + "/" + attempt.id()).status() == 200;
            assertTrue("what was acknowledged is there: " + attempt, registered || attempt.answer().status() / 100 != 2);
            if (registered) {
                assertReady(attempt.id(), survivors);
            } else {
                second.get(MODELS + "/" + attempt.id()).expect(404);
            }
        }
        victim.start();
        cluster.awaitGreen();
        for (Attempt attempt : attempts) {
            Http again = attempt.id().equals("large") ? first : victim.http();
            String bundle = attempt.id().equals("large") ? "large" : "toy-encoder-3";
            register(again, attempt.id(), bundle, "").ok();
            assertReady(attempt.id(), cluster.nodes());
        }
        attempts.forEach(attempt -> second.delete(MODELS + "/" + attempt.id()).ok());
        first.delete(MODELS + "/encoder").ok();
        Http.waitFor("no node has a file of a model", SOON, () -> cluster.nodes().stream().allMatch(node -> onDisk(node) == 0));
    }

    private static void assertReady(String id, List<RealNode> nodes) {
        ModelRegistration.awaitReady(nodes.getFirst().http(), id);
        for (RealNode node : nodes) {
            if (id.equals("large")) {
                node.http().post(MODELS + "/large/_infer", "{\"query\": \"cat\", \"documents\": [\"the cat\"]}").ok();
            } else {
                ToyEncoder.versionOf(node.http(), id);
            }
        }
    }
}
