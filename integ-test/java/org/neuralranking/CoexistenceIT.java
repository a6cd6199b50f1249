package org.neuralranking;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.junit.Test;
import org.neuralranking.neighbour.NeighbourZip;
import org.neuralranking.node.Answer;
import org.neuralranking.node.Http;
import org.neuralranking.node.Installation;
import org.neuralranking.node.ModelRegistration;
import org.neuralranking.node.PluginZip;
import org.neuralranking.node.ProjectFiles;
import org.neuralranking.node.RealNode;

import com.fasterxml.jackson.databind.JsonNode;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;
import static org.junit.Assume.assumeTrue;

/**
 * Another plugin with its own ONNX Runtime and its own tokenizer library stands beside ours; whichever is loaded first, both work, and
 * neither sees the other's settings.
 */
public class CoexistenceIT {

    private static final String MODELS = "/_plugins/_neural_ranking/models";
    private static final String MODEL = "toy-cross-encoder";
    private static final Duration LOAD_DEADLINE = Duration.ofMinutes(2);
    /** Of properties that a library of the neighbour or of ours reads. */
    private static final List<String> PREFIXES = List.of("onnxruntime", "ai.djl", "DJL_", "ENGINE_", "RUST_", "OPT_OUT");

    @Test
    public void withOlderLibraries() throws IOException {
        assumeTrue("the older natives must run here, too", PluginZip.forThisMachine() == PluginZip.LINUX);
        Installation installation = installation("older", PluginZip.LINUX, "1.20.0", "0.30.0");
        try (RealNode node = node("older", installation)) {
            bothOrders(node, "1.20.0", "0.30.0");
            theRaceIsLost(node, installation);
        }
    }

    @Test
    public void withTheSameLibraries() throws IOException {
        Installation installation = installation("same", PluginZip.ALL, "1.28.0", "0.38.0");
        try (RealNode node = node("same", installation)) {
            bothOrders(node, "1.28.0", "0.38.0");
        }
    }

    private static Installation installation(String name, PluginZip ours, String onnxRuntime, String tokenizers) throws IOException {
        Path neighbour = NeighbourZip.pack(name, onnxRuntime, tokenizers);
        return Installation.fresh("neighbour-" + name, List.of(neighbour, ours.file()));
    }

    private static RealNode node(String name, Installation installation) {
        return RealNode.named("neighbour-" + name, installation).bundle(ProjectFiles.testModel(MODEL)).start();
    }

    /** Every life of the node ends with a stop, which throws if the process crashes. */
    private static void bothOrders(RealNode node, String onnxRuntime, String tokenizers) throws IOException {
        Http http = node.http();
        neighbourAnswers(http, onnxRuntime, tokenizers);
        JsonNode properties = properties(http);
        Set<String> temporary = temporaryFiles(node);
        ModelRegistration.register(http, MODEL);
        oursAnswers(http);
        assertEquals("ours came second and left no trace", properties, properties(http));
        assertEquals("ours came second and left no trace", temporary, temporaryFiles(node));
        neighbourAnswers(http, onnxRuntime, tokenizers);
        oursAnswers(http);

        node.stop();
        temporary = temporaryFiles(node);
        node.start();
        ModelRegistration.awaitReady(http, MODEL);
        oursAnswers(http);
        properties(http).fieldNames().forEachRemaining(name -> assertFalse(name, PREFIXES.stream().anyMatch(name::startsWith)));
        assertEquals("ours came first and left no trace", temporary, temporaryFiles(node));
        neighbourAnswers(http, onnxRuntime, tokenizers);
        oursAnswers(http);
        neighbourAnswers(http, onnxRuntime, tokenizers);
        node.stop();
    }

    private static JsonNode properties(Http http) {
        return http.get("/_neighbour/properties").ok().json();
    }

