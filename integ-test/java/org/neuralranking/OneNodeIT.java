package org.neuralranking;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.junit.AfterClass;
import org.junit.BeforeClass;
import org.junit.Test;
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

/** One node, installed from the zip of all platforms, with the toy models whose every answer is known: what users may send, and what not. */
public class OneNodeIT {

    private static final String MODELS = "/_plugins/_neural_ranking/models";

    private static RealNode node;
    private static Http http;

    @BeforeClass
    public static void startNode() throws IOException {
        RealNode.Builder builder = RealNode.named("one", Installation.of(PluginZip.ALL))
            .bundle(ProjectFiles.testModel("toy-sparse"))
            .bundle(ProjectFiles.testModel("toy-cross-encoder"))
            .bundle(ProjectFiles.testModel("toy-yes-no"));
        for (Path bad : badBundles()) {
            builder.bundle(bad);
        }
        node = builder.start();
        http = node.http();
        ModelRegistration.register(http, "toy-sparse");
        ModelRegistration.register(http, "toy-cross-encoder");
        ModelRegistration.register(http, "toy-yes-no");
        http.put("/_ingest/pipeline/toy", """
            {"processors": [{"learned_sparse": {"model_id": "toy-sparse", "field_map": {"text": "vector", "chapters.text": "chapters.vector"}}}]}""")
            .ok();
        http.put("/toys", """
            {"settings": {"number_of_shards": 1, "number_of_replicas": 0},
             "mappings": {"properties": {"text": {"type": "text"}, "vector": {"type": "learned_sparse"},
                                         "chapters": {"properties": {"vector": {"type": "learned_sparse"}}}}}}""").ok();
        http.bulk("/toys/_bulk?refresh=true&pipeline=toy", """
            {"index":{"_id":"cat"}}
            {"text":"the cat and the dog"}
            {"index":{"_id":"war"}}
            {"text":"a movie of space war"}
            {"index":{"_id":"car"}}
            {"text":"Fast cars"}
            {"index":{"_id":"none"}}
            {"title":"no text at all"}
            """).ok();
    }

    /** toy-sparse with the graph of each file that a loader must refuse. */
    private static List<Path> badBundles() throws IOException {
        List<Path> bundles = new ArrayList<>();
        Path bad = ProjectFiles.testModel("bad");
        for (Path graph : files(bad, ".onnx")) {
            Path bundle = ProjectFiles.target().resolve("bad-bundles").resolve("bad-" + graph.getFileName().toString().replace(".onnx", ""));
            Files.createDirectories(bundle);
            for (Path file : files(ProjectFiles.testModel("toy-sparse"), ".json")) {
                Files.write(bundle.resolve(file.getFileName()), Files.readAllBytes(file));
            }
            Files.write(bundle.resolve("model.onnx"), Files.readAllBytes(graph));
            bundles.add(bundle);
        }
        assertFalse(bundles.isEmpty());
        return bundles;
    }

