package org.neuralranking.inference;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;

import org.apache.lucene.tests.util.LuceneTestCase;
import org.neuralranking.OnnxFile;
import org.neuralranking.TestModels;
import org.neuralranking.model.bundle.Bundle;
import org.neuralranking.model.bundle.BundleException;
import org.neuralranking.model.bundle.BundleLimits;
import org.neuralranking.stats.ModelStats;
import org.neuralranking.stats.Snapshot;
import org.neuralranking.tokenize.TokenSequence;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.util.concurrent.ThreadContext;
import org.opensearch.core.common.breaker.CircuitBreakingException;
import org.opensearch.test.OpenSearchTestCase;

import com.fasterxml.jackson.databind.JsonNode;

/** Models with their native sessions: who may use them how long, what is refused, and that threads do not disturb each other. */
@LuceneTestCase.SuppressFileSystems("*") // native code opens the files
public class LoadedModelTests extends OpenSearchTestCase {

    private static final RunLimit NO_LIMIT = RunLimits.none();

    private final Deque<Runnable> tasks = new ArrayDeque<>();
    private final ModelStats stats = new ModelStats();
    private final ModelMemory memory = Memory.plenty();

    private LoadedModel open(Bundle bundle) throws IOException {
        InferenceSettings settings = new InferenceSettings(1, 100, 2, 1024, 1000);
        return LoadedModel.open(bundle, BundleLimits.DEFAULT, settings, tasks::add, System::nanoTime, new ThreadContext(Settings.EMPTY), stats, memory, NO_LIMIT);
    }

    private static Bundle bundle(String name) throws IOException {
        return Bundle.read(TestModels.root(name), name, BundleLimits.DEFAULT);
    }

    private void runAll() {
        while (tasks.isEmpty() == false) {
            tasks.remove().run();
        }
    }

    private static Float logit(BatchOutput output, int row) {
        return output.values().get(output.rowStart(row));
    }

    private static TokenSequence pair(LoadedModel model, String query, String document) {
        return model.tokenizer().pair(model.tokenizer().tokenize(query, 64), model.tokenizer().tokenize(document, 64), model.maxTokens());
    }

    /** Pairs of the golden file and, through {@code logits}, what the model must say of them. */
    private static List<TokenSequence> goldenPairs(LoadedModel model, List<Float> logits) {
        List<TokenSequence> rows = new ArrayList<>();
        for (JsonNode golden : TestModels.cases("toy-cross-encoder")) {
            rows.add(pair(model, golden.get("query").asText(), golden.get("document").asText()));
            logits.add(golden.get("logits").get(0).floatValue());
        }
        return rows;
    }

    public void testAnswersAreTheGoldenOnesAndAreCounted() throws IOException {
        try (LoadedModel model = open(bundle("toy-cross-encoder"))) {
            List<Float> logits = new ArrayList<>();
            List<TokenSequence> rows = goldenPairs(model, logits);
            Submission<Float> submission = model.submit(rows, LoadedModelTests::logit, Urgency.SEARCH, Deadline.NONE);
            assertEquals(rows.size(), stats.snapshot().queue());
            runAll();
            for (int i = 0; i < logits.size(); i++) {
                assertEquals(logits.get(i), submission.result(i), 1e-5f);
            }
            Snapshot snapshot = stats.snapshot();
            assertEquals(1, snapshot.requests());
            assertEquals(rows.size(), snapshot.texts());
            assertEquals(rows.stream().mapToInt(TokenSequence::size).sum(), snapshot.tokens());
            assertEquals((rows.size() + 1) / 2, snapshot.batches());
            assertEquals(0, snapshot.failed() + snapshot.dropped() + snapshot.rejected() + snapshot.truncated() + snapshot.queue());
        }
    }

    public void testTruncatedTextsAndFailedRequestsAreCounted() throws IOException {
        try (LoadedModel model = open(bundle("toy-cross-encoder"))) {
            List<TokenSequence> rows = List.of(pair(model, "cat", "dog ".repeat(100)), pair(model, "cat", "dog"));
            assertEquals(64, rows.getFirst().size());
            Submission<Float> submission = model.submit(rows, (output, row) -> {
                throw new IllegalStateException("unreadable");
            }, Urgency.SEARCH, Deadline.NONE);
            runAll();
            assertEquals("unreadable", submission.failure().getMessage());
            assertEquals(1, stats.snapshot().truncated());
            assertEquals(2, stats.snapshot().failed());
            assertEquals(1, stats.snapshot().requests());
        }
    }

