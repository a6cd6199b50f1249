package org.neuralranking;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import org.junit.After;
import org.junit.AfterClass;
import org.junit.BeforeClass;
import org.junit.Test;
import org.neuralranking.node.Answer;
import org.neuralranking.node.Http;
import org.neuralranking.node.Installation;
import org.neuralranking.node.ModelRegistration;
import org.neuralranking.node.PluginZip;
import org.neuralranking.node.RealNode;
import org.neuralranking.node.ToyEncoder;
import org.neuralranking.node.Upload;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;
import static org.neuralranking.node.ToyEncoder.assertVersion;

/** What happens to a model between its registration and its deletion, on one node. */
public class ModelLifecycleIT {

    private static final String MODELS = "/_plugins/_neural_ranking/models";
    private static final String INDEX = "/.neural-ranking-models";
    private static final Duration SOON = Duration.ofMinutes(1);

    private static RealNode node;
    private static Http http;

    @BeforeClass
    public static void startNode() {
        RealNode.Builder builder = RealNode.named("lifecycle", Installation.of(PluginZip.forThisMachine())).setting("neural_ranking.models.linger", "2s");
        for (int version = 1; version <= 3; version++) {
            builder.bundle(ToyEncoder.version(version));
        }
        node = builder.start();
        http = node.http();
    }

    @AfterClass
    public static void stopNode() {
        if (node != null) {
            node.close();
        }
    }

    @After
    public void deleteModels() {
        http.get(MODELS).ok().at("/models").forEach(model -> http.delete(MODELS + "/" + model.get("id").asText() + "?force=true").ok());
    }

    private static Answer register(String id, int version) {
        return http.put(MODELS + "/" + id, "{\"path\": \"toy-encoder-" + version + "\"}");
    }

    private static String hash(String id) {
        return http.get(MODELS + "/" + id).ok().at("/models/0/hash").asText();
    }

    private static String reason(Answer answer) {
        return answer.at("/error/reason").asText();
    }

    private static void assertSays(Answer answer, String part) {
        assertTrue(answer.toString(), reason(answer).contains(part));
    }

    private static long stored(String kind) {
        http.post(INDEX + "/_refresh", null).ok();
        return http.get(INDEX + "/_count?q=kind:" + kind).ok().at("/count").asLong();
    }

