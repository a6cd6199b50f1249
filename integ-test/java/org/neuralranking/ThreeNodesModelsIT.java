package org.neuralranking;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.junit.AfterClass;
import org.junit.BeforeClass;
import org.junit.FixMethodOrder;
import org.junit.Test;
import org.junit.runners.MethodSorters;
import org.neuralranking.node.Answer;
import org.neuralranking.node.FileTree;
import org.neuralranking.node.Http;
import org.neuralranking.node.Installation;
import org.neuralranking.node.ModelRegistration;
import org.neuralranking.node.PluginZip;
import org.neuralranking.node.ProjectFiles;
import org.neuralranking.node.Ran;
import org.neuralranking.node.RealCluster;
import org.neuralranking.node.RealNode;
import org.neuralranking.node.ToyEncoder;
import org.neuralranking.node.Upload;

import com.fasterxml.jackson.databind.JsonNode;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;
import static org.neuralranking.node.ToyEncoder.assertVersion;

/** A model's story on three nodes, none of which was given a bundle. The tests build on each other, in the order of their names. */
@FixMethodOrder(MethodSorters.NAME_ASCENDING)
public class ThreeNodesModelsIT {

    private static final String MODELS = "/_plugins/_neural_ranking/models";
    private static final String SEARCH = "{\"query\": {\"learned_sparse\": {\"v\": {\"query_text\": \"cat\", \"model_id\": \"m\"}}}}";
    private static final Duration SOON = Duration.ofMinutes(2);

    private static Installation installation;
    private static RealCluster cluster;
    private static Path modelIndexFiles;