    public void testClosesWhenTheLastUserIsGone() throws IOException {
        LoadedModel model = open(bundle("toy-cross-encoder"));
        Submission<Float> submission = model.submit(List.of(pair(model, "cat", "cat")), LoadedModelTests::logit, Urgency.SEARCH, Deadline.NONE);
        model.close();
        assertEquals("a submission is a user", 1, model.refCount());
        runAll();
        assertNull(submission.failure());
        assertEquals(0, model.refCount());
        assertFalse(model.tryIncRef());
        expectThrows(IllegalStateException.class, () -> model.tokenizer().tokenize("closed", 5));
    }

    public void testStaysOpenUntilTheRunningBatchHasEnded() throws IOException {
        LoadedModel model = open(bundle("toy-cross-encoder"));
        TokenSequence row = pair(model, "cat", "cat");
        AtomicReference<Submission<Float>> submission = new AtomicReference<>();
        submission.set(model.submit(List.of(row, row, row), (output, i) -> {
            submission.get().cancel();
            if (model.refCount() == 2) {
                model.close(); // while the graph's output is read
            }
            assertEquals("the batch itself is a user", 1, model.refCount());
            return logit(output, i);
        }, Urgency.SEARCH, Deadline.NONE));
        runAll();
        assertEquals(2, submission.get().completed());
        assertEquals(0, model.refCount());
    }

    public void testCancelledSubmissionsGiveTheModelBack() throws IOException {
        LoadedModel model = open(bundle("toy-cross-encoder"));
        Submission<Float> submission = model.submit(List.of(pair(model, "cat", "cat")), LoadedModelTests::logit, Urgency.SEARCH, Deadline.NONE);
        submission.cancel();
        model.close();
        assertEquals(0, model.refCount());
        runAll(); // nothing is left to run on the closed graph
        assertEquals(1, stats.snapshot().dropped());
        assertNull(submission.result(0));
    }

    public void testARefusedSubmissionGivesTheModelBack() throws IOException {
        InferenceSettings settings = new InferenceSettings(1, 1, 1, 1024, 1000);
        LoadedModel model = LoadedModel.open(
            bundle("toy-cross-encoder"), BundleLimits.DEFAULT, settings, tasks::add, System::nanoTime, new ThreadContext(Settings.EMPTY), stats, memory, NO_LIMIT
        );
        List<TokenSequence> row = List.of(pair(model, "cat", "cat"));
        model.submit(row, LoadedModelTests::logit, Urgency.SEARCH, Deadline.NONE);
        expectThrows(
            org.opensearch.core.concurrency.OpenSearchRejectedExecutionException.class,
            () -> model.submit(row, LoadedModelTests::logit, Urgency.SEARCH, Deadline.NONE)
        );
        runAll();
        assertEquals(1, model.refCount());
        model.close();
    }

    public void testSubmittingToAClosedModelIsAnErrorOfTheCallerOnly() throws IOException {
        LoadedModel model = open(bundle("toy-cross-encoder"));
        List<TokenSequence> row = List.of(pair(model, "cat", "cat"));
        model.close();
        expectThrows(IllegalStateException.class, () -> model.submit(row, LoadedModelTests::logit, Urgency.SEARCH, Deadline.NONE));
        assertTrue(tasks.isEmpty());
    }