    private static List<Path> files(Path directory, String suffix) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(suffix)).sorted().collect(Collectors.toList());
        }
    }

    @AfterClass
    public static void stopNode() {
        if (node != null) {
            node.close();
        }
    }

    @Test
    public void aModelShowsWhatWasDetected() {
        Answer answer = http.get(MODELS + "/toy-sparse").ok();
        JsonNode model = answer.at("/models/0");
        assertEquals("sparse_encoder", model.get("task").asText());
        assertEquals(64, model.get("hash").asText().length());
        assertEquals(316, model.get("vocabulary_size").asInt());
        assertEquals(64, model.get("max_tokens").asInt());
        assertTrue(model.get("query_weights").asBoolean());
        assertTrue(model.get("bytes").asLong() > 0);
        assertEquals("input_ids", model.at("/inputs/0/name").asText());
        assertEquals("ready", model.get("nodes").elements().next().get("state").asText());
        assertEquals(3, http.get(MODELS).ok().at("/models").size());
        assertEquals("yes_no_ranker", http.get(MODELS + "/toy-yes-no").ok().at("/models/0/task").asText());
    }

    @Test
    public void aModelAnswersDirectly() {
        Answer sparse = http.post(MODELS + "/toy-sparse/_infer", "{\"texts\": [\"cat\", \"Fast cars\", \" \"]}").ok();
        assertEquals(1.083, sparse.at("/results/0/tokens/cat").asDouble(), 1e-3);
        assertEquals(1.838, sparse.at("/results/1/tokens/##s").asDouble(), 1e-3);
        assertEquals(0, sparse.at("/results/2/tokens").size());
        Answer query = http.post(MODELS + "/toy-sparse/_infer", "{\"texts\": [\"cat\"], \"as\": \"query\"}").ok();
        assertEquals(1, query.at("/results/0/tokens").size());
        Answer pairs = http.post(
            MODELS + "/toy-cross-encoder/_infer",
            "{\"query\": \"space war\", \"documents\": [\"a movie of space war\", \"\", \"a slow train\"]}"
        ).ok();
        assertEquals(1.0, pairs.at("/results/0/logit").asDouble(), 1e-5);
        assertEquals(3, pairs.at("/results").size());
    }

    @Test
    public void registeringIsRepeatableReplaceableAndReversible() throws IOException {
        String hash = http.get(MODELS + "/toy-cross-encoder").ok().at("/models/0/hash").asText();
        Answer again = http.put(MODELS + "/toy-cross-encoder", "{\"path\": \"toy-cross-encoder\"}").expect(200);
        assertEquals("unchanged", again.at("/result").asText());
        assertEquals(hash, again.at("/hash").asText());

        Answer created = http.put(MODELS + "/second", "{\"path\": \"toy-cross-encoder\"}").expect(201);
        assertEquals("created", created.at("/result").asText());
        assertEquals("the same content", hash, created.at("/hash").asText());
        refused("PUT", MODELS + "/second", "{\"path\": \"toy-sparse\"}", 400, "got a sparse_encoder for model [second], expected a cross_encoder");
        http.delete(MODELS + "/second").ok();
        http.delete(MODELS + "/second").expect(404);
        http.get(MODELS + "/second").expect(404);
        // the content is still there under its other id
        http.post(MODELS + "/toy-cross-encoder/_infer", "{\"query\": \"cat\", \"documents\": [\"cat\"]}").ok();
    }

    @Test
    public void badBundlesAreRefusedWithAReasonAndNothingIsStored() {
        for (String bad : List.of(
            "external-data-traversal|data in another file",
            "nan-output|expected finite numbers",
            "not-onnx|is not an ONNX model",
            "truncated|truncated?",
            "unexpected-input|got input [pixel_values]",
            "unexpected-output|expected [batch, tokens, vocabulary]",
            "wrong-vocab-size|expected vocab_size = 316",
            "empty|got an empty file"
        )) {
            String[] caseOf = bad.split("\\|");
            refused("PUT", MODELS + "/bad", "{\"path\": \"bad-" + caseOf[0] + "\"}", 400, caseOf[1]);
            http.get(MODELS + "/bad").expect(404);
        }
    }

    @Test
    public void requestsToModelsAreChecked() {
        refusedByThePlatform("PUT", MODELS + "/m", "{\"path\": \"toy-sparse\", \"force\": true}", 400, "unknown field [force]");
        refusedByThePlatform("PUT", MODELS + "/m", "{}", 400, "Required [path]");
        refusedByThePlatform("PUT", MODELS + "/m", "{\"path\": [7]}", 400, "path doesn't support values of type: START_ARRAY");
        refusedByThePlatform("PUT", MODELS + "/m", "{\"path\": \"", 400, "failed to parse field [path]", "Unexpected end-of-input");
        refusedByThePlatform("PUT", MODELS + "/m", "[]", 400, "Expected START_OBJECT but was: START_ARRAY");
        refusedByThePlatform("PUT", MODELS + "/m", null, 400, "request body is required");
        refused("PUT", MODELS + "/m", "{\"path\": \"../../etc\"}", 400, "got path [../../etc]");
        refused("PUT", MODELS + "/m", "{\"path\": \"/etc\"}", 400, "got path [/etc]");
        refused("PUT", MODELS + "/m", "{\"path\": \"nowhere\"}", 400, "expected a directory or a .zip that exists");
        refused("PUT", MODELS + "/UPPER", "{\"path\": \"toy-sparse\"}", 400, "got model id [UPPER]");
        refused("PUT", MODELS + "/" + "x".repeat(129), "{\"path\": \"toy-sparse\"}", 400, "got model id [xxx");
        refused("GET", MODELS + "/m", null, 404, "model [m] is not registered");
        refusedByThePlatform("GET", MODELS + "?color=red", null, 400, "unrecognized parameter");
        refused("POST", MODELS + "/m/_infer", "{\"texts\": [\"x\"]}", 404, "model [m] is not registered");
        String infer = MODELS + "/toy-sparse/_infer";
        refused("POST", infer, "{}", 400, "expected one of the two");
        refused("POST", infer, "{\"texts\": []}", 400, "got 0 texts, expected 1 to 1000");
        refused("POST", infer, "{\"texts\": [\"x\"], \"as\": \"poem\"}", 400, "got [as] = [poem]");
        refusedByThePlatform("POST", infer, "{\"text\": [\"x\"]}", 400, "unknown field [text]", "did you mean [texts]");
        refused("POST", infer, "{\"query\": \"x\", \"documents\": [\"y\"]}", 400, "expected [texts]");
        refused("POST", infer, "{\"query\": \"x\"}", 400, "expected one of the two");
        refused("POST", MODELS + "/toy-cross-encoder/_infer", "{\"texts\": [\"x\"]}", 400, "expected [query] with [documents]");
        refused("POST", MODELS + "/toy-yes-no/_infer", "{\"texts\": [\"x\"]}", 400, "got a yes_no_ranker");
        refusedByThePlatform("POST", "/_plugins/_neural_ranking/stats", null, 405, "allowed: [GET]");
    }

    @Test
    public void clausesAreChecked() {
        String search = "/toys/_search";
        for (String clause : List.of(
            "{\"vector\": {\"query_text\": \"cat\"}}|400|no [model_id] and no [tokens], expected either",
            "{\"vector\": {\"model_id\": \"toy-sparse\"}}|400|got no [query_text]",
            "{\"vector\": {\"query_text\": \"cat\", \"model_id\": \"toy-sparse\", \"k\": 3}}|400|got unknown key [k], expected [query_text, model_id",
            "{\"vector\": {\"query_text\": 7, \"model_id\": \"toy-sparse\", \"tokens\": {}}}|400|got [VALUE_NUMBER] for [query_text]",
            "{\"vector\": {\"tokens\": {\"cat\": -1}}}|400|token [cat]: got weight [-1]",
            "{\"vector\": {\"tokens\": {\"cat\": 1e99}}}|400|token [cat]: got weight [1e99]",
            "{\"vector\": {\"tokens\": {\"cat\": \"many\"}}}|400|token [cat]: got weight [many]",
            "{\"vector\": 3}|400|got [VALUE_NUMBER] for [vector]",
            "{}|400|got no field, expected one",
            "{\"text\": {\"tokens\": {\"cat\": 1}}}|400|got type [text], expected [learned_sparse]",
            "{\"vector\": {\"query_text\": \"cat\", \"model_id\": \"nobody\"}}|404|model [nobody] is not registered",
            "{\"vector\": {\"query_text\": \"cat\", \"model_id\": \"toy-cross-encoder\"}}|400|expected a sparse_encoder"
        )) {
            String[] parts = clause.split("\\|", -1);
            refused("POST", search, "{\"query\": {\"learned_sparse\": " + parts[0] + "}}", Integer.parseInt(parts[1]), parts[2]);
        }
        String good = "\"model_id\": \"toy-cross-encoder\", \"query_text\": \"cat\", \"document\": {\"fields\": [\"text\"]}";
        for (String clause : List.of(
            "{\"query_text\": \"cat\", \"document\": {\"fields\": [\"text\"]}}|400 platform|Required [model_id]",
            "{" + good + ", \"speed\": 1}|400 platform|unknown field [speed]",
            "{" + good + ", \"budget\": \"-1s\"}|400|got [budget] = -1, expected more than 0",
            "{" + good + ", \"budget\": \"fast\"}|400 platform|[budget] with value [fast] as a time value",
            "{" + good + ", \"blend\": {\"model_weight\": 0}}|400|got [blend.model_weight] = 0.0",
            "{" + good + ", \"on_failure\": \"panic\"}|400|got [on_failure] = [panic], expected one of [first_stage, fail]",
            "{" + good.replace("toy-cross-encoder", "nobody") + "}|404|model [nobody] is not registered",
            "{" + good.replace("toy-cross-encoder", "toy-sparse") + "}|400|expected a cross_encoder",
            "{" + good.replace("\"cat\"", "\"\"") + "}|400|got an empty [query_text]",
            "{" + good.replace("\"cat\"", "\"" + "cat ".repeat(100) + "\"") + "}|400|got a query of more than 64 tokens, expected at most 60",
            "{" + good.replace("[\"text\"]", "[]") + "}|400|got 0 [document.fields], expected 1 to 100",
            "{" + good.replace("[\"text\"]", "[\"\"]") + "}|400|got an empty name in [document.fields]",
            "[]|400 platform|unexpected token [START_ARRAY] after [neural]"
        )) {
            String[] parts = clause.split("\\|", -1);
            String body = "{\"query\": {\"match_all\": {}}, \"rescore\": {\"window_size\": 10, \"neural\": " + parts[0] + "}}";
            String[] status = parts[1].split(" ");
            refused(status.length > 1, "POST", search, body, Integer.parseInt(status[0]), parts[2]);
        }
        refused("POST", search, "{\"rescore\": {\"window_size\": 0, \"neural\": {" + good + "}}}", 400, "got [window_size] = 0, expected at least 1");
        refusedByThePlatform("POST", search, "{\"rescore\": {\"window_size\": 100000, \"neural\": {" + good + "}}}", 400, "Rescore window [100000] is too large");
        refusedByThePlatform("POST", search + "?scroll=1m", "{\"rescore\": {\"neural\": {" + good + "}}}", 400, "using [rescore] is not allowed in a scroll context");
        refusedByThePlatform("POST", search, "{\"sort\": [\"_doc\"], \"rescore\": {\"neural\": {" + good + "}}}", 400, "Cannot use [sort] option in conjunction with [rescore].");
    }

    @Test
    public void pipelinesMappingsAndValuesAreChecked() {
        for (String processor : List.of(
            "{}|platform|[model_id] required property is missing",
            "{\"model_id\": \"toy-sparse\"}|platform|[field_map] required property is missing",
            "{\"model_id\": \"toy-sparse\", \"field_map\": {}}|ours|[field_map] got no fields",
            "{\"model_id\": \"toy-sparse\", \"field_map\": {\"a\": \"a\"}}|ours|got target [a], which would overwrite the source [a]",
            "{\"model_id\": \"toy-sparse\", \"field_map\": {\"a\": 7}}|ours|got target [7] for source [a]",
            "{\"model_id\": \"toy-sparse\", \"field_map\": {\"a\": \"b\"}, \"turbo\": true}|platform|doesn't support one or more provided configuration parameters [turbo]"
        )) {
            String[] parts = processor.split("\\|");
            String body = "{\"processors\": [{\"learned_sparse\": " + parts[0] + "}]}";
            refused(parts[1].equals("platform"), "PUT", "/_ingest/pipeline/bad", body, 400, parts[2]);
        }
        refused("PUT", "/bad", "{\"mappings\": {\"properties\": {\"v\": {\"type\": \"learned_sparse\", \"dimension\": 3}}}}", 400, "got unknown parameter [dimension], expected only [meta]");
        for (String value : List.of(
            "{\"cat\": 0}|token [cat]: got weight [0]", "{\"cat\": -1}|token [cat]: got weight [-1]", "{\"cat\": \"x\"}|token [cat]: got weight [x]", "{\"cat\": 1e39}|token [cat]: got weight [1e39]", "{\"cat\": null}|token [cat]: got weight [VALUE_NULL]", "{\"\": 1}|got an empty token",
            "{\"cat\": {\"dog\": 1}}|token [cat]: got weight [START_OBJECT]", "\"cat\"|field [vector]: got [cat]", "3|field [vector]: got [3]", "true|field [vector]: got [true]", "[[1]]|field [vector]: got [1]"
        )) {
            String[] parts = value.split("\\|");
            refused("PUT", "/toys/_doc/bad", "{\"vector\": " + parts[0] + "}", 400, parts[1]);
        }
        refused("PUT", "/toys/_doc/bad?pipeline=toy", "{\"text\": 3}", 400, "field [text]: got [3]");
        refused("PUT", "/toys/_doc/bad?pipeline=toy", "{\"text\": {\"en\": \"cat\"}}", 400, "field [text]: got an object");
        http.get("/toys/_doc/bad").expect(404);
    }

    @Test
    public void anyTextCanBeIndexedAndSearched() {
        http.put("/any", """
            {"settings": {"number_of_shards": 1, "number_of_replicas": 0, "default_pipeline": "toy"},
             "mappings": {"properties": {"text": {"type": "text", "index": false}, "vector": {"type": "learned_sparse"}}}}""").ok();
        List<String> texts = List.of(
            "",
            " \\t\\n",
            "cat ".repeat(250_000),
            "x".repeat(1_000_000),
            "\\ud83d\\ude00".repeat(5_000),
            "cat \\ud800 dog \\udc00",
            "\\u0000cat\\u0000",
            "\\u202ecat\\u0301 \\ufeff",
            "[SEP] [CLS] cat [MASK]"
        );
        for (int i = 0; i < texts.size(); i++) {
            http.put("/any/_doc/" + i, "{\"text\": \"" + texts.get(i) + "\"}").ok();
        }
        http.post("/any/_refresh", null).ok();
        List<String> found = new ArrayList<>();
        http.post("/any/_search", "{\"query\": {\"learned_sparse\": {\"vector\": {\"query_text\": \"cat\", \"model_id\": \"toy-sparse\"}}}, \"size\": 20}")
            .ok()
            .at("/hits/hits")
            .forEach(hit -> found.add(hit.get("_id").asText()));
        assertTrue("the cats are found: " + found, found.containsAll(List.of("2", "5", "6", "8")));
        assertFalse("what has no text has no vector", found.contains("0") || found.contains("1"));
        assertFalse(http.get("/any/_doc/0").ok().at("/_source").has("vector"));
        for (String query : texts) {
            Answer answer = http.post(
                "/any/_search",
                "{\"query\": {\"learned_sparse\": {\"vector\": {\"query_text\": \"" + query + "\", \"model_id\": \"toy-sparse\"}}}}"
            ).ok();
            assertEquals(answer.toString(), 0, answer.at("/_shards/failed").asInt());
            if (query.isBlank() || query.startsWith(" \\t")) {
                assertEquals(0, answer.at("/hits/total/value").asInt());
            }
        }
        // as documents of a rescorer: each text is read, the blank ones stay below
        Answer rescored = http.post("/any/_search", """
            {"size": 20, "query": {"match_all": {}}, "rescore": {"window_size": 20, "neural": {
              "model_id": "toy-cross-encoder", "query_text": "cat", "document": {"fields": ["text"]}, "on_failure": "fail"}}}""").ok();
        assertEquals(texts.size(), rescored.at("/hits/hits").size());
        for (JsonNode hit : rescored.at("/hits/hits")) {
            boolean blank = List.of("0", "1").contains(hit.get("_id").asText());
            assertEquals(hit.toString(), blank, hit.get("_score").asDouble() < 1);
        }
    }

    @Test
    public void explainSpellsTheFormulaAndEndsAtTheScore() {
        Answer answer = http.post("/toys/_search", """
            {"explain": true, "query": {"learned_sparse": {"vector": {"query_text": "space war cat", "model_id": "toy-sparse"}}},
             "rescore": {"window_size": 1, "neural": {"model_id": "toy-cross-encoder", "query_text": "space war",
                         "document": {"fields": ["text"]}, "blend": {"first_stage_weight": 0.5}, "on_failure": "fail"}}}""").ok();
        assertEquals(2, answer.at("/hits/hits").size());
        for (JsonNode hit : answer.at("/hits/hits")) {
            assertEquals(hit.toString(), hit.get("_score").asDouble(), hit.at("/_explanation/value").asDouble(), 1e-6);
        }
        String rescored = answer.at("/hits/hits/0/_explanation").toString();
        assertTrue(rescored, rescored.contains("1 + (1 + b / (15 + |b|)) / 2"));
        assertTrue(rescored, rescored.contains("first_stage_weight * s + model_weight * logit"));
        String kept = answer.at("/hits/hits/1/_explanation").toString();
        assertTrue(kept, kept.contains("not rescored by [neural]"));
    }

    @Test
    public void missingFieldsAndDocumentsWithoutTextKeepTheirPlaceBelow() {
        Answer answer = http.post("/toys/_search", """
            {"query": {"match_all": {}}, "rescore": {"window_size": 10, "neural": {"model_id": "toy-cross-encoder", "query_text": "cat",
              "document": {"fields": ["text", "no_such_field"]}, "on_failure": "fail"}}}""").ok();
        assertEquals(4, answer.at("/hits/hits").size());
        assertEquals("none", answer.at("/hits/hits/3/_id").asText());
        assertTrue(answer.toString(), answer.at("/hits/hits/3/_score").asDouble() < 1);
        assertTrue(answer.toString(), answer.at("/hits/hits/2/_score").asDouble() >= 1);
        Answer unmapped = http.post("/toys/_search", "{\"query\": {\"learned_sparse\": {\"no_such_field\": {\"tokens\": {\"cat\": 1}}}}}").ok();
        assertEquals(0, unmapped.at("/hits/total/value").asInt());
    }

    @Test
    public void statsCountWhatWasDone() {
        long before = texts();
        http.post(MODELS + "/toy-sparse/_infer", "{\"texts\": [\"cat\", \"dog\"]}").ok();
        assertTrue(texts() >= before + 2);
        JsonNode stats = http.get("/_plugins/_neural_ranking/stats").ok().at("/nodes").elements().next();
        for (String counter : List.of("requests", "texts", "tokens", "batches", "failed", "rejected", "dropped", "truncated", "queue")) {
            assertTrue(stats.toString(), stats.at("/models/toy-sparse/" + counter).isNumber());
        }
        assertTrue(stats.at("/models/toy-sparse/latency_millis/p95").isNumber());
        assertTrue(stats.at("/rescore/windows").isNumber());
    }

    private static long texts() {
        return http.get("/_plugins/_neural_ranking/stats").ok().at("/nodes").elements().next().at("/models/toy-sparse/texts").asLong();
    }

    @Test
    public void modelsAndVectorsOutliveARestart() {
        node.stop();
        node.start();
        ModelRegistration.awaitReady(http, "toy-sparse");
        ModelRegistration.awaitReady(http, "toy-cross-encoder");
        Http.waitFor("the index is back", Duration.ofMinutes(1), () -> http.get("/_cluster/health/toys").json().path("status").asText().equals("green"));
        Answer answer = http.post("/toys/_search", "{\"query\": {\"learned_sparse\": {\"vector\": {\"query_text\": \"feline\", \"model_id\": \"toy-sparse\"}}}}").ok();
        assertEquals("cat", answer.at("/hits/hits/0/_id").asText());
    }

    @Test
    public void theFirstReasonIsTheOneThatHelps() {
        String clause = "{\"model_id\": \"toy-cross-encoder\", \"query_text\": \"cat\", \"document\": {\"fields\": [\"text\"]}, \"blend\": {\"model_weight\": 0}}";
        for (Answer answer : List.of(
            http.post("/toys/_search", "{\"rescore\": {\"neural\": " + clause + "}}"),
            http.post("/toys/_search", "{\"rescore\": {\"neural\": " + clause.replace("\"cat\"", "\" \"") + "}}"),
            http.post(MODELS + "/toy-sparse/_infer", "{\"texts\": [\"x\"], \"as\": \"q\"}")
        )) {
            String reason = answer.expect(400).at("/error/root_cause/0/reason").asText();
            assertTrue(reason, reason.contains("got ") && reason.contains(", expected "));
        }
    }

    /** The answer has this status, and its reasons say all of this; where they are ours, what was got and what was expected. */
    private static void refused(String method, String path, String body, int status, String... reasons) {
        refused(false, method, path, body, status, reasons);
    }

    /** By the parsers, validators or routes of OpenSearch, in its words. */
    private static void refusedByThePlatform(String method, String path, String body, int status, String... reasons) {
        refused(true, method, path, body, status, reasons);
    }

    private static void refused(boolean byThePlatform, String method, String path, String body, int status, String... reasons) {
        Answer answer = http.request(method, path, body);
        assertEquals(answer + " for " + body, status, answer.status());
        assertTrue("a case without a telling reason: " + body, reasons.length > 0);
        String error = String.join("\n", answer.json().findValuesAsText("reason")) + answer.json().path("error").asText();
        for (String reason : reasons) {
            assertTrue("too little to tell: [" + reason + "]", reason.length() > 5);
            assertTrue(answer + " should say: " + reason + " for " + body, error.contains(reason));
        }
        if (status == 400) {
            boolean ours = error.contains("got ") && error.contains(", expected ");
            assertEquals(answer + " says what was got and what was expected, for " + body, byThePlatform == false, ours);
        }
    }
}
