package org.neuralranking.sparse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;

import org.junit.After;
import org.neuralranking.HttpNodeTestCase;
import org.neuralranking.NeuralRankingPlugin;
import org.neuralranking.TestModels;
import org.neuralranking.inference.Models;
import org.opensearch.action.support.PlainActionFuture;
import org.opensearch.common.util.concurrent.ThreadContext;
import org.opensearch.core.action.ActionListener;
import org.opensearch.index.query.BaseQueryRewriteContext;
import org.opensearch.index.query.QueryBuilder;
import org.opensearch.index.query.QueryRewriteContext;
import org.opensearch.index.query.Rewriteable;
import org.opensearch.ingest.AbstractProcessor;
import org.opensearch.ingest.IngestDocument;
import org.opensearch.ingest.Processor;
import org.opensearch.plugins.IngestPlugin;
import org.opensearch.plugins.Plugin;
import org.opensearch.transport.Netty4ModulePlugin;

import com.fasterxml.jackson.databind.JsonNode;

/** From texts to hits over HTTP, with a toy model whose every weight is known. */
public class LearnedSparseModelTests extends HttpNodeTestCase {

    private static final String MODEL = "toy-sparse";

    /** {"mark": {}} writes what went wrong into the field "reason". */
    public static final class MarkPlugin extends Plugin implements IngestPlugin {
        @Override
        public Map<String, Processor.Factory> getProcessors(Processor.Parameters parameters) {
            return Map.of("mark", (factories, tag, description, config) -> new AbstractProcessor(tag, description) {
                @Override
                public IngestDocument execute(IngestDocument document) {
                    return document.getIngestMetadata().get("on_failure_message") instanceof String reason ? marked(document, reason) : document;
                }

                private static IngestDocument marked(IngestDocument document, String reason) {
                    document.setFieldValue("reason", reason);
                    return document;
                }

                @Override
                public String getType() {
                    return "mark";
                }
            });
        }
    }

    @Override
    protected Collection<Class<? extends Plugin>> getPlugins() {
        return List.of(NeuralRankingPlugin.class, Netty4ModulePlugin.class, MarkPlugin.class);
    }

    @After
    public void cleanUp() throws Exception {
        call("DELETE", "/docs", null); // before its default pipeline
        ok("DELETE", "/_ingest/pipeline/*", null);
        call("DELETE", "/_plugins/_neural_ranking/models/m", null);
    }

    private void createPipelineAndIndex(String processors) throws Exception {
        ok("PUT", "/_ingest/pipeline/p", "{\"processors\":[" + processors + "]}");
        ok("PUT", "/docs", """
            {"settings":{"number_of_shards":2,"number_of_replicas":0,"default_pipeline":"p"},
             "mappings":{"properties":{"body":{"type":"text"},
                                       "sparse":{"type":"learned_sparse"},
                                       "chapters":{"type":"nested","properties":{"sparse":{"type":"learned_sparse"}}}}}}""");
    }

    private static String processor(String more) {
        return "{\"learned_sparse\":{\"model_id\":\"m\",\"field_map\":{\"body\":\"sparse\",\"chapters.body\":\"chapters.sparse\"}" + more + "}}";
    }

    private JsonNode bulk(Map<String, String> sources) throws Exception {
        StringBuilder lines = new StringBuilder();
        sources.forEach((id, source) -> lines.append("{\"index\":{\"_id\":\"" + id + "\"}}\n").append(source).append('\n'));
        return ok("POST", "/docs/_bulk?refresh=true", lines.toString());
    }

    private static String body(String text) throws IOException {
        return JSON.writeValueAsString(Map.of("body", text));
    }

    private static Map<String, Float> weights(JsonNode object) {
        Map<String, Float> weights = new HashMap<>();
        for (Iterator<Map.Entry<String, JsonNode>> entries = object.fields(); entries.hasNext();) {
            Map.Entry<String, JsonNode> entry = entries.next();
            weights.put(entry.getKey(), entry.getValue().floatValue());
        }
        return weights;
    }

    private static void assertWeights(String text, JsonNode expected, JsonNode got) {
        Map<String, Float> expectedWeights = weights(expected);
        Map<String, Float> gotWeights = weights(got);
        assertEquals(text, expectedWeights.keySet(), gotWeights.keySet());
        expectedWeights.forEach((token, weight) -> assertEquals(text + ": " + token, weight, gotWeights.get(token), 1e-5f));
    }

    private JsonNode search(String query) throws Exception {
        return ok("POST", "/docs/_search", "{\"size\":1000,\"query\":" + query + "}").get("hits");
    }