    public void testThreadsOnOneGraphGetTheSameBitsAsAlone() throws Exception {
        Bundle bundle = bundle("toy-token-embeddings");
        try (LoadedModel model = open(bundle)) {
            TokenSequence probe = model.tokenizer().single(model.tokenizer().tokenize("cat", 64), 64);
            try (OnnxGraph graph = new OnnxGraph(bundle.graph(), bundle.facts().inputs(), bundle.facts().output(), 0, probe, NO_LIMIT, memory.book("a test", 0, 0))) {
                List<List<TokenSequence>> batches = new ArrayList<>();
                List<float[]> alone = new ArrayList<>();
                for (int i = 0; i < 12; i++) {
                    List<TokenSequence> batch = new ArrayList<>();
                    for (int r = randomIntBetween(1, 6); r > 0; r--) {
                        batch.add(model.tokenizer().single(model.tokenizer().tokenize("cat dog ".repeat(randomIntBetween(0, 20)), 64), 64));
                    }
                    batches.add(batch);
                    graph.run(batch, output -> alone.add(values(output)));
                }
                List<Throwable> failures = new ArrayList<>();
                List<Thread> threads = new ArrayList<>();
                for (int t = 0; t < 4; t++) {
                    int from = t;
                    threads.add(new Thread(() -> {
                        for (int round = 0; round < 60; round++) {
                            int i = (from * 3 + round) % batches.size();
                            try {
                                graph.run(batches.get(i), output -> assertArrayEquals(alone.get(i), values(output), 0f));
                            } catch (Throwable e) {
                                synchronized (failures) {
                                    failures.add(e);
                                }
                            }
                        }
                    }, "graph"));
                }
                threads.forEach(Thread::start);
                for (Thread thread : threads) {
                    thread.join();
                }
                assertEquals(List.of(), failures);
            }
        }
    }

    private static float[] values(BatchOutput output) {
        float[] values = new float[output.rowSize() * output.rowTokens().length];
        output.values().get(0, values);
        return values;
    }

    private static Bundle with(String model, String graph, String... configChanges) throws IOException {
        Path directory = createTempDir().resolve("m");
        Files.createDirectories(directory);
        try (Stream<Path> files = Files.list(TestModels.directory(model))) {
            for (Path file : files.toList()) {
                Files.copy(file, directory.resolve(file.getFileName().toString()));
            }
        }
        if (graph != null) {
            Path bad = TestModels.directory("bad").resolve(graph);
            Files.write(directory.resolve("model.onnx"), Files.readAllBytes(bad));
        }
        for (int i = 0; i < configChanges.length; i += 2) {
            Path config = directory.resolve("config.json");
            Files.writeString(config, Files.readString(config).replace(configChanges[i], configChanges[i + 1]));
        }
        return Bundle.read(directory.getParent(), "m", BundleLimits.DEFAULT);
    }

    private void assertRefused(String expected, Bundle bundle) {
        BundleException e = expectThrows(BundleException.class, () -> open(bundle));
        assertTrue(e.getMessage(), e.getMessage().contains(expected));
        assertTrue(e.getMessage(), e.getMessage().contains("got"));
    }

    public void testAGraphThatAnswersNaNIsRefused() throws IOException {
        assertRefused("got NaN in output [sparse_embedding] for a plain text, expected finite numbers", with("toy-sparse", "nan-output.onnx"));
    }

    public void testBadGraphsAreRefusedBeforeOrByTheRuntime() throws IOException {
        for (String graph : List.of(
            "empty.onnx",
            "external-data-traversal.onnx",
            "not-onnx.onnx",
            "truncated.onnx",
            "unexpected-input.onnx",
            "unexpected-output.onnx",
            "wrong-vocab-size.onnx",
            "nan-output.onnx"
        )) {
            BundleException e = expectThrows(BundleException.class, () -> open(with("toy-sparse", graph)));
            assertTrue(graph + ": " + e.getMessage(), e.getMessage().contains("got") || e.getMessage().contains("refused"));
        }
    }

    public void testTheProbeHoldsTheGraphToWhatItDeclares() throws IOException {
        Bundle real = bundle("toy-sparse");
        try (LoadedModel model = open(real)) {
            TokenSequence probe = model.tokenizer().single(model.tokenizer().tokenize("cat", 64), 64);
            for (List<String> shape : List.of(List.of("batch", "tokens", "316"), List.of("batch", "315"), List.of("batch"))) {
                var declared = new org.neuralranking.model.bundle.TensorSpec(real.facts().output().name(), "float", shape);
                BundleException e = expectThrows(
                    BundleException.class,
                    () -> new OnnxGraph(real.graph(), real.facts().inputs(), declared, 0, probe, NO_LIMIT, memory.book("a test", 0, 0))
                );
                assertTrue(e.getMessage(), e.getMessage().contains("of shape [1, 316], expected " + shape + " as declared"));
            }
            var free = new org.neuralranking.model.bundle.TensorSpec(real.facts().output().name(), "float", List.of("batch", "?"));
            try (OnnxGraph graph = new OnnxGraph(real.graph(), real.facts().inputs(), free, 0, probe, NO_LIMIT, memory.book("a test", 0, 0))) {
                assertEquals(316, graph.columns());
            }
            var unknown = new org.neuralranking.model.bundle.TensorSpec("surprise", "float", List.of("batch", "316"));
            expectThrows(BundleException.class, () -> new OnnxGraph(real.graph(), real.facts().inputs(), unknown, 0, probe, NO_LIMIT, memory.book("a test", 0, 0)));
        }
    }

