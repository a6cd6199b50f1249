package org.neuralranking;

import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.junit.AfterClass;
import org.junit.BeforeClass;
import org.junit.FixMethodOrder;
import org.junit.Test;
import org.junit.runners.MethodSorters;
import org.neuralranking.Films.Film;
import org.neuralranking.node.Answer;
import org.neuralranking.node.Clients;
import org.neuralranking.node.Clients.Sent;
import org.neuralranking.node.Clients.Time;
import org.neuralranking.node.FileTree;
import org.neuralranking.node.Http;
import org.neuralranking.node.Installation;
import org.neuralranking.node.ModelRegistration;
import org.neuralranking.node.PluginZip;
import org.neuralranking.node.ProjectFiles;
import org.neuralranking.node.RealCluster;
import org.neuralranking.node.RealNode;

import com.fasterxml.jackson.databind.JsonNode;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

/** Three nodes, three shards, one replica, real models. The tests build on each other, in the order of their names. */
@FixMethodOrder(MethodSorters.NAME_ASCENDING)
public class ThreeNodesIT {

    private static final int FILMS = 48;
    private static final int BULK = 12;
    private static final String QUERY = "a girl who keeps the lighthouse going on her own";
    /** Same runtime, same processor, but sums in another order; impacts are compared after the same cut to 9 bits. */
    private static final double EXACT = 1e-4;

    private static RealCluster cluster;
    private static List<Film> films;
    /** By film: what {@link PlainScores} says. */
    private static final Map<String, Double> SPARSE = new HashMap<>();
    private static final Map<String, Double> RESCORED = new HashMap<>();

    @BeforeClass
    public static void startCluster() throws Exception {
        films = Films.some(FILMS);
        cluster = RealCluster.start(
            "three",
            Installation.of(PluginZip.forThisMachine()),
            3,
            List.of(ProjectFiles.demoModel("minilm-sparse-doc"), ProjectFiles.demoModel("minilm-cross-encoder"))
        );
        try (
            PlainScores sparse = new PlainScores(ProjectFiles.demoModel("minilm-sparse-doc"), 128);
            PlainScores pairs = new PlainScores(ProjectFiles.demoModel("minilm-cross-encoder"), 160)
        ) {
            for (Film film : films) {
                SPARSE.put(film.id(), sparse.dot(QUERY, sparse.documentWeights(film.text())));
                RESCORED.put(film.id(), PlainScores.rescored(pairs.logit(QUERY, film.text())));
            }
        }
    }