    private static String query(String text) throws IOException {
        return "{\"learned_sparse\":{\"sparse\":{\"model_id\":\"m\",\"query_text\":" + JSON.writeValueAsString(text) + "}}}";
    }

    private void indexGoldenTexts() throws Exception {
        createPipelineAndIndex(processor(""));
        Map<String, String> sources = new HashMap<>();
        List<JsonNode> cases = TestModels.cases(MODEL);
        for (int i = 0; i < cases.size(); i++) {
            sources.put("d" + i, body(cases.get(i).get("text").asText()));
        }
        JsonNode answer = bulk(sources);
        assertFalse(answer.toString(), answer.get("errors").asBoolean());
    }

    public void testDocumentsGetTheWeightsThatTheModelGives() throws Exception {
        register("m", MODEL);
        indexGoldenTexts();
        List<JsonNode> cases = TestModels.cases(MODEL);
        for (int i = 0; i < cases.size(); i++) {
            String text = cases.get(i).get("text").asText();
            JsonNode source = ok("GET", "/docs/_source/d" + i, null);
            if (cases.get(i).get("nonzero").isEmpty()) {
                assertFalse(text, source.has("sparse"));
                continue;
            }
            assertWeights(text, cases.get(i).get("nonzero"), source.get("sparse"));
            float before = Float.MAX_VALUE;
            for (JsonNode weight : source.get("sparse")) {
                assertTrue("heaviest first: " + source, weight.floatValue() <= before);
                before = weight.floatValue();
            }
        }
    }

    public void testAQueryScoresByItsTokensWeightsInIdfJson() throws Exception {
        register("m", MODEL);
        indexGoldenTexts();
        Map<String, Float> idf = weights(JSON.readTree(TestModels.directory(MODEL).resolve("idf.json").toFile()));
        List<JsonNode> cases = TestModels.cases(MODEL);
        for (JsonNode golden : cases) {
            Map<String, Float> query = new HashMap<>();
            for (JsonNode token : golden.get("tokens")) {
                if (idf.get(token.asText()) > 0) {
                    query.put(token.asText(), idf.get(token.asText()));
                }
            }
            Map<String, Double> expected = new HashMap<>();
            for (int i = 0; i < cases.size(); i++) {
                double score = 0;
                for (Map.Entry<String, Float> weight : weights(cases.get(i).get("nonzero")).entrySet()) {
                    score += query.getOrDefault(weight.getKey(), 0f) * weight.getValue();
                }
                if (score > 0) {
                    expected.put("d" + i, score);
                }
            }
            JsonNode hits = search(query(golden.get("text").asText()));
            assertEquals(golden.get("text").asText(), expected.size(), hits.get("total").get("value").asInt());
            for (JsonNode hit : hits.get("hits")) {
                double score = expected.get(hit.get("_id").asText());
                assertEquals(hit.toString(), score, hit.get("_score").asDouble(), score / 256 + 1e-4); // the field keeps 9 bits
            }
        }
    }

    public void testWithoutIdfJsonAQueryGoesThroughTheModelLikeADocument() throws Exception {
        Files.deleteIfExists(copy(MODEL, "without-idf").resolve("idf.json"));
        registerDirectory("m", "without-idf");
        indexGoldenTexts();
        List<JsonNode> cases = TestModels.cases(MODEL);
        for (int i = 0; i < cases.size(); i++) {
            Map<String, Float> weights = weights(cases.get(i).get("nonzero"));
            String id = "d" + i;
            for (JsonNode hit : search(query(cases.get(i).get("text").asText())).get("hits")) {
                if (hit.get("_id").asText().equals(id)) {
                    double score = weights.values().stream().mapToDouble(weight -> (double) weight * weight).sum();
                    assertEquals(hit.toString(), score, hit.get("_score").asDouble(), score / 256 + 1e-4);
                    id = null;
                }
            }
            assertTrue(cases.get(i).toString(), id == null || weights.isEmpty());
        }
    }

    public void testATextThatIsTooLongIsCutAndCounted() throws Exception {
        register("m", MODEL);
        createPipelineAndIndex(processor(""));
        int before = stats().get("models").get("m").get("truncated").asInt();
        bulk(Map.of("1", body("car ".repeat(61) + "cat dog")));
        JsonNode vector = ok("GET", "/docs/_source/1", null).get("sparse");
        assertTrue(vector.toString(), vector.has("cat")); // the last of 62 tokens beside [CLS] and [SEP]
        assertFalse(vector.toString(), vector.has("dog"));
        assertEquals(1, stats().get("models").get("m").get("truncated").asInt() - before);
    }

