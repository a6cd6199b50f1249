package org.neuralranking;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Stream;

import org.junit.After;
import org.junit.AfterClass;
import org.junit.BeforeClass;
import org.junit.FixMethodOrder;
import org.junit.Test;
import org.junit.runners.MethodSorters;
import org.neuralranking.inference.ToyGraphs;
import org.neuralranking.model.bundle.Onnx;
import org.neuralranking.model.bundle.Protobuf;
import org.neuralranking.model.bundle.RawZip;
import org.neuralranking.node.Answer;
import org.neuralranking.node.FileTree;
import org.neuralranking.node.Http;
import org.neuralranking.node.Installation;
import org.neuralranking.node.PluginZip;
import org.neuralranking.node.ProjectFiles;
import org.neuralranking.node.RealNode;
import org.neuralranking.node.RescoreCounters;
import org.neuralranking.node.ToyRanker;
import org.neuralranking.node.Upload;

import com.fasterxml.jackson.databind.JsonNode;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotEquals;
import static org.junit.Assert.assertTrue;

/** What a node refuses to register, and what it finds out about what it does register. The last test leaves the model index red. */
@FixMethodOrder(MethodSorters.NAME_ASCENDING)
public class ModelChecksIT {

    private static final String MODELS = "/_plugins/_neural_ranking/models";
    private static final String INDEX = "/.neural-ranking-models";
    private static final Duration SOON = Duration.ofMinutes(1);
    private static final int MOST_ENTRIES = 9;
    private static final int MOST_JSON_BYTES = 16 << 10;
    private static final int MOST_RATIO = 50;
    private static final int ITEMS_A_BATCH = 8;
    /** So long that the registration of a bundle is seen under way by somebody who looks ten times a second. */
    private static final int HEAVY_MEGABYTES = 400;

    private static RealNode node;
    private static Http http;

