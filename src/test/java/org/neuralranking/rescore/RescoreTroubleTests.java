package org.neuralranking.rescore;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

import org.junit.After;
import org.junit.Before;
import org.neuralranking.HttpNodeTestCase;
import org.neuralranking.inference.InferenceSettings;
import org.neuralranking.inference.Models;
import org.neuralranking.model.ModelRef;
import org.neuralranking.model.registry.ModelThreads;
import org.neuralranking.stats.NodeStats;
import org.opensearch.ExceptionsHelper;
import org.opensearch.action.search.SearchPhaseExecutionException;
import org.opensearch.action.search.SearchRequestBuilder;
import org.opensearch.action.search.SearchResponse;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.io.stream.BytesStreamOutput;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.xcontent.json.JsonXContent;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.core.xcontent.XContentParser;
import org.opensearch.index.query.QueryBuilders;
import org.opensearch.search.rescore.RescorerBuilder;
import org.opensearch.threadpool.ThreadPool;

import com.fasterxml.jackson.databind.JsonNode;

/** What a search sees when inference is slow, full or gone. The one inference thread is held by the test as long as it likes. */
public class RescoreTroubleTests extends HttpNodeTestCase {

    private static final String ALL = """
        {"function_score":{"query":{"match_all":{}},"field_value_factor":{"field":"rank"},"boost_mode":"replace"}}""";
    private static final int DOCS = 5;

    private final List<CountDownLatch> holds = new ArrayList<>();

    @Override
    protected Settings nodeSettings() {
        return Settings.builder()
            .put(super.nodeSettings())
            .put(InferenceSettings.THREADS.getKey(), 1)
            .put(InferenceSettings.QUEUE_CAPACITY.getKey(), 1)
            .build();
    }

    @Before
    public void indexLadder() throws Exception {
        register("ce", "toy-cross-encoder");
        ok("PUT", "/docs", "{\"settings\":{\"number_of_shards\":1},\"mappings\":{\"properties\":{\"rank\":{\"type\":\"float\"}}}}");
        for (int i = 0; i < DOCS; i++) { // only the last has what is searched for
            ok("PUT", "/docs/_doc/d" + i, "{\"rank\":" + (DOCS - i) + ",\"body\":\"" + (i == DOCS - 1 ? "cat" : "dog") + "\"}");
        }
        ok("POST", "/docs/_refresh", null);
    }

    @After
    public void letGo() throws Exception {
        holds.forEach(CountDownLatch::countDown);
        assertBusy(() -> assertEquals("nothing is left behind", 0, queue()));
    }