    public void testQueriesThatAreOnlyLookedUpAreCountedLikeAnyOther() throws Exception {
        register("m", MODEL);
        createPipelineAndIndex(processor(""));
        JsonNode before = stats().get("models").get("m");
        search(query("the fast car"));
        search(query("car ".repeat(70))); // 62 fit beside [CLS] and [SEP]
        search(query(" "));
        ok("POST", "/_plugins/_neural_ranking/models/m/_infer", "{\"as\":\"query\",\"texts\":[\"cat\",\"\",\"dog\"]}");
        JsonNode after = stats().get("models").get("m");
        Map<String, Integer> expected = Map.of("requests", 3, "texts", 4, "tokens", 3 + 62 + 2, "truncated", 1, "batches", 0, "run_millis", 0);
        expected.forEach((name, count) -> assertEquals(name, count.intValue(), after.get(name).asInt() - before.get(name).asInt()));
        assertTrue(after.toString(), after.get("latency_millis").get("max").asDouble() > 0);
    }

    public void testAQueryIsTokenisedOnAGenericThreadInTheContextOfItsSearch() throws Exception {
        register("m", MODEL); // looks queries up: who tells the result has tokenised the text
        ThreadContext context = client().threadPool().getThreadContext();
        QueryBuilder query = LearnedSparseQueryBuilder.ofText("sparse", "the car", "m", () -> getInstanceFromNode(Models.class));
        PlainActionFuture<QueryBuilder> rewritten = new PlainActionFuture<>();
        AtomicReference<String> thread = new AtomicReference<>();
        AtomicReference<String> header = new AtomicReference<>();
        try (ThreadContext.StoredContext restored = context.stashContext()) {
            context.putHeader("asker", "me");
            QueryRewriteContext rewriting = new BaseQueryRewriteContext(xContentRegistry(), writableRegistry(), client(), System::currentTimeMillis);
            Rewriteable.rewriteAndFetch(query, rewriting, ActionListener.runBefore(rewritten, () -> {
                thread.set(Thread.currentThread().getName());
                header.set(context.getHeader("asker"));
            }));
        }
        LearnedSparseQueryBuilder encoded = (LearnedSparseQueryBuilder) rewritten.actionGet();
        assertTrue(encoded.toString(), encoded.tokens().size() > 0);
        assertTrue(thread.get(), thread.get().contains("[generic]"));
        assertEquals("me", header.get());
    }

    public void testTheSameTokensGivenByHandScoreTheSame() throws Exception {
        register("m", MODEL);
        indexGoldenTexts();
        String text = "The fast car and the cat";
        JsonNode infer = ok("POST", "/_plugins/_neural_ranking/models/m/_infer", "{\"as\":\"query\",\"texts\":[\"" + text + "\"]}");
        String byHand = "{\"learned_sparse\":{\"sparse\":{\"tokens\":" + infer.get("results").get(0).get("tokens") + "}}}";
        assertEquals(search(byHand), search(query(text)));
        assertTrue(search(byHand).get("total").get("value").asInt() > 0);
    }

    public void testATextWithoutTokensFindsNothing() throws Exception {
        register("m", MODEL);
        indexGoldenTexts();
        for (String text : List.of("", " \n", "\u0000", "☃")) {
            assertEquals(text, 0, search(query(text)).get("total").get("value").asInt());
        }
    }

    public void testAQueryIsEncodedWhereverItStands() throws Exception {
        register("m", MODEL);
        createPipelineAndIndex(processor(""));
        bulk(Map.of("1", "{\"chapters\":[{\"body\":\"a movie of space war\"},{\"body\":\"fast cars\"}]}"));
        String nested = "{\"nested\":{\"path\":\"chapters\",\"query\":"
            + query("car").replace("\"sparse\"", "\"chapters.sparse\"") + "}}";
        assertEquals(1, search("{\"bool\":{\"must\":[" + nested + "],\"must_not\":[" + query("car") + "]}}").get("total").get("value").asInt());
        JsonNode explained = ok("POST", "/docs/_explain/1", "{\"query\":" + nested + "}");
        assertTrue(explained.toString(), explained.get("matched").asBoolean());
        assertTrue(ok("POST", "/docs/_validate/query", "{\"query\":" + nested + "}").get("valid").asBoolean());
        assertEquals(1, ok("POST", "/docs/_count", "{\"query\":" + nested + "}").get("count").asInt());
    }