    @BeforeClass
    public static void startNode() {
        node = RealNode.named("checks", Installation.of(PluginZip.forThisMachine()))
            .setting("neural_ranking.models.linger", "0ms")
            .setting("neural_ranking.models.search_wait", "60s")
            .setting("neural_ranking.models.max_zip_entries", MOST_ENTRIES)
            .setting("neural_ranking.models.max_json_size", MOST_JSON_BYTES + "b")
            .setting("neural_ranking.models.max_compression_ratio", MOST_RATIO)
            .setting("neural_ranking.inference.max_batch_items", ITEMS_A_BATCH)
            .start();
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
        http.get(MODELS).ok().at("/models").forEach(model -> http.delete(MODELS + "/" + model.get("id").asText()).ok());
        if (http.get("/_cluster/health" + INDEX).ok().at("/status").asText().equals("red") == false) {
            awaitNothingLeft();
        }
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The zip of a toy bundle, its entries in the order of their names. */
    private static RawZip zip(Path bundle) {
        RawZip zip = new RawZip();
        try (Stream<Path> files = Files.list(bundle)) {
            for (Path file : files.filter(file -> file.endsWith("golden.json") == false).sorted().toList()) {
                zip.add(file.getFileName().toString(), read(file));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return zip;
    }

    private static RawZip toy(String name) {
        return zip(ProjectFiles.testModel(name));
    }

    /** The toy with one of its files replaced, or, with null, left out. */
    private static byte[] with(String toy, String file, byte[] content) {
        RawZip zip = toy(toy);
        assertTrue(zip.entries.removeIf(entry -> entry.name().equals(file)));
        if (content != null) {
            zip.add(file, content);
        }
        return zip.bytes();
    }

    private static byte[] with(String toy, String file, String content) {
        return with(toy, file, content.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] changed(Consumer<RawZip> change) {
        RawZip zip = toy("toy-sparse");
        change.accept(zip);
        return zip.bytes();
    }

    /** Sent in three parts; refused before anything native or the model index has seen any of it. */
    private static void assertRefused(String expected, byte[] zip) {
        assertRefusedAnyhow("model [bad] is not registered; node [checks]: ", expected, zip);
        assertEquals(expected, List.of(), onDisk());
        assertEquals(expected, 0, chunks());
    }

    /** Refused by the dry run, when the bytes are stored already: they go afterwards. */
    private static void assertRefusedByDryRun(String expected, byte[] zip) {
        assertRefusedAnyhow("model [bad] is not registered; node [checks]: ", expected, zip);
        awaitNothingLeft();
    }

    private static void assertRefusedAnyhow(String where, String expected, byte[] zip) {
        Answer refused = new Upload(zip, zip.length / 3 + 1).register("bad", List.of(http)).expect(400);
        String reason = refused.at("/error/reason").asText();
        assertTrue(reason + " should begin with: " + where, reason.startsWith(where));
        assertTrue(reason + " should say: " + expected, reason.contains(expected));
        http.get(MODELS + "/bad").expect(404);
        assertEquals(0, http.get(MODELS).ok().at("/models").size());
    }

    private static void awaitNothingLeft() {
        Http.waitFor("no file, no chunk and no booked byte is left", SOON, () -> onDisk().isEmpty() && chunks() == 0 && bookedBytes() == 0);
    }

    private static List<String> onDisk() {
        Path root = node.data().resolve("nodes/0/neural_ranking");
        try (Stream<Path> contents = Files.list(root.resolve("models")); Stream<Path> staged = Files.list(root.resolve("staging"))) {
            return Stream.concat(contents, staged).map(Path::toString).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long chunks() {
        http.post(INDEX + "/_refresh", null).ok();
        return http.get(INDEX + "/_count?q=kind:CHUNK").ok().at("/count").asLong();
    }

    private static long bookedBytes() {
        JsonNode memory = http.get("/_plugins/_neural_ranking/stats").ok().at("/nodes").elements().next().get("memory");
        return memory.get("native_bytes").asLong() + memory.get("heap_bytes").asLong();
    }

    @Test
    public void a_theToyItselfIsTaken() {
        new Upload(toy("toy-sparse").bytes(), 10_000).register("good", List.of(http)).expect(201);
        assertEquals(1, chunks());
        assertEquals(1, onDisk().size());
        http.delete(MODELS + "/good").ok();
        awaitNothingLeft();
    }

    @Test
    public void b_zipsThatCouldDoHarmAreRefused() {
        Map<String, byte[]> wrong = new LinkedHashMap<>();
        wrong.put("got entry [../outside] with [..] in its name", changed(zip -> zip.add("../outside", "x")));
        wrong.put("got entry [/etc/passwd] with an absolute name", changed(zip -> zip.add("/etc/passwd", "x")));
        wrong.put("got entry [link] of Unix type 120000, expected plain files and directories, no links", changed(zip -> zip.add("link", "/etc/passwd").mode = 0120777));
        wrong.put("got entries [config.json] and [config.json], expected names that differ", changed(zip -> zip.add("config.json", "{}")));
        wrong.put("got entry [secret] encrypted, expected a zip without a password", changed(zip -> zip.add("secret", "x").flags |= 1));
        wrong.put(
            "got entry [zeros] that inflates more than " + MOST_RATIO + " times, expected less (neural_ranking.models.max_compression_ratio)",
            changed(zip -> zip.add("zeros", new byte[8 << 20]))
        );
        byte[] whole = toy("toy-sparse").bytes();
        wrong.put("got a file without a list of entries at its end (truncated?), expected a zip", Arrays.copyOf(whole, whole.length * 2 / 3));
        wrong.put("expected a zip", "this is no zip at all".getBytes(StandardCharsets.UTF_8));
        wrong.forEach(ModelChecksIT::assertRefused);
    }

    @Test
    public void c_limitsAreThoseOfTheSettings() {
        int more = MOST_ENTRIES - toy("toy-sparse").entries.size();
        byte[] most = changed(zip -> addFiles(zip, more));
        new Upload(most, most.length).register("good", List.of(http)).expect(201);
        http.delete(MODELS + "/good").ok();
        awaitNothingLeft();
        assertRefused("zip: got " + (MOST_ENTRIES + 1) + " entries, expected at most " + MOST_ENTRIES, changed(zip -> addFiles(zip, more + 1)));
        String large = new String(read(ProjectFiles.testModel("toy-sparse").resolve("tokenizer.json")), StandardCharsets.UTF_8);
        byte[] padded = with("toy-sparse", "tokenizer.json", large + " ".repeat(MOST_JSON_BYTES));
        assertRefused("got entry [tokenizer.json] of more than " + MOST_JSON_BYTES + " bytes, expected at most so many", padded);
    }

    private static void addFiles(RawZip zip, int count) {
        for (int i = 0; i < count; i++) {
            zip.add("other-" + i, "x");
        }
    }

    private static byte[] withGraph(Consumer<Onnx> change) {
        Onnx graph = new Onnx();
        change.accept(graph);
        return with("toy-cross-encoder", "model.onnx", graph.bytes());
    }

    private static byte[] withBad(String file) {
        return with("toy-sparse", "model.onnx", read(ProjectFiles.testModel("bad").resolve(file)));
    }

    @Test
    public void d_graphsThatCannotBeTrustedAreRefusedBeforeNativeCodeSeesThem() {
        Map<String, byte[]> wrong = new LinkedHashMap<>();
        wrong.put("model.onnx is not an ONNX model: got an empty file, expected a graph", with("toy-sparse", "model.onnx", new byte[0]));
        byte[] graph = read(ProjectFiles.testModel("toy-sparse").resolve("model.onnx"));
        wrong.put("(truncated?)", with("toy-sparse", "model.onnx", Arrays.copyOf(graph, graph.length * 2 / 3)));
        wrong.put("model.onnx is not an ONNX model: got ", withBad("not-onnx.onnx"));
        byte[] ort = { 0x1c, 0, 0, 0, 'O', 'R', 'T', 'M', 0, 0 };
        wrong.put("got a file in the ORT format, expected ONNX, from which it was made", with("toy-sparse", "model.onnx", ort));
        wrong.put("got tensor [w] with its data in another file, expected a self-contained model", withBad("external-data-traversal.onnx"));
        wrong.put(
            "got tensor [hidden] with its data in another file",
            withGraph(model -> model.nodes.add(Onnx.node("Constant", "", "x", "y", external("hidden"))))
        );
        wrong.put(
            "got operator [com.microsoft:EPContext] in node [n_EPContext], expected no operator that reaches outside the graph",
            withGraph(model -> model.nodes.add(Onnx.node("EPContext", "com.microsoft", "x", "y")))
        );
        wrong.put(
            "got operator [evil:F] in node [n_F], expected one of the domains ai.onnx, ai.onnx.ml and com.microsoft",
            withGraph(model -> model.nodes.add(Onnx.node("F", "evil", "x", "y")))
        );
        wrong.put("got opset 27 of [ai.onnx], expected 1 to 26", withGraph(model -> model.opset = 27));
        wrong.put("got input [pixel_values], expected only input_ids", withBad("unexpected-input.onnx"));
        wrong.put("expected [batch, tokens, vocabulary] or [batch, vocabulary]", withBad("unexpected-output.onnx"));
        OnnxFile two = new OnnxFile().textInputs().output("logits", OnnxFile.FLOAT, "batch", 2).node("Cast", List.of("input_ids"), "logits", "to", OnnxFile.FLOAT);
        wrong.put("for a cross_encoder, expected one logit a pair: [batch, 1]", zip(ToyRanker.of("two", two)).bytes());
        wrong.put("expected vocab_size = 316 of config.json as its last axis", withBad("wrong-vocab-size.onnx"));
        wrong.forEach(ModelChecksIT::assertRefused);
    }

    /** An attribute whose tensor is in a file that lies elsewhere. */
    private static Protobuf external(String name) {
        Protobuf location = new Protobuf().text(1, "location").text(2, "../../weights.bin");
        Protobuf tensor = new Protobuf().text(8, name).message(13, location).number(14, 1);
        return new Protobuf().text(1, "value").message(5, tensor).number(20, 4);
    }

    @Test
    public void e_tokenizersAndConfigsThatDoNotFitAreRefused() {
        Map<String, byte[]> wrong = new LinkedHashMap<>();
        wrong.put("without [tokenizer.json]", with("toy-sparse", "tokenizer.json", (byte[]) null));
        wrong.put("without [config.json]", with("toy-sparse", "config.json", (byte[]) null));
        wrong.put("without [model.onnx]", with("toy-sparse", "model.onnx", (byte[]) null));
        wrong.put("tokenizer.json: got something else, expected a JSON object", with("toy-sparse", "tokenizer.json", "{\"model\":"));
        wrong.put("tokenizer.json: got no tokens, expected a vocabulary at [model.vocab]", with("toy-sparse", "tokenizer.json", "{}"));
        wrong.put("expected one for each of the 401 tokens of tokenizer.json", with("toy-sparse", "tokenizer.json", "{\"added_tokens\":[{\"id\":400}]}"));
        String config = new String(read(ProjectFiles.testModel("toy-cross-encoder").resolve("config.json")), StandardCharsets.UTF_8);
        wrong.put(
            "with id 315, expected ids below vocab_size = 315 of config.json",
            with("toy-cross-encoder", "config.json", config.replace("\"vocab_size\": 316", "\"vocab_size\": 315"))
        );
        wrong.put("config.json: got ", with("toy-sparse", "config.json", "no JSON"));
        wrong.forEach(ModelChecksIT::assertRefused);
    }

    @Test
    public void f_graphsThatFailTheDryRunAreRefused() {
        assertRefusedByDryRun("model.onnx: got NaN in output [sparse_embedding] for a plain text, expected finite numbers", withBad("nan-output.onnx"));
        assertRefusedByDryRun("logits a pair, expected 1 for a cross_encoder", withGraph(model -> {})); // an axis of any length
        assertRefusedByDryRun(
            "got a graph that refuses token id 315, expected one that takes all 316 tokens of tokenizer.json",
            zip(ToyRanker.of("narrow", ToyRanker.identity(ToyGraphs.sumOver(new float[ToyGraphs.VOCABULARY - 1])))).bytes()
        );
        assertRefusedByDryRun("NaN in its output", zip(ToyRanker.of("nan", ToyRanker.identity(ToyGraphs.sum(Float.NaN)))).bytes());
    }

    /** To each logit the largest of its batch is added: alone, a text gets twice its own. */
    private static OnnxFile mixing() {
        return ToyGraphs.sum()
            .node("ReduceMax", List.of("sum"), "most", "axes", new int[] { 0 })
            .node("Add", List.of("sum", "most"), "logits");
    }

    private static final List<String> DOCUMENTS = List.of("a dog", "cats", "a movie of space war", "the cat", "the dog and the cat", "war");

    private static JsonNode logits(String id, List<String> documents) {
        return http.post(MODELS + "/" + id + "/_infer", Map.of("query", "the cat", "documents", documents)).ok().at("/results");
    }

    /** How many of the documents have a logit that is further than this from what each has alone; 0 for every bit. */
    private static int moved(String id, double tolerance) {
        JsonNode together = logits(id, DOCUMENTS);
        int moved = 0;
        for (int i = 0; i < DOCUMENTS.size(); i++) {
            double alone = logits(id, List.of(DOCUMENTS.get(i))).get(0).required("logit").asDouble();
            moved += Math.abs(alone - together.get(i).required("logit").asDouble()) > tolerance ? 1 : 0;
        }
        return moved;
    }

    private static JsonNode state(String id) {
        return http.get(MODELS + "/" + id).ok().at("/models/0/nodes").elements().next();
    }

    private static void register(String id, RawZip zip) {
        byte[] bytes = zip.bytes();
        new Upload(bytes, bytes.length).register(id, List.of(http)).expect(201);
    }

    @Test
    public void g_whatMovesWithItsNeighboursIsNotBatchedUnlessItIsToldTo() {
        Path bundle = ToyRanker.of("mixing", mixing());
        register("alone", zip(bundle));
        RawZip told = zip(bundle);
        told.add("neural-ranking.json", "{\"batching\": \"always\"}");
        register("batched", told);
        for (String id : List.of("alone", "batched")) {
            JsonNode state = state(id);
            assertEquals(state.toString(), "ready", state.get("state").asText());
            assertFalse(state.toString(), state.get("batch_invariant").asBoolean());
            assertTrue(state.toString(), state.get("largest_difference").asDouble() > 0);
        }
        assertEquals(0, moved("alone", 0));
        assertTrue("all but those with the largest", moved("batched", 1e-2) >= DOCUMENTS.size() - 2);
        JsonNode counters = http.get("/_plugins/_neural_ranking/stats").ok().at("/nodes").elements().next().get("models");
        assertEquals(counters.at("/alone/texts").asLong(), counters.at("/alone/batches").asLong());
        assertEquals(1 + DOCUMENTS.size(), counters.at("/batched/batches").asLong());
    }

    @Test
    public void h_whatDoesNotMoveIsBatchedAndAnswersTheSame() {
        register("plain", zip(ToyRanker.of("plain", ToyGraphs.plain())));
        JsonNode state = state("plain");
        assertTrue(state.toString(), state.get("batch_invariant").asBoolean());
        assertEquals("but for sums in another order", 0, moved("plain", 1e-5));
        JsonNode counters = http.get("/_plugins/_neural_ranking/stats").ok().at("/nodes").elements().next().at("/models/plain");
        assertEquals(1 + DOCUMENTS.size(), counters.get("batches").asLong());
        assertNotEquals(counters.get("texts"), counters.get("batches"));
    }

    /** {@code node:id} of the only task that runs this action, and its status; empty before it runs and when it has ended. */
    private static Map<String, JsonNode> tasks(String action) {
        Map<String, JsonNode> found = new LinkedHashMap<>();
        for (JsonNode of : http.get("/_tasks?detailed&actions=" + action).ok().at("/nodes")) {
            of.get("tasks").properties().forEach(task -> found.put(task.getKey(), task.getValue().path("status")));
        }
        return found;
    }

    @Test
    public void i_aRegistrationShowsHowFarItIsAndCanBeCancelled() {
        Path heavy = ToyRanker.heavy("heavy", HEAVY_MEGABYTES);
        Path models = node.config().resolve("neural-ranking/models");
        node.addBundle(heavy);
        FileTree.delete(heavy);
        String action = "cluster:admin/neural_ranking/models/put";
        CompletableFuture<Answer> registration = CompletableFuture.supplyAsync(() -> http.put(MODELS + "/heavy", "{\"path\": \"heavy\"}"));
        try {
            String[] running = new String[1];
            Http.waitFor("the registration stores bytes", SOON, () -> {
                assertFalse("it ended before it could be cancelled", registration.isDone());
                for (Map.Entry<String, JsonNode> task : tasks(action).entrySet()) {
                    JsonNode status = task.getValue();
                    if (status.path("phase").asText().equals("storing") && status.path("bytes").asLong() > 0) {
                        assertTrue(status.toString(), status.get("total_bytes").asLong() > (long) HEAVY_MEGABYTES << 20);
                        running[0] = task.getKey();
                    }
                }
                return running[0] != null;
            });
            http.post("/_tasks/" + running[0] + "/_cancel", null).ok();
            Answer ended = registration.join();
            assertNotEquals(ended.toString(), 2, ended.status() / 100);
            assertTrue(ended.toString(), ended.at("/error/reason").asText().contains("cancelled"));
            http.get(MODELS + "/heavy").expect(404);
            awaitNothingLeft();
            assertEquals(Map.of(), tasks(action));
        } finally {
            FileTree.delete(models.resolve("heavy"));
        }
    }

    private static String search(String model, String budget) {
        return """
            {"query": {"match": {"text": "cat"}}, "rescore": {"window_size": 10,
             "neural": {"model_id": "%s", "query_text": "cat", "document": {"fields": ["text"]}, "budget": "%s"}}}""".formatted(model, budget);
    }

    private static List<String> ids(Answer found) {
        return found.at("/hits/hits").findValuesAsText("_id");
    }

    @Test
    public void z_aSearchWaitsForAModelNoLongerThanItsBudget() {
        http.put("/cats", "{\"settings\": {\"number_of_shards\": 1, \"number_of_replicas\": 0}}").ok();
        List<String> texts = List.of("a cat and a dog and a war", "cat", "a cat", "cat cat and another cat");
        for (int i = 0; i < texts.size(); i++) {
            http.put("/cats/_doc/" + i + "?refresh=true", Map.of("text", texts.get(i))).expect(201);
        }
        register("ranker", zip(ToyRanker.version(1)));
        List<String> firstStage = ids(http.post("/cats/_search", "{\"query\": {\"match\": {\"text\": \"cat\"}}}").ok());
        assertEquals(texts.size(), firstStage.size());
        Answer rescored = http.post("/cats/_search", search("ranker", "60s")).ok();
        assertNotEquals("the ranker has an order of its own", firstStage, ids(rescored));
        assertTrue(rescored.toString(), rescored.at("/hits/max_score").asDouble() >= 1);

        Path heavy = ToyRanker.heavy("slow-to-load", HEAVY_MEGABYTES);
        node.addBundle(heavy);
        FileTree.delete(heavy);
        http.put(MODELS + "/slow-to-load?wait_for=none", "{\"path\": \"slow-to-load\"}").expect(201);
        CompletableFuture<Answer> patient = CompletableFuture.supplyAsync(() -> http.post("/cats/_search", search("slow-to-load", "60s")));
        assertKeepsFirstStage(firstStage, "slow-to-load", "100ms");
        assertEquals("loading", state("slow-to-load").get("state").asText());
        Answer waited = patient.join().ok();
        assertTrue("the one with 60 s waited: " + waited, waited.at("/hits/max_score").asDouble() >= 1);
        http.delete(MODELS + "/slow-to-load").ok();
        FileTree.delete(node.config().resolve("neural-ranking/models/slow-to-load"));

        loseTheModel();
        assertKeepsFirstStage(firstStage, "ranker", "60s");
        assertTrue(state("ranker").toString(), state("ranker").get("reason").asText().startsWith("tried again in "));
    }

    private static void assertKeepsFirstStage(List<String> firstStage, String model, String budget) {
        RescoreCounters before = RescoreCounters.read(http);
        Answer found = http.post("/cats/_search", search(model, budget)).ok();
        assertEquals(0, found.at("/_shards/failed").asInt());
        assertEquals(firstStage, ids(found));
        assertTrue(found.toString(), found.at("/hits/max_score").asDouble() < 1);
        RescoreCounters after = RescoreCounters.read(http);
        assertEquals(before.windows() + 1, after.windows());
        assertEquals(before.keptFirstStage() + 1, after.keptFirstStage());
        assertEquals(before.documents(), after.documents());
    }

    /** From this node's disk and from the index: it stays in state loading. */
    private static void loseTheModel() {
        String uuid = http.get("/_cat/indices/.neural-ranking-models?h=uuid&format=json").ok().at("/0/uuid").asText();
        node.stop();
        Path data = node.data().resolve("nodes/0");
        FileTree.delete(data.resolve("indices").resolve(uuid));
        for (String content : onDisk()) {
            FileTree.delete(Path.of(content));
        }
        node.start();
        Http.waitFor("documents and the directory of models are there", SOON, () -> {
            String health = http.get("/_cluster/health/cats").at("/status").asText();
            return health.equals("green") && http.get(MODELS + "/ranker").status() == 200 && state("ranker").get("state").asText().equals("loading");
        });
    }
}
