package org.neuralranking;

import java.util.List;

import org.junit.AfterClass;
import org.junit.BeforeClass;
import org.junit.Test;
import org.neuralranking.node.Answer;
import org.neuralranking.node.Http;
import org.neuralranking.node.Installation;
import org.neuralranking.node.ModelRegistration;
import org.neuralranking.node.PluginZip;
import org.neuralranking.node.ProjectFiles;
import org.neuralranking.node.RealCluster;

import com.fasterxml.jackson.databind.JsonNode;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

/** A dedicated cluster manager, a data node and a node that only coordinates: who holds which models. */
public class NodeRolesIT {

    private static final String MODELS = "/_plugins/_neural_ranking/models";
    private static final int MANAGER = 0;
    private static final int DATA = 1;
    private static final int COORDINATOR = 2;
    private static final List<String> ROLES = List.of("cluster_manager", "data,ingest", "remote_cluster_client");

    private static RealCluster cluster;

    @BeforeClass
    public static void startCluster() {
        cluster = RealCluster.start(
            "roles",
            Installation.of(PluginZip.forThisMachine()),
            3,
            List.of(ProjectFiles.testModel("toy-sparse"), ProjectFiles.testModel("toy-cross-encoder")),
            (i, builder) -> builder.setting("node.roles", ROLES.get(i)).setting("cluster.initial_cluster_manager_nodes", "roles-0")
        );
        for (int i : new int[] { MANAGER, COORDINATOR }) { // also a node that holds no model can register one
            String id = i == MANAGER ? "toy-sparse" : "toy-cross-encoder";
            cluster.node(i).http().put(MODELS + "/" + id, "{\"path\": \"" + id + "\"}").expect(201);
            ModelRegistration.awaitReady(cluster.http(), id);
        }
    }

    @AfterClass
    public static void stopCluster() {
        if (cluster != null) {
            cluster.close();
        }
    }

    private static void assertStates(String id, String... expected) {
        Answer model = cluster.http().get(MODELS + "/" + id).ok();
        for (JsonNode state : model.at("/models/0/nodes")) {
            int node = Integer.parseInt(state.get("name").asText().substring("roles-".length()));
            assertEquals(model.toString(), expected[node], state.get("state").asText());
            assertEquals(model.toString(), expected[node].equals("not_placed"), state.path("reason").asText().startsWith("neural_ranking.node.roles of this node is ["));
        }
    }

    @Test
    public void modelsAreWhereTheyAreNeeded() {
        assertStates("toy-sparse", "not_placed", "ready", "ready");
        assertStates("toy-cross-encoder", "not_placed", "ready", "not_placed");
        String infer = MODELS + "/toy-cross-encoder/_infer";
        String pair = "{\"query\": \"cat\", \"documents\": [\"cat\"]}";
        cluster.node(DATA).http().post(infer, pair).ok();
        Answer refused = cluster.node(COORDINATOR).http().post(infer, pair).expect(503);
        String reason = refused.at("/error/reason").asText();
        assertTrue(reason, reason.contains("model [toy-cross-encoder] is not_placed on node [roles-2]: neural_ranking.node.roles of this node is [encode_queries]"));
    }

    @Test
    public void aSearchThroughTheCoordinatorIsEncodedThereAndRescoredOnTheDataNode() {
        Http coordinator = cluster.node(COORDINATOR).http();
        coordinator.put("/_ingest/pipeline/toy", """
            {"processors": [{"learned_sparse": {"model_id": "toy-sparse", "field_map": {"text": "vector"}}}]}""").ok();
        coordinator.put("/toys", """
            {"settings": {"number_of_shards": 1, "number_of_replicas": 0, "default_pipeline": "toy"},
             "mappings": {"properties": {"text": {"type": "text"}, "vector": {"type": "learned_sparse"}}}}""").ok();
        coordinator.put("/toys/_doc/1?refresh=true", "{\"text\": \"the cat and the dog\"}").expect(201);
        Answer found = coordinator.post("/toys/_search", """
            {"query": {"learned_sparse": {"vector": {"query_text": "cat", "model_id": "toy-sparse"}}},
             "rescore": {"window_size": 10, "neural": {"model_id": "toy-cross-encoder", "query_text": "cat",
                         "document": {"fields": ["text"]}, "on_failure": "fail"}}}""").ok();
        assertEquals(found.toString(), 1, found.at("/hits/total/value").asInt());
        assertTrue("rescored: " + found, found.at("/hits/max_score").asDouble() >= 1);
        String search = "{\"query\": {\"learned_sparse\": {\"vector\": {\"query_text\": \"cat\", \"model_id\": \"toy-sparse\"}}}}";
        Answer refused = cluster.node(MANAGER).http().post("/toys/_search", search).expect(503);
        assertTrue(refused.toString(), refused.at("/error/reason").asText().contains("not_placed"));
    }
}