    /** Holds the inference thread, from when it is free on. */
    private CountDownLatch hold() {
        CountDownLatch hold = new CountDownLatch(1);
        holds.add(hold);
        getInstanceFromNode(ThreadPool.class).executor(ModelThreads.INFERENCE).execute(() -> {
            try {
                hold.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        return hold;
    }

    private int queue() {
        return stats().get("models").get("ce").get("queue").asInt();
    }

    private long count(String counter) {
        return stats().get("rescore").get(counter).asLong();
    }

    private static String clause(String more) {
        return "{\"model_id\":\"ce\",\"query_text\":\"cat\",\"document\":{\"fields\":[\"body\"]}" + more + "}";
    }

    private CompletableFuture<Answer> search(String more) {
        return send("POST", "/docs/_search", "{\"query\":" + ALL + ",\"rescore\":{\"window_size\":10,\"neural\":" + clause(more) + "}}");
    }

    private static double squash(double x) {
        return (1 + x / (15 + Math.abs(x))) / 2;
    }

    private static void assertFirstStage(JsonNode body) {
        JsonNode hits = body.get("hits").get("hits");
        assertEquals(body.toString(), DOCS, hits.size());
        for (int i = 0; i < DOCS; i++) {
            assertEquals(body.toString(), "d" + i, hits.get(i).get("_id").asText());
            assertEquals(squash(DOCS - i), hits.get(i).get("_score").asDouble(), 1e-6);
        }
    }

    private static void assertRescored(JsonNode body) {
        JsonNode hits = body.get("hits").get("hits");
        assertEquals("d4", hits.get(0).get("_id").asText());
        assertEquals(1 + squash(-0.5), hits.get(0).get("_score").asDouble(), 1e-6);
        assertEquals(1 + squash(-2), hits.get(1).get("_score").asDouble(), 1e-6);
    }

    public void testASpentBudgetKeepsTheFirstStage() throws Exception {
        long before = count("budget_spent");
        CountDownLatch hold = hold();
        assertFirstStage(search(",\"budget\":\"50ms\"").get().is(200).body());
        assertEquals(before + 1, count("budget_spent"));
        hold.countDown();
        assertRescored(search("").get().is(200).body());
        assertEquals(before + 1, count("budget_spent"));
    }

    public void testTheNodesBudgetHoldsWhereTheClauseHasNone() throws Exception {
        ok("PUT", "/_cluster/settings", "{\"transient\":{\"neural_ranking.rescore.budget\":\"50ms\"}}");
        try {
            hold();
            assertFirstStage(search("").get().is(200).body());
            search(",\"score\":\"raw\"").get().is(504, "got 0 of 5 hits within [budget] = 50ms, expected all, as [score] is [raw]");
        } finally {
            ok("PUT", "/_cluster/settings", "{\"transient\":{\"neural_ranking.rescore.budget\":null}}");
        }
    }

    public void testAPartlySpentBudgetKeepsWhatIsThereAbove() throws Exception {
        CountDownLatch first = hold();
        CompletableFuture<Answer> search = search(",\"budget\":\"3s\"");
        assertBusy(() -> assertEquals(DOCS, queue()));
        hold(); // behind the search's first batch, before its second
        first.countDown();
        JsonNode hits = search.get().is(200).body().get("hits").get("hits");
        assertEquals("work begins with the first stage's best", "d0", hits.get(0).get("_id").asText());
        assertEquals(1 + squash(-2), hits.get(0).get("_score").asDouble(), 1e-6);
        for (int i = 1; i < DOCS; i++) {
            assertEquals("d" + i, hits.get(i).get("_id").asText());
            assertEquals(squash(DOCS - i), hits.get(i).get("_score").asDouble(), 1e-6);
        }
    }

    public void testAnExplanationThatTheModelCannotGiveAgainSaysSo() throws Exception {
        long before = count("budget_spent");
        CountDownLatch first = hold();
        CompletableFuture<Answer> search = send("POST", "/docs/_search", "{\"explain\":true,\"query\":" + ALL
            + ",\"rescore\":{\"window_size\":10,\"neural\":" + clause(",\"budget\":\"3s\"") + "}}");
        assertBusy(() -> assertEquals(DOCS, queue()));
        hold(); // until after the explanation of the one hit that was rescored
        first.countDown();
        JsonNode hits = search.get().is(200).body().get("hits").get("hits");
        assertEquals(
            "rescored by [neural], but not explained, as the model did not answer a second time; from:",
            hits.get(0).get("_explanation").get("description").asText()
        );
        assertEquals(hits.get(1).get("_score").asDouble(), hits.get(1).get("_explanation").get("value").asDouble(), 0);
        assertEquals("only the window counts", before + 1, count("budget_spent"));
    }

    public void testASpentBudgetIsAnErrorIfTheClauseSaysSo() throws Exception {
        hold();
        for (String onFailure : List.of("", ",\"on_failure\":\"first_stage\"")) {
            search(",\"budget\":\"50ms\",\"on_budget\":\"fail\"" + onFailure).get().is(
                504, "got 0 of 5 hits within [budget] = 50ms, expected all, as [on_budget] is [fail]"
            );
        }
    }

    public void testAFullQueueIsAFailure() throws Exception {
        hold();
        CompletableFuture<Answer> waiting = search(",\"budget\":\"60s\"");
        assertBusy(() -> assertEquals(DOCS, queue()));
        long before = count("kept_first_stage");
        assertFirstStage(search(",\"budget\":\"60s\"").get().is(200).body());
        assertEquals(before + 1, count("kept_first_stage"));
        search(",\"budget\":\"60s\",\"on_failure\":\"fail\"").get().is(
            429, "got 5 texts while 5 wait, expected fewer than neural_ranking.inference.queue_capacity = 1 to wait"
        );
        call("POST", "/_plugins/_neural_ranking/models/ce/_infer", "{\"query\":\"cat\",\"documents\":[\"cat\"]}").is(429, "got 1 texts while 5 wait");
        holds.forEach(CountDownLatch::countDown);
        assertRescored(waiting.get().is(200).body());
    }

    public void testACancelledSearchStopsWaiting() throws Exception {
        hold();
        CompletableFuture<Answer> search = search(",\"budget\":\"60s\"");
        assertBusy(() -> assertEquals(DOCS, queue()));
        ok("POST", "/_tasks/_cancel?actions=indices:data/read/search*", null);
        Answer answer = search.get();
        assertTrue(answer.toString(), answer.status() >= 400);
        assertTrue(answer.toString(), answer.body().toString().contains("cancelled"));
        long dropped = stats().get("models").get("ce").get("dropped").asLong();
        long texts = stats().get("models").get("ce").get("texts").asLong();
        holds.forEach(CountDownLatch::countDown);
        assertBusy(() -> assertEquals(0, queue()));
        assertEquals("its rows never run", dropped + DOCS, stats().get("models").get("ce").get("dropped").asLong());
        assertEquals(texts, stats().get("models").get("ce").get("texts").asLong());
    }

    public void testAGivenUpSearchTakesNoRoomInTheQueue() throws Exception {
        hold();
        assertFirstStage(search(",\"budget\":\"50ms\"").get().is(200).body());
        CompletableFuture<Answer> next = search(",\"budget\":\"60s\",\"on_failure\":\"fail\"");
        assertBusy(() -> assertEquals("the next one was let in", DOCS, queue()));
        holds.forEach(CountDownLatch::countDown);
        assertRescored(next.get().is(200).body());
    }

    /** A clause that was rewritten when the id meant a content which this node has given up since. */
    private SearchRequestBuilder searchPinnedTo(String hash, String more) throws IOException {
        RescoreServices services = new RescoreServices(
            getInstanceFromNode(Models.class),
            getInstanceFromNode(NodeStats.class).rescore(),
            RescoreSettings.of(Settings.EMPTY, getInstanceFromNode(ClusterService.class).getClusterSettings())
        );
        BytesStreamOutput out = new BytesStreamOutput();
        try (XContentParser parser = createParser(JsonXContent.jsonXContent, clause(more))) {
            NeuralRescorerBuilder.parse(parser, () -> services).writeTo(out);
        }
        BytesStreamOutput pinned = new BytesStreamOutput();
        out.bytes().slice(0, out.bytes().length() - 1).writeTo(pinned); // all but "no model yet"
        pinned.writeOptionalWriteable(new ModelRef("ce", hash));
        RescorerBuilder<?> rescorer = new NeuralRescorerBuilder(pinned.bytes().streamInput(), () -> services);
        return client().prepareSearch("docs")
            .setQuery(QueryBuilders.wrapperQuery(ALL))
            .addRescorer(rescorer, 10);
    }

    public void testAModelThatIsGoneSinceTheRewriteIsAFailure() throws Exception {
        long before = count("kept_first_stage");
        SearchResponse response = searchPinnedTo("0".repeat(64), "").get();
        assertEquals("d0", response.getHits().getAt(0).getId());
        assertEquals(squash(DOCS), response.getHits().getAt(0).getScore(), 1e-6);
        assertEquals(before + 1, count("kept_first_stage"));
        SearchPhaseExecutionException e = expectThrows(
            SearchPhaseExecutionException.class,
            () -> searchPinnedTo("0".repeat(64), ",\"on_failure\":\"fail\"").get()
        );
        assertEquals(RestStatus.SERVICE_UNAVAILABLE, e.status());
        assertTrue(e.toString(), ExceptionsHelper.unwrapCause(e.getCause()).getMessage().contains("model [ce] is absent on node"));
    }

    public void testADeletedModelIsUnknownAtOnceButServesWhatWasRewrittenBefore() throws Exception {
        String hash = ok("GET", "/_plugins/_neural_ranking/models/ce", null).findValue("hash").asText();
        ok("DELETE", "/_plugins/_neural_ranking/models/ce", null);
        search("").get().is(404, "model [ce] is not registered");
        SearchResponse response = searchPinnedTo(hash, ",\"on_failure\":\"fail\"").get();
        assertEquals("d4", response.getHits().getAt(0).getId());
        register("ce", "toy-cross-encoder");
    }
}