    public void testARowThatTheGraphCannotTakeFailsAlone() throws Exception {
        try (LoadedModel model = open(bundle("toy-token-embeddings"))) { // looks ids up in a table
            TokenSequence outside = new TokenSequence(new int[] { 1_000_000 }, new int[1], false);
            TokenSequence inside = model.tokenizer().single(model.tokenizer().tokenize("cat", 64), 64);
            Submission<Float> bad = model.submit(List.of(outside), LoadedModelTests::logit, Urgency.SEARCH, Deadline.NONE);
            Submission<Float> good = model.submit(List.of(inside), LoadedModelTests::logit, Urgency.SEARCH, Deadline.NONE);
            runAll();
            assertTrue(bad.failure().toString(), bad.failure().getMessage().contains("1000000"));
            assertEquals(1, good.completed());
        }
    }

    private LoadedModel open(Bundle bundle, InferenceSettings settings) throws IOException {
        return LoadedModel.open(bundle, BundleLimits.DEFAULT, settings, tasks::add, System::nanoTime, new ThreadContext(Settings.EMPTY), stats, memory, NO_LIMIT);
    }

    private static final InferenceSettings IN_FOURS = new InferenceSettings(1, 100, 4, 1024, 1000);

    /** Logits of pairs of all lengths, submitted together. */
    private List<Float> logits(LoadedModel model) {
        List<TokenSequence> rows = new ArrayList<>();
        for (String document : List.of("cat", "dog ".repeat(50), "a movie of space war", "", "fast cars and cats")) {
            rows.add(pair(model, "the cat", document));
        }
        Submission<Float> submission = model.submit(rows, LoadedModelTests::logit, Urgency.SEARCH, Deadline.NONE);
        runAll();
        assertNull(submission.failure());
        List<Float> logits = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            logits.add(submission.result(i));
        }
        return logits;
    }

    /** The logits and how many runs of the graph they took. */
    private Map.Entry<List<Float>, Long> inFours(OnnxFile graph, String batching) throws IOException {
        long before = stats.snapshot().batches();
        try (LoadedModel model = open(ToyGraphs.bundle(createTempDir(), graph, "{\"batching\": \"" + batching + "\"}"), IN_FOURS)) {
            List<Float> logits = logits(model);
            return Map.entry(logits, stats.snapshot().batches() - before);
        }
    }

    public void testAModelThatMovesWithItsNeighboursHasNone() throws IOException {
        List<Float> alone;
        try (LoadedModel model = open(ToyGraphs.bundle(createTempDir(), ToyGraphs.dynamic(), null), new InferenceSettings(1, 100, 1, 1024, 1000))) {
            alone = logits(model);
        }
        assertEquals(Map.entry(alone, 5L), inFours(ToyGraphs.dynamic(), "auto"));
        assertEquals(Map.entry(alone, 5L), inFours(ToyGraphs.dynamic(), "never"));
        Map.Entry<List<Float>, Long> together = inFours(ToyGraphs.dynamic(), "always");
        assertEquals(2, (long) together.getValue());
        assertNotEquals("or there was nothing to keep apart", alone, together.getKey());
    }

    public void testAModelThatDoesNotMoveIsBatchedUnlessToldOtherwise() throws IOException {
        Map.Entry<List<Float>, Long> alone = inFours(ToyGraphs.plain(), "never");
        assertEquals(5, (long) alone.getValue());
        for (String batching : List.of("auto", "always")) {
            Map.Entry<List<Float>, Long> together = inFours(ToyGraphs.plain(), batching);
            assertEquals(2, (long) together.getValue());
            for (int i = 0; i < 5; i++) {
                float expected = alone.getKey().get(i);
                assertEquals("but for the order of sums", expected, together.getKey().get(i), 1e-6f * expected);
            }
        }
    }

    public void testBuffersAreBookedAsTheyGrow() throws IOException {
        LoadedModel model = open(bundle("toy-cross-encoder"));
        long loaded = memory.use().nativeBytes();
        assertEquals(model.report().nativeBytes(), loaded);
        model.submit(List.of(pair(model, "cat", "dog")), LoadedModelTests::logit, Urgency.SEARCH, Deadline.NONE);
        runAll();
        long small = memory.use().nativeBytes();
        int tokens = pair(model, "cat", "dog").size();
        assertEquals("three inputs of longs and one logit", loaded + 3L * tokens * Long.BYTES + Float.BYTES, small);
        for (int again = 0; again < 3; again++) {
            model.submit(List.of(pair(model, "cat", "dog ".repeat(100))), LoadedModelTests::logit, Urgency.SEARCH, Deadline.NONE);
            runAll();
            assertEquals(loaded + 3L * 64 * Long.BYTES + Float.BYTES, memory.use().nativeBytes());
        }
        model.close();
        assertEquals(0, memory.use().nativeBytes());
    }

    public void testABatchThatThereIsNoMemoryForFailsAlone() throws IOException {
        try (LoadedModel model = open(bundle("toy-cross-encoder"))) {
            Submission<Float> small = model.submit(List.of(pair(model, "cat", "dog")), LoadedModelTests::logit, Urgency.SEARCH, Deadline.NONE);
            runAll();
            memory.limit(memory.use().nativeBytes());
            Submission<Float> large = model.submit(List.of(pair(model, "cat", "dog ".repeat(100))), LoadedModelTests::logit, Urgency.SEARCH, Deadline.NONE);
            runAll();
            assertTrue(large.failure().toString(), large.failure() instanceof CircuitBreakingException);
            Submission<Float> again = model.submit(List.of(pair(model, "cat", "dog")), LoadedModelTests::logit, Urgency.SEARCH, Deadline.NONE);
            runAll();
            assertEquals(small.result(0), again.result(0));
        }
    }

    /** One failure at every step of opening. */
    public void testWhateverFailsNothingStaysOpenOrBooked() throws IOException {
        Bundle noWeights = with("toy-sparse", null);
        Files.writeString(noWeights.queryWeights(), "{\"no such token\": 1}");
        Bundle noTokenizer = with("toy-sparse", null);
        Files.writeString(noTokenizer.tokenizer(), "{}");
        Bundle noGraph = with("toy-sparse", null);
        Files.write(noGraph.graph(), new byte[] { 1, 2, 3 });
        List<Bundle> bad = List.of(
            noTokenizer,
            noWeights,
            noGraph,
            with("toy-sparse", "nan-output.onnx"),
            ToyGraphs.bundle(createTempDir(), ToyGraphs.sumOver(new float[5]).node("Identity", List.of("sum"), "logits"), null),
            ToyGraphs.bundle(createTempDir(), ToyGraphs.sum(Float.NaN).node("Identity", List.of("sum"), "logits"), null)
        );
        int before = OnnxGraph.openSessions();
        for (int round = 0; round < 20; round++) {
            for (Bundle bundle : bad) {
                expectThrows(IllegalArgumentException.class, () -> open(bundle));
                assertEquals(before, OnnxGraph.openSessions());
                assertEquals(0, memory.use().nativeBytes() + memory.use().heapBytes());
            }
        }
        try (LoadedModel good = open(bundle("toy-sparse"))) {
            assertEquals("the counter counts", before + 1, OnnxGraph.openSessions());
        }
        assertEquals(before, OnnxGraph.openSessions());
    }

    /** The limit is reached later and later on the way: while weights are booked, and while the first rows need buffers. */
    public void testARefusalOfMemoryAtAnyStepLeavesNothing() throws IOException {
        Bundle bundle = bundle("toy-token-embeddings");
        int sessions = OnnxGraph.openSessions();
        long needed = MemoryEstimate.of(bundle, IN_FOURS).loadingNative();
        for (long limit = needed - 1; limit <= needed + 4000; limit += 400) {
            memory.limit(limit);
            CircuitBreakingException e = expectThrows(CircuitBreakingException.class, () -> open(bundle, IN_FOURS));
            assertTrue(e.getMessage(), e.getMessage().contains("neural_ranking.memory.limit = "));
            assertEquals(sessions, OnnxGraph.openSessions());
            assertEquals(0, memory.use().nativeBytes() + memory.use().heapBytes());
        }
    }
}
