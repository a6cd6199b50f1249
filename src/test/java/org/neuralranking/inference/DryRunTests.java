package org.neuralranking.inference;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

import org.apache.lucene.tests.util.LuceneTestCase;
import org.neuralranking.OnnxFile;
import org.neuralranking.TestModels;
import org.neuralranking.model.bundle.Bundle;
import org.neuralranking.model.bundle.BundleException;
import org.neuralranking.model.bundle.BundleLimits;
import org.neuralranking.model.registry.LoadReport;
import org.neuralranking.stats.ModelStats;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.common.util.concurrent.ThreadContext;
import org.opensearch.test.OpenSearchTestCase;

/** What is found out about graphs, and refused, before they answer anybody. */
@LuceneTestCase.SuppressFileSystems("*") // native code opens the files
public class DryRunTests extends OpenSearchTestCase {

    private static LoadReport load(Bundle bundle, LongSupplier nanoTime) throws IOException {
        return load(bundle, nanoTime, Memory.plenty(), RunLimits.none());
    }

    private static LoadReport load(Bundle bundle, LongSupplier nanoTime, ModelMemory memory, RunLimit limit) throws IOException {
        InferenceSettings settings = new InferenceSettings(1, 100, 1, 1024, 1000);
        try (
            LoadedModel model = LoadedModel.open(
                bundle,
                BundleLimits.DEFAULT,
                settings,
                Runnable::run,
                nanoTime,
                new ThreadContext(Settings.EMPTY),
                new ModelStats(),
                memory,
                limit
            )
        ) {
            return model.report();
        }
    }

    private static LoadReport load(OnnxFile graph) throws IOException {
        return load(ToyGraphs.bundle(createTempDir(), graph, null), System::nanoTime);
    }

    private static void assertRefused(String expected, OnnxFile graph) {
        BundleException e = expectThrows(BundleException.class, () -> load(graph));
        assertTrue(e.getMessage(), e.getMessage().contains(expected));
    }

    private static void assertMoves(OnnxFile graph) throws IOException {
        LoadReport report = load(graph);
        assertFalse(report.toString(), report.batchInvariant());
        assertTrue("a wide margin: " + report, report.largestDifference() > 50 * DryRun.TOLERANCE);
    }

    public void testTheBundlesHereAnswerTheSameInAnyCompany() throws IOException {
        for (String name : List.of("toy-sparse", "toy-cross-encoder", "toy-yes-no", "toy-token-embeddings", "minilm-sparse-doc", "minilm-cross-encoder")) {
            LoadReport report = load(Bundle.read(TestModels.root(name), name, BundleLimits.DEFAULT), System::nanoTime);
            assertTrue(name + ": " + report, report.batchInvariant());
            assertTrue(name + ": " + report, report.largestDifference() < DryRun.TOLERANCE / 10);
            assertTrue(name + ": " + report, report.textsPerSecond() > 0);
        }
    }

