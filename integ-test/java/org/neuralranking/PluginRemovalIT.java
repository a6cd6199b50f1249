package org.neuralranking;

import java.time.Duration;
import java.util.List;

import org.junit.Test;
import org.neuralranking.node.Http;
import org.neuralranking.node.Installation;
import org.neuralranking.node.ModelRegistration;
import org.neuralranking.node.PluginZip;
import org.neuralranking.node.ProjectFiles;
import org.neuralranking.node.RealNode;

import com.fasterxml.jackson.databind.JsonNode;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

/** An operator takes the plugin away, and brings it back. */
public class PluginRemovalIT {

    private static final String MODEL = "/_plugins/_neural_ranking/models/toy-sparse";
    private static final Duration DEADLINE = Duration.ofMinutes(1);

    @Test
    public void theNodeStartsWithoutThePluginAndWithItAgain() {
        Installation installation = Installation.fresh("removal", List.of(PluginZip.ALL.file()));
        try (RealNode node = RealNode.named("removal", installation).bundle(ProjectFiles.testModel("toy-sparse")).start()) {
            Http http = node.http();
            ModelRegistration.register(http, "toy-sparse");
            http.put("/_ingest/pipeline/toy", """
                {"processors": [{"learned_sparse": {"model_id": "toy-sparse", "field_map": {"text": "vector"}}}]}""").ok();
            http.put("/toys", """
                {"settings": {"number_of_shards": 1, "number_of_replicas": 0, "default_pipeline": "toy"},
                 "mappings": {"properties": {"text": {"type": "text"}, "vector": {"type": "learned_sparse"}}}}""").ok();
            http.put("/plain", "{\"settings\": {\"number_of_shards\": 1, \"number_of_replicas\": 0}}").ok();
            http.put("/toys/_doc/cat?refresh=true", "{\"text\": \"the cat and the dog\"}").ok();
            http.put("/plain/_doc/1?refresh=true", "{\"title\": \"The Salt Ledger\"}").ok();
            http.put("/_cluster/settings", "{\"persistent\": {\"neural_ranking.rescore.budget\": \"5s\"}}").ok();
            JsonNode before = search(http);
            assertEquals(1, before.at("/total/value").asInt());
            String hash = http.get(MODEL).ok().at("/models/0/hash").asText();

            node.stop();
            installation.remove("neural-ranking");
            node.start();
            awaitHealth(http, "plain", "green");
            http.put("/plain/_doc/2?refresh=true", "{\"title\": \"The Salt Road\"}").expect(201);
            assertEquals(2, http.get("/plain/_search?q=salt").ok().at("/hits/total/value").asInt());
            awaitHealth(http, "toys", "red");
            http.get("/toys/_search").expect(503);
            http.get(MODEL).expect(400); // no such route
            String refused = http.put("/plain/_doc/3?pipeline=toy", "{\"text\": \"cat\"}").expect(500).toString();
            assertTrue(refused, refused.contains("No processor type exists with name [learned_sparse]"));

            node.stop();
            installation.install(PluginZip.ALL.file());
            node.start();
            Http.waitFor("the model is registered again", DEADLINE, () -> http.get(MODEL).status() == 200);
            ModelRegistration.awaitReady(http, "toy-sparse");
            assertEquals(hash, http.get(MODEL).ok().at("/models/0/hash").asText());
            awaitHealth(http, "toys", "green");
            assertEquals(before, search(http));
            http.put("/toys/_doc/dog?refresh=true", "{\"text\": \"a dog\"}").expect(201);
            JsonNode settings = http.get("/_cluster/settings?flat_settings=true").ok().at("/persistent");
            assertEquals("to be set again", "{\"archived.neural_ranking.rescore.budget\":\"5s\"}", settings.toString());
            assertEquals(2, http.get("/toys/_count").ok().at("/count").asInt());
        }
    }

    private static JsonNode search(Http http) {
        return http.post("/toys/_search", "{\"query\": {\"learned_sparse\": {\"vector\": {\"query_text\": \"feline\", \"model_id\": \"toy-sparse\"}}}}").ok().at("/hits");
    }

    private static void awaitHealth(Http http, String index, String status) {
        Http.waitFor("index [" + index + "] is " + status, DEADLINE, () -> http.get("/_cluster/health/" + index).json().path("status").asText().equals(status));
    }
}