    private static List<String> onDisk() {
        Path models = node.data().resolve("nodes/0/neural_ranking/models");
        try (Stream<Path> contents = Files.list(models); Stream<Path> staged = Files.list(models.resolveSibling("staging"))) {
            return Stream.concat(contents, staged).map(path -> path.getFileName().toString()).toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    public void uploadedInPartsAndCommitted() {
        Upload upload = new Upload(Upload.zip(ToyEncoder.version(7)), 1500);
        assertTrue("several parts", upload.parts() > 3);
        for (int part = 0; part < upload.parts() - 1; part++) {
            Answer sent = upload.send(http, "up", part).ok();
            assertEquals(1500, sent.at("/bytes").asInt());
        }
        assertSays(upload.commit(http, "up", "").expect(400), "got no part " + (upload.parts() - 1) + " of model [up]");
        upload.send(http, "up", upload.parts() - 1).ok();
        Upload other = new Upload(upload.zip().clone(), upload.partBytes());
        other.zip()[2000] ^= 1;
        other.send(http, "up", 1).ok();
        assertSays(upload.commit(http, "up", "").expect(400), "expected " + upload.sha256() + " as committed");
        http.get(MODELS + "/up").expect(404);
        upload.send(http, "up", 1).ok();
        Answer committed = upload.commit(http, "up", "?wait_for=all").expect(201);
        assertEquals("created", committed.at("/result").asText());
        assertVersion(7, http, "up");
        Http.waitFor("only the chunk is left", SOON, () -> stored("PART") == 0 && stored("CHUNK") == 1);
        assertSays(upload.commit(http, "up", "").expect(400), "got no part 0");
        assertVersion(7, http, "up");
    }

    @Test
    public void partsAndCommitsAreChecked() {
        String part = MODELS + "/up/_parts/";
        assertSays(http.put(part + "0", "{\"data\": \"*\"}").expect(400), "no base64");
        assertSays(http.put(part + "0", "{\"data\": 7}").expect(400), "a string of base64");
        assertSays(http.put(part + "0", "{\"data\": \"AAAA\", \"data\": \"AAAA\"}").expect(400), "");
        assertSays(http.put(part + "0", "{\"date\": \"AAAA\"}").expect(400), "got key [date]");
        assertSays(http.put(part + "0", "[]").expect(400), "expected {\"data\"");
        assertSays(http.put(part + "0", "{}").expect(400), "expected {\"data\"");
        assertSays(http.put(part + "0", "{\"data\": \"\"}").expect(400), "got a part of 0 bytes, expected 1 to 8388608");
        assertSays(http.put(part + "-1", "{\"data\": \"AAAA\"}").expect(400), "got part -1, expected 0 to 9999");
        assertSays(http.put(part + "10000", "{\"data\": \"AAAA\"}").expect(400), "got part 10000");
        assertSays(http.put(MODELS + "/UP/_parts/0", "{\"data\": \"AAAA\"}").expect(400), "got model id [UP]");
        String tooLarge = "{\"data\": \"" + "A".repeat(((8 << 20) / 3 + 1) * 4) + "\"}";
        assertSays(http.put(part + "0", tooLarge).expect(400), "got a part of 8388609 bytes, expected 1 to 8388608");
        String commit = MODELS + "/up/_commit";
        assertSays(http.post(commit, "{\"sha256\": \"abc\", \"parts\": 1}").expect(400), "got sha256 [abc], expected 64 hex digits");
        assertSays(http.post(commit, "{\"sha256\": \"" + "0".repeat(64) + "\", \"parts\": 0}").expect(400), "got parts [0]");
        http.post(commit, "{\"parts\": 1}").expect(400);
        assertSays(http.post(commit + "?wait_for=some", "{\"sha256\": \"" + "0".repeat(64) + "\", \"parts\": 1}").expect(400), "got wait_for [some]");
        Upload notAZip = new Upload("this is no zip at all".getBytes(StandardCharsets.UTF_8), 100);
        notAZip.send(http, "not-a-zip", 0).ok();
        assertSays(notAZip.commit(http, "not-a-zip", "").expect(400), "model [not-a-zip] is not registered; node [lifecycle]: ");
        http.get(MODELS + "/up").expect(404);
    }

    @Test
    public void partsThatNobodyCommitsExpire() {
        Upload upload = new Upload(Upload.zip(ToyEncoder.version(1)), 1500);
        register("kept", 1).expect(201);
        upload.send(http, "up", 0).ok();
        assertTrue(stored("PART") > 0);
        http.put("/_cluster/settings", "{\"transient\": {\"neural_ranking.models.upload_expiry\": \"1s\"}}").ok();
        try {
            Http.waitFor("the part has expired and the model's chunk has not", SOON, () -> stored("PART") == 0);
            assertEquals(1, stored("CHUNK"));
        } finally {
            http.put("/_cluster/settings", "{\"transient\": {\"neural_ranking.models.upload_expiry\": null}}").ok();
        }
        assertVersion(1, http, "kept");
    }

    @Test
    public void aZipInTheModelsDirectoryIsRegisteredByItsPath() throws IOException {
        Files.write(node.config().resolve("neural-ranking/models/toy.zip"), Upload.zip(ToyEncoder.version(8)));
        http.put(MODELS + "/zipped", "{\"path\": \"toy.zip\"}").expect(201);
        assertVersion(8, http, "zipped");
        assertEquals("the same content as the directory's", hash("zipped"), registeredAgain("zipped-again", 8));
    }

    private static String registeredAgain(String id, int version) {
        node.addBundle(ToyEncoder.version(version));
        register(id, version).expect(201);
        return hash(id);
    }

    @Test
    public void replacedRolledBackAndAliased() {
        register("m", 1).expect(201);
        String first = hash("m");
        http.put(MODELS + "/m/_aliases/stable", null).ok();
        assertSays(http.post(MODELS + "/m/_rollback", null).expect(400), "got model [m] that was never replaced");
        assertEquals("updated", register("m", 2).expect(200).at("/result").asText());
        assertVersion(2, http, "m");
        assertVersion(1, http, "m@stable");
        Answer model = http.get(MODELS + "/m").ok();
        assertEquals(first, model.at("/models/0/previous_hash").asText());
        assertEquals(first, model.at("/models/0/aliases/stable").asText());
        assertEquals(first, hash("m@stable"));

        http.post(MODELS + "/m/_rollback", null).ok();
        assertVersion(1, http, "m");
        http.post(MODELS + "/m/_rollback", null).ok();
        assertVersion(2, http, "m");
        register("m", 3).ok();
        assertVersion(3, http, "m");
        assertVersion(1, http, "m@stable");
        assertSays(http.put(MODELS + "/m/_aliases/old", "{\"hash\": \"" + "0".repeat(64) + "\"}").expect(400), "expected one of [");
        String second = http.get(MODELS + "/m").ok().at("/models/0/previous_hash").asText();
        http.put(MODELS + "/m/_aliases/old", "{\"hash\": \"" + second + "\"}").ok();
        assertVersion(2, http, "m@old");
        assertSays(http.put(MODELS + "/m/_aliases/No", null).expect(400), "got alias [No]");
        http.get(MODELS + "/m@nobody").expect(404);

        Http.waitFor("three contents are on disk", SOON, () -> onDisk().size() == 3);
        http.delete(MODELS + "/m/_aliases/stable").ok();
        http.delete(MODELS + "/m/_aliases/stable").expect(404);
        Http.waitFor("what is named no more is gone", SOON, () -> onDisk().size() == 2 && stored("CHUNK") == 2);
        http.delete(MODELS + "/m").ok();
        Http.waitFor("nothing is left", SOON, () -> onDisk().isEmpty() && stored("CHUNK") == 0);
    }

    @Test
    public void searchesThroughAReplacementHaveOneVersionOrTheOtherAndNoErrors() throws Exception {
        register("m", 1).expect(201);
        http.put("/cats", "{\"mappings\": {\"properties\": {\"v\": {\"type\": \"learned_sparse\"}}}, \"settings\": {\"number_of_replicas\": 0}}").ok();
        http.put("/cats/_doc/1?refresh=true", "{\"v\": {\"cat\": 1}}").expect(201);
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger searches = new AtomicInteger();
        AtomicInteger[] byVersion = { new AtomicInteger(), new AtomicInteger(), new AtomicInteger(), new AtomicInteger() };
        Thread searcher = new Thread(() -> {
            while (stop.get() == false) {
                Answer found = http.post("/cats/_search", "{\"query\": {\"learned_sparse\": {\"v\": {\"query_text\": \"cat\", \"model_id\": \"m\"}}}}").ok();
                byVersion[(int) Math.round(found.at("/hits/max_score").asDouble())].incrementAndGet();
                searches.incrementAndGet();
            }
        });
        AtomicInteger failures = new AtomicInteger();
        searcher.setUncaughtExceptionHandler((thread, e) -> {
            e.printStackTrace();
            failures.incrementAndGet();
        });
        searcher.start();
        for (int round = 0; round < 12; round++) {
            register("m", 1 + (round + 1) % 3).ok();
            int before = searches.get();
            Http.waitFor("searches go on", SOON, () -> searches.get() > before + 3 || failures.get() > 0);
        }
        stop.set(true);
        searcher.join();
        http.delete("/cats").ok();
        assertEquals(0, failures.get());
        for (int version = 1; version <= 3; version++) {
            assertTrue("version " + version + " answered", byVersion[version].get() > 0);
        }
    }

    @Test
    public void aModelThatSomethingNamesIsDeletedOnlyByForce() {
        register("m", 1).expect(201);
        http.put("/_ingest/pipeline/toy", "{\"processors\": [{\"learned_sparse\": {\"model_id\": \"m\", \"field_map\": {\"a\": \"b\"}}}]}").ok();
        Answer refused = http.delete(MODELS + "/m").expect(409);
        assertSays(refused, "model [m] is named by ingest pipeline [toy]");
        assertVersion(1, http, "m");
        http.delete(MODELS + "/m?force=true").ok();
        http.get(MODELS + "/m").expect(404);
        http.delete("/_ingest/pipeline/toy").ok();
    }

    @Test
    public void aCallerNeedNotWait() {
        register("any", 1);
        assertVersion(1, http, "any");
        http.put(MODELS + "/none?wait_for=none", "{\"path\": \"toy-encoder-2\"}").expect(201);
        ModelRegistration.awaitReady(http, "none");
        assertVersion(2, http, "none");
        http.put(MODELS + "/one?wait_for=any", "{\"path\": \"toy-encoder-3\"}").expect(201);
        assertVersion(3, http, "one");
    }

    @Test
    public void aNodeThatStartsRepairsWhatItsDiskLostAndSearchesWaitForIt() throws IOException {
        register("m", 1).expect(201);
        register("n", 2).expect(201);
        String damaged = hash("m");
        String lost = hash("n");
        Path models = node.data().resolve("nodes/0/neural_ranking/models");
        node.stop();
        Path graph = models.resolve(damaged).resolve("model.onnx");
        byte[] bytes = Files.readAllBytes(graph);
        bytes[bytes.length / 2] ^= 64;
        Files.write(graph, bytes);
        try (Stream<Path> files = Files.list(models.resolve(lost))) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(models.resolve(lost));
        Files.createDirectories(models.resolveSibling("staging/half")); // what a node that died while it wrote has left
        Files.createDirectories(models.resolve("f".repeat(64))); // deleted while it was away
        node.start();
        http.put("/cats", "{\"mappings\": {\"properties\": {\"v\": {\"type\": \"learned_sparse\"}}}, \"settings\": {\"number_of_replicas\": 0}}").ok();
        http.put("/cats/_doc/1?refresh=true", "{\"v\": {\"cat\": 1}}").expect(201);
        for (String id : List.of("m", "n")) {
            String search = "{\"query\": {\"learned_sparse\": {\"v\": {\"query_text\": \"cat\", \"model_id\": \"" + id + "\"}}}}";
            assertEquals(id.equals("m") ? 1 : 2, http.post("/cats/_search", search).ok().at("/hits/max_score").asInt());
        }
        http.delete("/cats").ok();
        Http.waitFor("only the two are on disk", SOON, () -> List.copyOf(onDisk()).stream().sorted().toList().equals(Stream.of(damaged, lost).sorted().toList()));
        assertTrue(node.log().contains("content [" + damaged + "] on this node's disk is damaged and is fetched again"));
        assertFalse(node.log().contains("content [" + lost + "] on this node's disk is damaged"));
    }
}