    @BeforeClass
    public static void startCluster() {
        installation = Installation.of(PluginZip.forThisMachine());
        cluster = RealCluster.start(
            "models",
            installation,
            3,
            List.of(),
            (i, builder) -> builder.setting("neural_ranking.models.linger", "1s")
        );
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

    private static Upload version(int version) {
        return new Upload(Upload.zip(ToyEncoder.version(version)), 1500);
    }

    private static void assertSearchSays(int version, Http http) {
        Answer found = http.post("/cats/_search", SEARCH).ok();
        assertEquals(found.toString(), 0, found.at("/_shards/failed").asInt());
        assertEquals(found.toString(), 6, found.at("/hits/total/value").asInt());
        assertEquals(version, found.at("/hits/max_score").asInt());
    }

    @Test
    public void a_uploadedThroughOneNodeItAnswersOnAnother() {
        List<String> upload = List.of("bin/neural-ranking/neural-ranking-upload", "--url", node(0).toString(), "m", ToyEncoder.version(1).toString());
        Ran ran = installation.attempt(ProjectFiles.target(), Map.of(), upload);
        assertEquals(ran.toString(), 0, ran.status());
        assertVersion(1, node(2), "m");
        node(1).put("/cats", """
            {"settings": {"number_of_shards": 3, "number_of_replicas": 1}, "mappings": {"properties": {"v": {"type": "learned_sparse"}}}}""").ok();
        for (int i = 0; i < 6; i++) {
            node(1).put("/cats/_doc/" + i + "?refresh=true", "{\"v\": {\"cat\": 1}}").expect(201);
        }
        cluster.awaitGreen();
        assertSearchSays(1, node(2));
        Answer health = node(0).get("/_cluster/health/.neural-ranking-models").ok();
        assertEquals("a copy on every node", 3, health.at("/active_shards").asInt());
    }

    @Test
    public void b_partsMayGoThroughAnyNode() {
        version(4).register("spread", List.of(node(0), node(1), node(2))).expect(201);
        for (RealNode node : cluster.nodes()) {
            assertVersion(4, node.http(), "spread");
        }
    }

    @Test
    public void c_killedNodesDoNotHinderAReplacementAndCatchUp() {
        RealNode victim = cluster.node(1);
        victim.kill();
        assertEquals("updated", version(2).register("m", List.of(node(0))).expect(200).at("/result").asText());
        Http.waitFor("the other copies have taken over", SOON, () -> node(0).get("/_cluster/health/cats").at("/status").asText().equals("yellow"));
        assertSearchSays(2, node(2));
        assertSearchSays(2, node(0));
        victim.start();
        cluster.awaitGreen();
        ModelRegistration.awaitReady(victim.http(), "m");
        assertVersion(2, victim.http(), "m");
        assertSearchSays(2, victim.http());
    }

    @Test
    public void d_afterARestartOfAllNodesModelsAnswerWhileTheirIndexIsRed() {
        String uuid = node(0).get("/_cat/indices/.neural-ranking-models?h=uuid&format=json").ok().at("/0/uuid").asText();
        cluster.nodes().parallelStream().forEach(RealNode::stop);
        for (RealNode node : cluster.nodes()) { // without its files the index cannot come back
            modelIndexFiles = Path.of("indices", uuid);
            move(node.data().resolve("nodes/0").resolve(modelIndexFiles), node.directory().resolve("model-index-files"));
        }
        cluster.nodes().parallelStream().forEach(RealNode::start);
        Http.waitFor("the documents are there", SOON, () -> node(0).get("/_cluster/health/cats").at("/status").asText().equals("green"));
        assertEquals("red", node(0).get("/_cluster/health/.neural-ranking-models").ok().at("/status").asText());
        for (RealNode node : cluster.nodes()) {
            assertSearchSays(2, node.http());
            assertVersion(4, node.http(), "spread");
        }
        assertEquals("red", node(0).get("/_cluster/health/.neural-ranking-models").ok().at("/status").asText());
    }

    @Test
    public void e_aNodeWithoutItsFilesWaitsForTheIndexAndSaysSo() throws IOException {
        RealNode empty = cluster.node(2);
        empty.stop();
        Path models = empty.data().resolve("nodes/0/neural_ranking/models");
        try (Stream<Path> contents = Files.list(models)) {
            contents.forEach(FileTree::delete);
        }
        empty.start();
        Http.waitFor("it says what it waits for", SOON, () -> {
            JsonNode state = stateOf(empty, "m");
            return state.path("state").asText().equals("loading") && state.path("reason").asText().contains("[.neural-ranking-models] cannot be read");
        });
        empty.http().post("/cats/_search", SEARCH).expect(503);
        assertSearchSays(2, node(0));
        cluster.node(0).stop();
        FileTree.delete(cluster.node(0).data().resolve("nodes/0").resolve(modelIndexFiles));
        move(cluster.node(0).directory().resolve("model-index-files"), cluster.node(0).data().resolve("nodes/0").resolve(modelIndexFiles));
        cluster.node(0).start();
        ModelRegistration.awaitReady(node(0), "m");
        ModelRegistration.awaitReady(node(0), "spread");
        cluster.awaitGreen();
        assertSearchSays(2, empty.http());
    }

    private static void move(Path from, Path to) {
        try {
            Files.move(from, to);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static JsonNode stateOf(RealNode node, String id) {
        for (JsonNode state : node(0).get(MODELS + "/" + id).ok().at("/models/0/nodes")) {
            if (state.path("name").asText().equals(node.name())) {
                return state;
            }
        }
        throw new AssertionError("node [" + node.name() + "] is not shown");
    }

    @Test
    public void f_rolledBackEverywhereAtOnce() {
        node(2).post(MODELS + "/m/_rollback", null).ok();
        for (RealNode node : cluster.nodes()) {
            assertVersion(1, node.http(), "m");
            assertSearchSays(1, node.http());
        }
    }

    @Test
    public void g_whatOneNodeRefusesIsRegisteredNowhere() {
        Path bad = ToyEncoder.version(5);
        try {
            Files.delete(bad.resolve("tokenizer.json"));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        Answer refused = new Upload(Upload.zip(bad), 1500).register("bad", List.of(node(1))).expect(400);
        assertTrue(refused.toString(), refused.at("/error/reason").asText().contains("without [tokenizer.json]"));
        for (RealNode node : cluster.nodes()) {
            node.http().get(MODELS + "/bad").expect(404);
        }
        node(0).delete(MODELS + "/m").ok();
        node(0).delete(MODELS + "/spread").ok();
        Http.waitFor("no node has a content on disk", SOON, () -> cluster.nodes().stream().allMatch(ThreeNodesModelsIT::nothingOnDisk));
    }

    private static boolean nothingOnDisk(RealNode node) {
        Path root = node.data().resolve("nodes/0/neural_ranking");
        try (Stream<Path> contents = Files.list(root.resolve("models")); Stream<Path> staged = Files.list(root.resolve("staging"))) {
            return contents.findAny().isEmpty() && staged.findAny().isEmpty();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
