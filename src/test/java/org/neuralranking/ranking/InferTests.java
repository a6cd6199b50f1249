package org.neuralranking.ranking;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

import org.neuralranking.HttpNodeTestCase;
import org.neuralranking.TestModels;
import org.neuralranking.inference.LoadedModel;
import org.neuralranking.inference.Models;
import org.neuralranking.model.Task;
import org.opensearch.Version;
import org.opensearch.action.support.ActionFilters;
import org.opensearch.action.support.PlainActionFuture;
import org.opensearch.common.settings.Settings;
import org.opensearch.core.action.ActionListener;
import org.opensearch.telemetry.tracing.noop.NoopTracer;
import org.opensearch.test.transport.MockTransportService;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.TransportService;

import com.fasterxml.jackson.databind.JsonNode;

/** {@code _infer} over HTTP: what it refuses, and that it answers what the golden files say. */
public class InferTests extends HttpNodeTestCase {

    private Answer infer(String id, String body) {
        return call("POST", "/_plugins/_neural_ranking/models/" + id + "/_infer", body);
    }

    private static String json(Object value) throws Exception {
        return JSON.writeValueAsString(value);
    }

    public void testWhatIsWrongIsNamed() throws Exception {
        register("ce", "toy-cross-encoder");
        register("sparse", "toy-sparse");
        register("yes", "toy-yes-no");
        String neither = "_infer: got neither [texts] alone nor [query] with [documents], expected one of the two";
        Map<String, String> wrong = new LinkedHashMap<>();
        wrong.put("{}", neither);
        wrong.put("{\"query\":\"q\"}", neither);
        wrong.put("{\"documents\":[\"d\"]}", neither);
        wrong.put("{\"texts\":[\"t\"],\"query\":\"q\",\"documents\":[\"d\"]}", neither);
        wrong.put("{\"texts\":[\"t\"],\"documents\":[\"d\"]}", neither);
        wrong.put("{\"texts\":[\"t\"],\"query\":\"q\"}", neither);
        wrong.put("{\"texts\":[]}", "_infer: got 0 texts, expected 1 to 1000");
        wrong.put("{\"query\":\"q\",\"documents\":[]}", "_infer: got 0 documents, expected 1 to 1000");
        wrong.put(json(Map.of("texts", Collections.nCopies(1001, "t"))), "_infer: got 1001 texts, expected 1 to 1000");
        wrong.put("{\"texts\":[\"t\"],\"as\":\"poem\"}", "_infer: got [as] = [poem], expected [document] or [query]");
        wrong.put(
            "{\"query\":\"q\",\"documents\":[\"d\"],\"as\":\"query\"}",
            "_infer: got [as] = [query] beside [query] with [documents], expected it only beside [texts]"
        );
        wrong.put("{\"texts\":[\"t\"]} junk", "got something that is no JSON behind the object, expected the end");
        wrong.put("{\"texts\":[\"t\"]}}", "got something that is no JSON behind the object, expected the end");
        wrong.put("{\"texts\":[\"t\"]}{}", "got [START_OBJECT] behind the object, expected the end");
        wrong.put("{\"texts\":[\"t\"]} 1", "got [VALUE_NUMBER] behind the object, expected the end");
        wrong.put("{\"text\":[\"t\"]}", "unknown field [text]");
        wrong.put("{\"texts\":[{}]}", "texts");
        wrong.put("{\"texts\":[null]}", "texts");
        wrong.put("{\"texts\":null}", "");
        wrong.put("[]", "");
        wrong.put("{", "");
        for (Map.Entry<String, String> body : wrong.entrySet()) {
            for (String id : List.of("ce", "sparse")) {
                infer(id, body.getKey()).is(400, body.getValue());
            }
        }
        infer("ce", null).is(400, "request body is required");
        infer("ce", "{\"texts\":[\"t\"]}").is(400, "_infer: got [texts] for a cross_encoder, expected [query] with [documents]");
        infer("ce", json(Map.of("query", "cat ".repeat(61), "documents", List.of("d")))).is(400, "got a query of 61 tokens, expected at most 60");
        infer("sparse", "{\"query\":\"q\",\"documents\":[\"d\"]}").is(400, "got", "sparse_encoder", "expected");
        infer("yes", "{\"query\":\"q\",\"documents\":[\"d\"]}").is(400, "got a yes_no_ranker, expected a model of [sparse_encoder, cross_encoder]");
        infer("nobody", "{\"texts\":[\"t\"]}").is(404, "model [nobody] is not registered");
    }