    public void testSumsOfFloatsInAnotherOrderAreTheSame() throws IOException {
        float[] weights = new float[512 * 512];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (float) random().nextGaussian();
        }
        OnnxFile graph = ToyGraphs.sum()
            .weights("in", new int[] { 1, 512 }, Arrays.copyOf(weights, 512))
            .weights("inner", new int[] { 512, 512 }, weights)
            .weights("out", new int[] { 512, 1 }, Arrays.copyOfRange(weights, 512, 1024))
            .node("MatMul", List.of("sum", "in"), "wide")
            .node("Tanh", List.of("wide"), "bounded")
            .node("MatMul", List.of("bounded", "inner"), "mixed")
            .node("MatMul", List.of("mixed", "out"), "logits");
        assertTrue(load(graph).batchInvariant());
    }

    public void testScalesTakenFromTheWholeBatchAreFound() throws IOException {
        assertMoves(ToyGraphs.dynamic());
    }

    public void testRowsThatSeeEachOtherAreFound() throws IOException {
        assertMoves(
            ToyGraphs.sum()
                .node("ReduceMax", List.of("sum"), "most", "axes", new int[] { 0 })
                .node("Sub", List.of("sum", "most"), "logits")
        );
    }

    public void testPaddingThatCountsIsFound() throws IOException {
        assertMoves(ToyGraphs.sum().node("ReduceSum", List.of("values", "axis1"), "logits", "keepdims", 0));
    }

    /** In a batch there is always a row without padding. */
    public void testPaddingThatCountsOnlyAloneIsFound() throws IOException {
        assertMoves(
            ToyGraphs.sum()
                .node("ReduceMin", List.of("mask"), "full", "axes", new int[] { 1 })
                .node("ReduceMax", List.of("full"), "anyFull")
                .node("Mul", List.of("sum", "anyFull"), "logits")
        );
    }

    public void testFindingsAreTheSameEveryTime() throws IOException {
        Bundle bundle = ToyGraphs.bundle(createTempDir(), ToyGraphs.dynamic(), null);
        LoadReport first = load(bundle, () -> 0);
        assertEquals(first, load(bundle, () -> 0));
    }

    public void testEveryTokenNeedsARowOfTheTable() throws IOException {
        for (int rows : new int[] { ToyGraphs.VOCABULARY, ToyGraphs.VOCABULARY + 1 }) {
            load(ToyGraphs.sumOver(new float[rows]).node("Identity", List.of("sum"), "logits"));
        }
        assertRefused(
            "model.onnx: got a graph that refuses token id 315, expected one that takes all 316 tokens of tokenizer.json: ",
            ToyGraphs.sumOver(new float[ToyGraphs.VOCABULARY - 1]).node("Identity", List.of("sum"), "logits")
        );
    }

    public void testAGraphThatRefusesShortTextsIsNotBlamedOnATokenOfTheirs() {
        OnnxFile graph = ToyGraphs.sum()
            .whole("sixth", 5)
            .node("Gather", List.of("mask", "sixth"), "there", "axis", 1)
            .node("Mul", List.of("sum", "there"), "logits");
        assertRefused("model.onnx: got a graph that refuses a text of 5 tokens, padded to 5, expected one that takes texts of up to 64", graph);
    }

    public void testATokenThatGivesNaNIsFound() {
        assertRefused(
            "model.onnx: got NaN in its output for a text of 5 tokens, padded to 5, expected finite numbers",
            ToyGraphs.sum(Float.NaN).node("Identity", List.of("sum"), "logits")
        );
    }

    public void testPaddingThatGivesInfinityIsFound() {
        OnnxFile graph = ToyGraphs.sum()
            .whole("axis", 1)
            .node("ReduceMin", List.of("mask"), "least", "axes", new int[] { 1 })
            .node("Div", List.of("sum", "least"), "logits");
        assertRefused("got Infinity in its output for a text of 5 tokens, padded to 16, expected finite numbers", graph);
    }

    public void testABatchThatGivesInfinityIsFound() {
        OnnxFile graph = ToyGraphs.sum()
            .node("Shape", List.of("sum"), "shape")
            .whole("zero", 0)
            .whole("one", 1)
            .node("Gather", List.of("shape", "zero"), "rows")
            .node("Equal", List.of("rows", "one"), "single")
            .node("Cast", List.of("single"), "divisor", "to", OnnxFile.FLOAT)
            .node("Div", List.of("sum", "divisor"), "logits");
        assertRefused("got Infinity in its output for 4 texts at a time, padded to 16, expected finite numbers", graph);
    }

    /** Of a table of a million values a text, only a share is compared. */
    public void testScalesTakenFromTheWholeBatchAreFoundInALargeOutput() throws IOException {
        OnnxFile wide = largeOutput(1 << 15).node("DynamicQuantizeLinear", List.of("values"), List.of("quantized", "scale", "zero"))
            .node("DequantizeLinear", List.of("quantized", "scale", "zero"), "token_embeddings");
        LoadReport report = load(ToyGraphs.bundle(createTempDir(), wide, "{\"task\": \"token_embedding\"}"), System::nanoTime);
        assertFalse(report.toString(), report.batchInvariant());
        assertTrue("a wide margin: " + report, report.largestDifference() > 50 * DryRun.TOLERANCE);
    }

    /** Outputs of 8 MB for one text; none of them may be in the heap as a whole. */
    public void testLargeOutputsStayOutOfTheHeap() throws IOException {
        Bundle large = ToyGraphs.bundle(
            createTempDir(),
            largeOutput(1 << 15).node("Identity", List.of("values"), "token_embeddings"),
            "{\"task\": \"token_embedding\"}"
        );
        load(large, System::nanoTime); // classes are loaded
        AtomicLong allocated = new AtomicLong();
        LoadReport report = Allocated.during(allocated, () -> load(large, System::nanoTime));
        assertTrue(report.batchInvariant());
        assertTrue("got " + allocated, allocated.get() < 4_000_000);
    }

    /** {@code values [batch, tokens, columns]} from a table of one column and one row: different for every token and column. */
    private static OnnxFile largeOutput(int columns) {
        float[] table = new float[ToyGraphs.VOCABULARY];
        for (int i = 0; i < table.length; i++) {
            table[i] = i % 17 + 1;
        }
        float[] row = new float[columns];
        for (int i = 0; i < columns; i++) {
            row[i] = (i % 5 + 1) / 5f;
        }
        return new OnnxFile().textInputs()
            .output("token_embeddings", OnnxFile.FLOAT, "batch", "tokens", columns)
            .weights("table", new int[] { table.length, 1 }, table)
            .weights("row", new int[] { columns }, row)
            .node("Gather", List.of("table", "input_ids"), "column")
            .node("Mul", List.of("column", "row"), "values");
    }

    /** Nobody reads what stands there. */
    public void testPaddingItselfMayBeAnything() throws IOException {
        OnnxFile graph = new OnnxFile().textInputs()
            .output("token_embeddings", OnnxFile.FLOAT, "batch", "tokens", 1)
            .weights("table", new int[] { ToyGraphs.VOCABULARY, 1 }, new float[ToyGraphs.VOCABULARY])
            .whole("axis2", 2)
            .node("Gather", List.of("table", "input_ids"), "values")
            .node("Cast", List.of("attention_mask"), "mask", "to", OnnxFile.FLOAT)
            .node("Unsqueeze", List.of("mask", "axis2"), "column")
            .node("Div", List.of("values", "column"), "token_embeddings");
        Path directory = createTempDir();
        LoadReport report = load(ToyGraphs.bundle(directory, graph, "{\"task\": \"token_embedding\"}"), System::nanoTime);
        assertTrue(report.batchInvariant());
    }

    public void testTheLongestTextMustFit() {
        OnnxFile graph = ToyGraphs.sum()
            .weights("positions", new int[] { 60, 1 }, new float[60])
            .whole("one", 1)
            .node("CumSum", List.of("attention_mask", "one"), "counted")
            .node("Sub", List.of("counted", "one"), "at")
            .node("Gather", List.of("positions", "at"), "position")
            .node("ReduceSum", List.of("position", "axis1"), "shift", "keepdims", 0)
            .node("Add", List.of("sum", "shift"), "logits");
        assertRefused("model.onnx: got a graph that refuses a text of 64 tokens, expected one that takes texts of up to 64 tokens", graph);
    }

    public void testAGraphOfOneTextOnlyIsNeverBatched() throws IOException {
        OnnxFile graph = ToyGraphs.sum().whole("single", 1, 1).node("Reshape", List.of("sum", "single"), "logits");
        LoadReport report = load(graph);
        assertFalse(report.batchInvariant());
        assertEquals("padded and alone it answers the same", 0, report.largestDifference(), 0);
    }

    /** {@code sum}, but goes round for ever where the condition holds. */
    private static OnnxFile endlessFor(String condition) {
        OnnxFile round = new OnnxFile().input("round", OnnxFile.INT64)
            .input("goes_on", OnnxFile.BOOL)
            .input("carried", OnnxFile.FLOAT, "batch", 1)
            .output("goes_on_still", OnnxFile.BOOL)
            .output("carried_on", OnnxFile.FLOAT, "batch", 1)
            .node("Identity", List.of("goes_on"), "goes_on_still")
            .node("Identity", List.of("carried"), "carried_on");
        return ToyGraphs.sum()
            .whole("last", ToyGraphs.VOCABULARY - 1)
            .whole("one", 1)
            .node("ReduceMax", List.of("input_ids"), "largest", "keepdims", 0)
            .node("Shape", List.of("input_ids"), "shape")
            .node("Equal", List.of("largest", "largest"), "always")
            .node("Equal", List.of("largest", "last"), "sees_last_token")
            .node("Squeeze", List.of("sees_last_token"), "for_the_last_token")
            .node("Loop", List.of("", condition, "sum"), "logits", "body", round);
    }

    /** The first is ended on the first run of all, the second on the first of random tokens. */
    public void testAGraphThatNeverEndsIsGivenUp() throws IOException {
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
        int sessions = OnnxGraph.openSessions();
        ModelMemory memory = Memory.plenty();
        try {
            for (String condition : List.of("always", "for_the_last_token")) {
                Bundle bundle = ToyGraphs.bundle(createTempDir(), endlessFor(condition), null);
                BundleException e = expectThrows(
                    BundleException.class,
                    () -> load(bundle, System::nanoTime, memory, RunLimits.of(TimeValue.timeValueMillis(200), timer))
                );
                assertTrue(e.getMessage(), e.getMessage().startsWith("model.onnx: got a graph that did not answer a text of "));
                assertTrue(e.getMessage(), e.getMessage().endsWith(" tokens within 200ms, expected one that answers sooner"));
                assertEquals("given up in the dry run", condition.equals("always") == false, called(e, DryRun.class));
                assertEquals(sessions, OnnxGraph.openSessions());
                assertEquals(0, memory.use().nativeBytes() + memory.use().heapBytes());
            }
        } finally {
            terminate(timer);
        }
    }

    /** The runtime computes what is constant when it opens a graph, where nothing could end it; but no loops. */
    public void testALoopOverConstantsRunsUnderTheLimit() throws IOException {
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
        try {
            OnnxFile round = new OnnxFile().input("round", OnnxFile.INT64)
                .input("goes_on", OnnxFile.BOOL)
                .input("carried", OnnxFile.FLOAT, 1)
                .output("goes_on_still", OnnxFile.BOOL)
                .output("carried_on", OnnxFile.FLOAT, 1)
                .node("Identity", List.of("goes_on"), "goes_on_still")
                .node("Identity", List.of("carried"), "carried_on");
            OnnxFile graph = ToyGraphs.sum()
                .weights("nothing", new int[] { 1 }, 0)
                .node("Equal", List.of("axis1", "axis1"), "equal")
                .node("Squeeze", List.of("equal"), "always")
                .node("Loop", List.of("", "always", "nothing"), "found", "body", round)
                .node("Add", List.of("sum", "found"), "logits");
            RunLimit limit = RunLimits.of(TimeValue.timeValueMillis(200), timer);
            Bundle bundle = ToyGraphs.bundle(createTempDir(), graph, null);
            BundleException e = expectThrows(BundleException.class, () -> load(bundle, System::nanoTime, Memory.plenty(), limit));
            assertTrue(e.getMessage(), e.getMessage().contains("did not answer a text of "));
        } finally {
            terminate(timer);
        }
    }

    private static boolean called(Exception e, Class<?> type) {
        return Arrays.stream(e.getStackTrace()).anyMatch(frame -> frame.getClassName().equals(type.getName()));
    }

    public void testEveryRunHasALimitThatIsCancelledAfterIt() throws IOException {
        AtomicInteger running = new AtomicInteger();
        List<Runnable> ends = new ArrayList<>();
        RunLimit limit = new RunLimit(TimeValue.timeValueSeconds(7), (command, delay) -> {
            assertEquals(TimeValue.timeValueSeconds(7), delay);
            assertEquals(1, running.incrementAndGet());
            ends.add(command);
            return RunLimits.cancellable(running::decrementAndGet);
        });
        load(ToyGraphs.bundle(createTempDir(), ToyGraphs.plain(), null), () -> 0, Memory.plenty(), limit);
        assertEquals(0, running.get());
        assertEquals("2 of the probe, 1 of the last token, 9 compared, 1 long, 10 timed", 2 + 1 + 9 + 1 + 10, ends.size());
        ends.forEach(Runnable::run); // too late to matter, and to touch what is freed
    }

    public void testSpeedIsTheMedianOfATypicalText() throws IOException {
        Bundle bundle = ToyGraphs.bundle(createTempDir(), ToyGraphs.plain(), null);
        long[] ends = { 0, 4_000_000, 5_000_000, 9_000_000, 109_000_000 }; // 4, 1, 4, 100 ms and then 4 ms each
        AtomicInteger calls = new AtomicInteger();
        LongSupplier clock = () -> {
            int call = calls.getAndIncrement();
            return call < ends.length ? ends[call] : ends[ends.length - 1] + 4_000_000L * (call - ends.length + 1);
        };
        assertEquals(250, load(bundle, clock).textsPerSecond(), 1e-9);
    }

    public void testASlowModelIsTimedFewerTimes() throws IOException {
        Bundle bundle = ToyGraphs.bundle(createTempDir(), ToyGraphs.plain(), null);
        AtomicLong seconds = new AtomicLong();
        assertEquals(1, load(bundle, () -> seconds.getAndIncrement() * 1_000_000_000).textsPerSecond(), 1e-9);
        assertEquals("start and end of one run", 2, seconds.get());
    }
}
