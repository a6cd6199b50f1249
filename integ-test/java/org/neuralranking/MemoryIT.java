package org.neuralranking;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.junit.AfterClass;
import org.junit.BeforeClass;
import org.junit.Test;
import org.neuralranking.node.Answer;
import org.neuralranking.node.FileTree;
import org.neuralranking.node.Http;
import org.neuralranking.node.Installation;
import org.neuralranking.node.PluginZip;
import org.neuralranking.node.ProjectFiles;
import org.neuralranking.node.RealNode;

import com.fasterxml.jackson.databind.JsonNode;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

/** A node of half a gigabyte of heap, and models that take more or less than they may. */
public class MemoryIT {

    private static final String MODELS = "/_plugins/_neural_ranking/models";
    private static final String PAIRS = "{\"query\": \"the cat\", \"documents\": [\"a dog\", \"a movie of space war\", \"cats\"]}";
    private static final long HALF_A_GIGABYTE = 1L << 29;
    private static final int WIDTH = 1024;
    private static final int VOCABULARY = 316;

    private static RealNode node;
    private static Http http;

    @BeforeClass
    public static void startNode() {
        node = RealNode.named("memory", Installation.of(PluginZip.ALL)).bundle(ProjectFiles.testModel("toy-sparse")).start();
        http = node.http();
    }

    @AfterClass
    public static void stopNode() {
        if (node != null) {
            node.close();
            FileTree.delete(models().resolve("gigabyte"));
        }
    }

    private static Path models() {
        return node.config().resolve("neural-ranking/models");
    }

    private static Answer limit(String value) {
        return http.put("/_cluster/settings", "{\"persistent\": {\"neural_ranking.memory.limit\": \"" + value + "\"}}");
    }

    private static JsonNode memory() {
        return http.get("/_plugins/_neural_ranking/stats").ok().at("/nodes").elements().next().path("memory");
    }

    @Test
    public void whatDoesNotFitIsRefusedUntilTheLimitIsRaised() {
        long before = memory().path("native_bytes").asLong();
        limit("1mb").ok();
        Answer refused = http.put(MODELS + "/toy", "{\"path\": \"toy-sparse\"}").expect(429);
        String reason = refused.at("/error/reason").asText();
        assertTrue(reason, reason.contains("model [toy] is not registered") && reason.contains("of native memory asked for content ["));
        assertTrue(reason, reason.contains("[" + before + "] are in use, expected no more than neural_ranking.memory.limit = 1mb [1048576] in all"));
        http.get(MODELS + "/toy").expect(404);
        assertEquals(before, memory().path("native_bytes").asLong());
        assertTrue(memory().toString(), memory().path("refused").asLong() > 0);
        http.get("/_cluster/health").ok();

        limit("4gb").ok();
        http.put(MODELS + "/toy", "{\"path\": \"toy-sparse\"}").ok();
        JsonNode model = http.get(MODELS + "/toy").ok().at("/models/0/nodes").elements().next();
        assertEquals("ready", model.path("state").asText());
        long booked = model.at("/memory/native_bytes").asLong();
        assertTrue(model.toString(), booked > 0 && model.at("/memory/heap_bytes").asLong() > 0);
        assertTrue(model.toString(), model.path("batch_invariant").asBoolean() && model.path("texts_per_second").asDouble() > 0);
        assertEquals(before + booked, memory().path("native_bytes").asLong());
        http.post(MODELS + "/toy/_infer", "{\"texts\": [\"cat\"]}").ok();

        JsonNode breaker = http.get("/_nodes/stats/breaker").ok().at("/nodes").elements().next().at("/breakers/neural_ranking");
        JsonNode memory = memory();
        assertEquals(4L << 30, breaker.path("limit_size_in_bytes").asLong());
        assertEquals(memory.path("native_bytes").asLong() + memory.path("heap_bytes").asLong(), breaker.path("estimated_size_in_bytes").asLong());
        assertEquals(memory.path("refused").asLong(), breaker.path("tripped").asLong());
    }