    @AfterClass
    public static void stopCluster() {
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    public void a_registrationThroughAnyNodeReachesAll() {
        ModelRegistration.register(cluster.node(1).http(), "minilm-sparse-doc");
        ModelRegistration.register(cluster.node(2).http(), "minilm-cross-encoder");
        for (var node : cluster.nodes()) {
            Answer models = node.http().get("/_plugins/_neural_ranking/models").ok();
            assertEquals(2, models.at("/models").size());
            for (JsonNode model : models.at("/models")) {
                assertEquals(models.toString(), 3, model.get("nodes").size());
                model.get("nodes").forEach(state -> assertEquals(models.toString(), "ready", state.get("state").asText()));
            }
        }
    }

    @Test
    public void b_whatIsIndexedThroughAnyNodeIsFoundThroughAnyWithTheRightScores() {
        cluster.http().put("/_ingest/pipeline/films", Films.PIPELINE).ok();
        cluster.http().put("/films", Films.index(3, 1)).ok();
        for (int i = 0; i < 3; i++) {
            int third = FILMS / 3;
            cluster.node(i).http().bulk("/films/_bulk?refresh=true", Films.bulk(films.subList(i * third, (i + 1) * third))).ok();
        }
        cluster.awaitGreen();
        for (var node : cluster.nodes()) {
            assertAllRight(node.http());
        }
    }

    @Test
    public void c_killedDuringSearchesGivesErrorsOrRightAnswersNeverWrongOnes() {
        RealNode victim = cluster.node(2);
        List<Sent> searches;
        try (Clients clients = new Clients(cluster.nodes(), 2, (node, number) -> node.post("/films/_search", Films.rescored(QUERY, FILMS)))) {
            searches = clients.killAtWork(victim, "minilm-cross-encoder");
        }
        assertInFlight("searches", searches, victim);
        int complete = 0;
        int partial = 0;
        int errors = 0;
        for (Sent search : searches) {
            if (search.isLost()) {
                continue;
            }
            if (search.answer().status() != 200) {
                assertSaysWhy(search.answer().at("/error"));
                errors++;
                continue;
            }
            assertScores(search.answer(), RESCORED);
            boolean all = search.answer().at("/_shards/failed").asInt() == 0;
            assertTrue(search.toString(), all == false || search.answer().at("/hits/hits").size() == FILMS);
            complete += all ? 1 : 0;
            partial += all ? 0 : 1;
        }
        System.out.println("searches around a killed node: " + complete + " complete, " + partial + " partial, " + errors + " errors");
        assertTrue("some searches were answered", complete > 0);
        cluster.awaitGreen();
        assertAllRight(cluster.node(0).http());
        assertAllRight(cluster.node(1).http());
        victim.start();
        cluster.awaitGreen();
        awaitModels();
        assertAllRight(victim.http());
    }

    @Test
    public void d_killedDuringBulksLosesNothingThatWasAcknowledged() {
        cluster.http().put("/more", Films.index(3, 1)).ok();
        cluster.awaitGreen();
        RealNode victim = cluster.node(1);
        List<Sent> bulks;
        try (Clients clients = new Clients(cluster.nodes(), 2, (node, number) -> node.bulk("/more/_bulk", Films.bulk(copies(number))))) {
            bulks = clients.killAtWork(victim, "minilm-sparse-doc");
        }
        assertInFlight("bulks", bulks, victim);
        List<String> acknowledged = new ArrayList<>();
        int refused = 0;
        for (Sent bulk : bulks) {
            if (bulk.isLost()) {
                continue; // its documents may be there or not
            }
            if (bulk.answer().status() != 200) {
                assertSaysWhy(bulk.answer().at("/error"));
                refused += BULK;
                continue;
            }
            for (JsonNode item : bulk.answer().at("/items")) {
                JsonNode index = item.get("index");
                if (index.get("status").asInt() < 300) {
                    acknowledged.add(index.get("_id").asText());
                } else {
                    assertSaysWhy(index.path("error"));
                    refused++;
                }
            }
        }
        System.out.println("bulks around a killed node: " + acknowledged.size() + " documents acknowledged, " + refused + " refused");
        assertFalse("some documents were acknowledged", acknowledged.isEmpty());
        cluster.awaitGreen();
        cluster.http().post("/more/_refresh", null).ok();
        Answer found = cluster.http().post("/more/_search", "{\"size\": 10000, \"query\": {\"match_all\": {}}}").ok();
        Map<String, JsonNode> stored = new HashMap<>();
        found.at("/hits/hits").forEach(hit -> stored.put(hit.get("_id").asText(), hit.get("_source")));
        assertTrue("nothing acknowledged is lost", stored.keySet().containsAll(acknowledged));
        stored.forEach((id, source) -> assertFalse(id + " has no vector", source.path("text_sparse").isEmpty()));
        Answer hits = cluster.http().post("/more/_search", Films.sparse(QUERY, 10_000)).ok();
        for (JsonNode hit : hits.at("/hits/hits")) {
            String film = film(hit.get("_id").asText());
            assertEquals(film, SPARSE.get(film), hit.get("_score").asDouble(), EXACT * 10);
        }
        long withScore = stored.keySet().stream().filter(id -> SPARSE.get(film(id)) > 0).count();
        assertEquals("whatever is stored is found by its vector", withScore, hits.at("/hits/hits").size());
        victim.start();
        cluster.awaitGreen();
    }

    /** Films under ids that no other bulk has. */
    private static List<Film> copies(int bulk) {
        return films.subList(0, BULK).stream().map(film -> new Film("r" + bulk + "-" + film.id(), film.title(), film.overview())).toList();
    }

    private static String film(String copy) {
        return copy.replaceFirst("r\\d+-", "");
    }

    /** The core leaves the outermost reason blank where the connection to a node breaks in the fetch phase. */
    private static void assertSaysWhy(JsonNode error) {
        assertTrue(error.toString(), error.findValuesAsText("reason").stream().anyMatch(reason -> reason.isBlank() == false));
    }

    /** The kill hit something: requests were open at the victim, and at the others; and none of the others lost a connection. */
    private static void assertInFlight(String what, List<Sent> requests, RealNode victim) {
        requests.forEach(request -> assertTrue(request.toString(), request.isLost() == false || request.node() == victim.http()));
        long lost = requests.stream().filter(request -> request.isLost() && request.began() == Time.BEFORE).count();
        long spanned = requests.stream().filter(Sent::spannedTheKill).count();
        System.out.println(what + " around a killed node: " + lost + " lost with it, " + spanned + " answered by the others afterwards");
        assertTrue("got no " + what + " in flight at the killed node, expected some", lost > 0);
        assertTrue("got no " + what + " in flight at the other nodes, expected some", spanned > 0);
    }

    @Test
    public void e_afterARestartOfAllNodesEverythingIsThereWithoutACall() {
        cluster.nodes().parallelStream().forEach(node -> node.stop());
        cluster.nodes().parallelStream().forEach(node -> node.start());
        cluster.awaitGreen();
        awaitModels();
        for (var node : cluster.nodes()) {
            assertAllRight(node.http());
        }
    }

    /** A node that starts answers 503 for models it is still loading. */
    private static void awaitModels() {
        ModelRegistration.awaitReady(cluster.http(), "minilm-sparse-doc");
        ModelRegistration.awaitReady(cluster.http(), "minilm-cross-encoder");
    }

    private static void assertAllRight(Http http) {
        Answer sparse = http.post("/films/_search", Films.sparse(QUERY, FILMS)).ok();
        assertEquals(sparse.toString(), 0, sparse.at("/_shards/failed").asInt());
        assertScores(sparse, SPARSE);
        long positive = SPARSE.values().stream().filter(score -> score > 0).count();
        assertEquals(positive, sparse.at("/hits/total/value").asLong());
        Answer rescored = http.post("/films/_search", Films.rescored(QUERY, FILMS)).ok();
        assertEquals(rescored.toString(), 0, rescored.at("/_shards/failed").asInt());
        assertEquals(FILMS, rescored.at("/hits/hits").size());
        assertScores(rescored, RESCORED);
    }

    /** Every hit has the score that was computed independently, and hits are in its order. */
    private static void assertScores(Answer answer, Map<String, Double> expected) {
        double above = Double.POSITIVE_INFINITY;
        for (JsonNode hit : answer.at("/hits/hits")) {
            String film = hit.get("_id").asText();
            double score = hit.get("_score").asDouble();
            assertEquals(film, expected.get(film), score, EXACT);
            assertTrue("sorted: " + answer, score <= above);
            above = score;
        }
    }
}