    /** Those of native libraries; the neighbour leaves some. */
    private static Set<String> temporaryFiles(RealNode node) throws IOException {
        try (Stream<Path> files = Files.list(node.directory().resolve("tmp"))) {
            return files.map(file -> file.getFileName().toString())
                .filter(name -> name.startsWith("onnxruntime-java") || name.startsWith("neural-ranking"))
                .collect(Collectors.toSet());
        }
    }

    private static JsonNode golden() throws IOException {
        return Http.JSON.readTree(ProjectFiles.testModel(MODEL).resolve("golden.json").toFile()).required("cases");
    }

    private static void neighbourAnswers(Http http, String onnxRuntime, String tokenizers) throws IOException {
        JsonNode expected = golden().get(0);
        Answer onnx = http.get("/_neighbour/onnx").ok();
        assertEquals(onnxRuntime, onnx.at("/version").asText());
        assertEquals(expected.at("/logits/0").asDouble(), onnx.at("/logit").asDouble(), 1e-5);
        Answer tokenize = http.get("/_neighbour/tokenize").ok();
        assertTrue(tokenize.toString(), tokenize.at("/library").asText().endsWith("tokenizers-" + tokenizers + ".jar"));
        assertEquals(expected.get("token_ids"), tokenize.at("/ids"));
    }

    private static void oursAnswers(Http http) throws IOException {
        for (JsonNode pair : golden()) {
            String request = Http.JSON.createObjectNode()
                .put("query", pair.get("query").asText())
                .set("documents", Http.JSON.createArrayNode().add(pair.get("document").asText()))
                .toString();
            Answer answer = http.post(MODELS + "/" + MODEL + "/_infer", request).ok();
            assertEquals(answer.toString(), pair.at("/logits/0").asDouble(), answer.at("/results/0/logit").asDouble(), 1e-5);
        }
    }

    /**
     * As on a platform where libraries do not have a name of their own: ours get the published name back, and the neighbour's older ones
     * are there first.
     */
    private static void theRaceIsLost(RealNode node, Installation installation) throws IOException {
        for (String name : List.of("libonnxruntime.so", "libonnxruntime4j_jni.so")) {
            Path library = installation.home().resolve("plugins/neural-ranking/native").resolve(name);
            String bytes = Files.readString(library, StandardCharsets.ISO_8859_1);
            String published = bytes.replace("libneural-onnx.so.1", "libonnxruntime.so.1");
            assertFalse("it had a name of its own", published.equals(bytes));
            Files.delete(library); // another file, whatever still uses this one
            Files.writeString(library, published, StandardCharsets.ISO_8859_1);
        }
        node.addSetting("neighbour.onnx_at_start", true);
        node.start();
        Http http = node.http();
        Http.waitFor("the model has failed", LOAD_DEADLINE, () -> stateOf(http).get("state").asText().equals("failed"));
        says(stateOf(http).get("reason").asText());
        Answer infer = http.post(MODELS + "/" + MODEL + "/_infer", "{\"query\": \"cat\", \"documents\": [\"dog\"]}").expect(503);
        says(infer.at("/error/reason").asText());
        Answer register = http.put(MODELS + "/again", "{\"path\": \"" + MODEL + "\"}").expect(503);
        says(register.at("/error/reason").asText());
        http.get(MODELS + "/again").expect(404);
        neighbourAnswers(http, "1.20.0", "0.30.0");
        http.put("/plain/_doc/1?refresh=true", "{\"title\": \"The Salt Ledger\"}").ok();
        assertEquals(1, http.get("/plain/_search?q=salt").ok().at("/hits/total/value").asInt());
        node.stop();
    }

    private static JsonNode stateOf(Http http) {
        return http.get(MODELS + "/" + MODEL).ok().at("/models/0/nodes").elements().next();
    }

    private static void says(String reason) {
        assertTrue(reason, reason.contains("another ONNX Runtime is in this process, and the one that was loaded first counts: [/"));
        assertTrue(reason, reason.contains("remove or upgrade the plugin that has it, then restart the node"));
    }
}