    public void testModelsThatCannotEncodeAreRefused() throws Exception {
        register("m", "toy-cross-encoder");
        createPipelineAndIndex(processor(""));
        call("POST", "/docs/_search", "{\"query\":" + query("car") + "}").is(400, "expected a sparse_encoder");
        JsonNode item = bulk(Map.of("1", body("car"), "2", "{}")).get("items");
        for (JsonNode result : item) {
            boolean hasText = result.get("index").get("_id").asText().equals("1");
            assertEquals(item.toString(), hasText ? 400 : 201, result.get("index").get("status").asInt());
        }
    }

    public void testWithoutItsModelOnlyDocumentsWithTextFail() throws Exception {
        createPipelineAndIndex(processor(""));
        call("POST", "/docs/_search", "{\"query\":" + query("car") + "}").is(404);
        JsonNode items = bulk(Map.of("1", body("car"), "2", "{\"body\":null}", "3", body(" "))).get("items");
        for (JsonNode item : items) {
            boolean hasText = item.get("index").get("_id").asText().equals("1");
            assertEquals(items.toString(), hasText ? 404 : 201, item.get("index").get("status").asInt());
        }
        assertTrue(items.toString(), items.toString().contains("model [m] is not registered"));
    }

    public void testADocumentThatFailsGoesTheWayThePipelineSays() throws Exception {
        register("m", MODEL);
        createPipelineAndIndex(processor(",\"on_failure\":[{\"mark\":{}}]"));
        JsonNode answer = bulk(Map.of("1", body("car"), "2", "{\"body\":5}", "3", body("cat")));
        assertFalse(answer.toString(), answer.get("errors").asBoolean());
        assertFalse(ok("GET", "/docs/_source/1", null).has("reason"));
        JsonNode marked = ok("GET", "/docs/_source/2", null);
        assertEquals("field [body]: got [5], expected a text or a list of texts", marked.get("reason").asText());

        ok("PUT", "/_ingest/pipeline/p", "{\"processors\":[" + processor(",\"ignore_failure\":true") + ",{\"mark\":{}}]}");
        assertFalse(bulk(Map.of("4", "{\"body\":5,\"sparse\":{\"stale\":1}}", "5", body("cat"))).get("errors").asBoolean());
        assertFalse(ok("GET", "/docs/_source/4", null).has("sparse"));
        assertTrue(ok("GET", "/docs/_source/5", null).has("sparse"));
    }

    public void testATextThatTheTokenizerCannotTakeFailsItsDocumentAlone() throws Exception {
        Path bundle = copy(MODEL, "only-letters");
        Files.deleteIfExists(bundle.resolve("idf.json"));
        List<String> letters = IntStream.rangeClosed('a', 'z').mapToObj(letter -> "[\"" + (char) letter + "\",-1.5]").toList();
        Files.writeString(bundle.resolve("tokenizer.json"), """
            {"version":"1.0","added_tokens":[],"pre_tokenizer":{"type":"WhitespaceSplit"},
             "model":{"type":"Unigram","unk_id":null,"byte_fallback":false,"vocab":%s}}""".formatted(letters));
        registerDirectory("m", "only-letters");
        createPipelineAndIndex(processor(""));
        Map<String, String> sources = new HashMap<>();
        for (int i = 0; i < 30; i++) {
            sources.put(i + (i % 4 == 1 ? "bad" : "good"), body(i % 4 == 1 ? "a ☃ b" : "a b"));
        }
        JsonNode items = bulk(sources).get("items");
        assertEquals(30, items.size());
        for (JsonNode item : items) {
            boolean bad = item.get("index").get("_id").asText().endsWith("bad");
            assertEquals(item.toString(), bad ? 400 : 201, item.get("index").get("status").asInt());
            assertEquals(item.toString(), bad, item.toString().contains("got a text of 5 chars that the tokenizer library cannot tokenize"));
        }
    }

    public void testPipelinesAreSimulatedLikeAnyOther() throws Exception {
        register("m", MODEL);
        String body = "{\"pipeline\":{\"processors\":[" + processor("") + "]},\"docs\":[{\"_source\":{\"body\":\"cat\"}}]}";
        for (String verbose : List.of("", "?verbose=true")) {
            assertTrue(ok("POST", "/_ingest/pipeline/_simulate" + verbose, body).toString().contains("\"sparse\":{"));
        }
        call("PUT", "/_ingest/pipeline/q", "{\"processors\":[" + processor(",\"batch\":1") + "]}").is(
            400,
            "doesn't support one or more provided configuration parameters [batch]"
        );
    }
}