    public void testABodyToRegisterAModelIsReadToItsEnd() {
        for (String more : List.of(" junk", "}", "{}", "[]", "\"a\"")) {
            call("PUT", "/_plugins/_neural_ranking/models/x", "{\"path\":\"nowhere\"}" + more).is(400, "behind the object, expected the end");
        }
        Answer blanks = call("PUT", "/_plugins/_neural_ranking/models/x", "{\"path\":\"nowhere\"} \n ");
        assertFalse(blanks.body().toString(), blanks.body().toString().contains("expected the end"));
        call("GET", "/_plugins/_neural_ranking/models/x", null).is(404);
    }

    public void testAModelIsClosedOnceAlsoByAnAnswerThatFailsAfterItWasTold() throws Exception {
        register("ce", "toy-cross-encoder");
        Models models = getInstanceFromNode(Models.class);
        try (LoadedModel model = models.acquire(models.resolve("ce").ref())) {
            int before = model.refCount();
            for (boolean tells : new boolean[] { true, false }) {
                AtomicInteger told = new AtomicInteger();
                PlainActionFuture<Infer.Response> future = new PlainActionFuture<>();
                infer(models, new ModelAnswer() {
                    @Override
                    public Task task() {
                        return Task.CROSS_ENCODER;
                    }

                    @Override
                    public void answer(LoadedModel asked, InferInput input, ActionListener<List<Map<String, Object>>> listener) {
                        if (tells) {
                            listener.onResponse(List.of());
                        }
                        throw new IllegalStateException("after all");
                    }
                }, ActionListener.runBefore(future, told::incrementAndGet));
                if (tells) {
                    future.actionGet();
                } else {
                    assertEquals("after all", expectThrows(IllegalStateException.class, future::actionGet).getMessage());
                }
                assertEquals(1, told.get());
                assertBusy(() -> assertEquals(before, model.refCount()));
            }
        }
    }

    /** Asks the model "ce" through an action of its own, by the answer given. */
    private void infer(Models models, ModelAnswer answer, ActionListener<Infer.Response> listener) {
        ThreadPool threads = getInstanceFromNode(ThreadPool.class);
        try (TransportService transport = MockTransportService.createNewService(Settings.EMPTY, Version.CURRENT, threads, NoopTracer.INSTANCE)) {
            Infer infer = new Infer(transport, new ActionFilters(Set.of()), models, new ModelAnswers(List.of(answer)), threads);
            infer.execute(new Infer.Request("ce", new InferInput(null, null, "q", List.of("d"))), listener);
        }
    }

    public void testLogitsOfPairs() throws Exception {
        register("ce", "toy-cross-encoder");
        for (JsonNode golden : TestModels.cases("toy-cross-encoder")) {
            JsonNode body = infer("ce", json(Map.of("query", golden.get("query"), "documents", List.of("dog ".repeat(100), golden.get("document"))))).is(200)
                .body();
            assertEquals("ce", body.get("id").asText());
            assertEquals(64, body.get("hash").asText().length());
            JsonNode result = body.get("results").get(1);
            assertEquals(golden.get("logits").get(0).asDouble(), result.get("logit").asDouble(), 1e-5);
            assertEquals(golden.get("token_ids").size(), result.get("tokens").asInt());
            assertFalse(result.get("truncated").asBoolean());
            assertTrue(body.get("results").get(0).get("truncated").asBoolean());
            assertEquals(64, body.get("results").get(0).get("tokens").asInt());
        }
    }

    public void testWeightsOfTexts() throws Exception {
        register("sparse", "toy-sparse");
        List<JsonNode> cases = TestModels.cases("toy-sparse");
        List<String> texts = new ArrayList<>();
        cases.forEach(golden -> texts.add(golden.get("text").asText()));
        JsonNode results = infer("sparse", json(Map.of("texts", texts))).is(200).body().get("results");
        assertEquals(texts.size(), results.size());
        for (int i = 0; i < texts.size(); i++) {
            JsonNode weights = results.get(i).get("tokens");
            JsonNode expected = cases.get(i).get("nonzero");
            assertEquals(texts.get(i), expected.size(), weights.size());
            expected.fieldNames().forEachRemaining(
                token -> assertEquals(token, expected.get(token).asDouble(), weights.get(token).asDouble(), 1e-5)
            );
        }
    }

    public void testTheMostTextsAtOnceKeepTheirOrder() throws Exception {
        register("ce", "toy-cross-encoder");
        List<String> documents = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            documents.add(i % 3 == 0 ? "cat" : i % 3 == 1 ? "cat dog" : "");
        }
        JsonNode results = infer("ce", json(Map.of("query", "cat dog", "documents", documents))).is(200).body().get("results");
        for (int i = 0; i < 1000; i++) {
            assertEquals(i % 3 == 0 ? -0.5 : i % 3 == 1 ? 1 : -2, results.get(i).get("logit").asDouble(), 1e-5);
        }
    }
}