    @Test
    public void aLimitThatIsNoneIsRefused() {
        for (String wrong : List.of("lots", "-1", "120%")) {
            String reason = limit(wrong).expect(400).at("/error/reason").asText();
            assertTrue(reason, reason.contains("[neural_ranking.memory.limit] = [" + wrong + "], expected bytes such as 2gb, or 0% to 100%"));
        }
    }

    @Test
    public void halfAGigabyteOfHeapIsEnoughForAModelOfOne() throws IOException {
        limit("4gb").ok();
        long heap = http.get("/_nodes/stats/jvm").ok().at("/nodes").elements().next().at("/jvm/mem/heap_max_in_bytes").asLong();
        assertEquals(HALF_A_GIGABYTE, heap);
        bundle("small", graph().node("Identity", List.of("sum"), "logits"));
        bundle("gigabyte", gigabyte());
        assertTrue(Files.size(models().resolve("gigabyte/model.onnx")) > 2 * HALF_A_GIGABYTE);

        http.put(MODELS + "/small", "{\"path\": \"small\"}").ok();
        http.put(MODELS + "/gigabyte", "{\"path\": \"gigabyte\"}").ok();
        JsonNode model = http.get(MODELS + "/gigabyte").ok().at("/models/0/nodes").elements().next();
        assertTrue(model.toString(), model.at("/memory/native_bytes").asLong() > 2 * HALF_A_GIGABYTE);
        JsonNode expected = http.post(MODELS + "/small/_infer", PAIRS).ok().at("/results");
        assertTrue(expected.toString(), expected.get(0).path("logit").asDouble() != expected.get(1).path("logit").asDouble());
        assertEquals(expected, http.post(MODELS + "/gigabyte/_infer", PAIRS).ok().at("/results"));
        http.delete(MODELS + "/gigabyte").ok();
        assertFalse(node.log().contains("OutOfMemoryError"));
    }

    private static void bundle(String name, OnnxFile graph) throws IOException {
        Path directory = Files.createDirectories(models().resolve(name));
        for (String file : List.of("config.json", "tokenizer.json")) {
            Files.copy(ProjectFiles.testModel("toy-cross-encoder").resolve(file), directory.resolve(file));
        }
        graph.write(directory.resolve("model.onnx"));
    }

    /** {@code sum [batch, 1]} over the tokens of {@code 1 / (id + 1)}. */
    private static OnnxFile graph() {
        float[] table = new float[VOCABULARY];
        for (int id = 0; id < table.length; id++) {
            table[id] = 1f / (id + 1);
        }
        return new OnnxFile().textInputs()
            .output("logits", OnnxFile.FLOAT, "batch", 1)
            .weights("table", new int[] { VOCABULARY, 1 }, table)
            .whole("axis1", 1)
            .whole("axis2", 2)
            .node("Cast", List.of("attention_mask"), "mask", "to", OnnxFile.FLOAT)
            .node("Unsqueeze", List.of("mask", "axis2"), "column")
            .node("Gather", List.of("table", "input_ids"), "values")
            .node("Mul", List.of("values", "column"), "real")
            .node("ReduceSum", List.of("real", "axis1"), "sum", "keepdims", 0);
    }

    /** The same logit, after a gigabyte of zeros has been looked up, multiplied and added. */
    private static OnnxFile gigabyte() {
        int rows = (int) (HALF_A_GIGABYTE / WIDTH / Float.BYTES);
        return graph().zeros("embeddings", rows, WIDTH)
            .zeros("wide", WIDTH, rows)
            .zeros("narrow", rows, 1)
            .node("Gather", List.of("embeddings", "input_ids"), "embedded")
            .node("ReduceMax", List.of("embedded"), "pooled", "axes", new int[] { 1 }, "keepdims", 0)
            .node("MatMul", List.of("pooled", "wide"), "widened")
            .node("MatMul", List.of("widened", "narrow"), "zero")
            .node("Add", List.of("sum", "zero"), "logits");
    }
}
