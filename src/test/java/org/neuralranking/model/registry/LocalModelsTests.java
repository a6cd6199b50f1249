package org.neuralranking.model.registry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.neuralranking.TestModels;
import org.neuralranking.model.ModelRef;
import org.neuralranking.model.Task;
import org.neuralranking.model.bundle.Bundle;
import org.neuralranking.model.bundle.BundleException;
import org.neuralranking.model.bundle.BundleLimits;
import org.opensearch.cluster.ClusterChangedEvent;
import org.opensearch.cluster.ClusterName;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.coordination.DeterministicTaskQueue;
import org.opensearch.common.settings.Settings;
import org.opensearch.node.Node;
import org.opensearch.test.OpenSearchTestCase;

/** What this node loads and gives up as the directory changes, on a clock and threads that the test drives. */
public class LocalModelsTests extends OpenSearchTestCase {

    /** Keeps books instead of sessions; refuses what {@code failures} says. */
    private static final class Books implements ModelRuntime {
        final List<String> loaded = new ArrayList<>();
        final List<String> unloaded = new ArrayList<>();
        final Map<String, Throwable> failures = new HashMap<>();

        @Override
        public LoadReport load(Bundle bundle) throws Exception {
            Throwable failure = failures.get(bundle.hash());
            if (failure instanceof Error error) {
                throw error;
            } else if (failure != null) {
                throw (Exception) failure;
            }
            assertFalse("never while it is loaded", live().contains(bundle.hash()));
            loaded.add(bundle.hash());
            return new LoadReport(1, true, 0, 0, 0);
        }

        @Override
        public void unload(String hash) {
            assertTrue(live().contains(hash));
            unloaded.add(hash);
        }

        List<String> live() {
            List<String> live = new ArrayList<>(loaded);
            unloaded.forEach(live::remove);
            return live;
        }
    }

    private final Books books = new Books();
    private DeterministicTaskQueue queue;
    private Path root;
    private LocalModels models;
    private ClusterState state;
    private String toySparse;
    private String toyPairs;

    @Override
    public void setUp() throws Exception {
        super.setUp();
        root = createTempDir();
        toySparse = copy("toy-sparse", "a").hash();
        toyPairs = copy("toy-cross-encoder", "b").hash();
        queue = new DeterministicTaskQueue(Settings.builder().put(Node.NODE_NAME_SETTING.getKey(), "node").build(), random());
        models = new LocalModels(root, BundleLimits.DEFAULT, books, queue.getThreadPool(), queue::scheduleNow);
        state = ClusterState.builder(new ClusterName("c")).build();
    }

    private Bundle copy(String model, String directory) throws IOException {
        Path target = root.resolve(directory);
        Files.createDirectories(target);
        try (Stream<Path> files = Files.list(TestModels.directory(model))) {
            for (Path file : files.toList()) {
                Files.write(target.resolve(file.getFileName().toString()), Files.readAllBytes(file));
            }
        }
        return Bundle.read(root, directory, BundleLimits.DEFAULT);
    }

    private static ModelEntry entry(String id, String hash, String path) {
        return new ModelEntry(new ModelRef(id, hash), Task.SPARSE_ENCODER, path);
    }

    /** The cluster's directory is now this, and what can run has run. */
    private void directory(ModelEntry... entries) {
        apply(entries);
        queue.runAllRunnableTasks();
    }

    private void apply(ModelEntry... entries) {
        ModelDirectory directory = ModelDirectory.EMPTY;
        for (ModelEntry entry : entries) {
            directory = directory.with(entry);
        }
        ClusterState before = state;
        state = directory.in(before);
        models.clusterChanged(new ClusterChangedEvent("test", state, before));
    }

    private void pass(long millis) {
        long until = queue.getCurrentTimeMillis() + millis;
        queue.scheduleAt(until, () -> {});
        while (queue.getCurrentTimeMillis() < until) {
            queue.advanceTime();
            queue.runAllRunnableTasks();
        }
    }

    private static final long LINGER = LocalModels.LINGER.millis();

    public void testLoadsWhatTheDirectoryNamesOnceAContent() {
        apply(entry("m", toySparse, "a"), entry("n", toySparse, "a"), entry("o", toyPairs, "b"));
        assertEquals("loading", models.state(toySparse).name());
        queue.runAllRunnableTasks();
        assertEquals(List.of(toySparse, toyPairs).stream().sorted().toList(), books.loaded.stream().sorted().toList());
        assertTrue(models.state(toySparse).ready());
        assertEquals(Task.CROSS_ENCODER, models.state(toyPairs).facts().task());
        assertEquals("absent", models.state("other").name());
        directory(entry("m", toySparse, "a"), entry("p", toyPairs, "b"));
        pass(2 * LINGER);
        assertEquals(2, books.live().size());
        assertEquals(2, books.loaded.size());
    }

    public void testContentThatIsNotTheRegisteredOneIsRefused() throws IOException {
        Files.writeString(root.resolve("a/idf.json"), "{\"cat\":1}");
        directory(entry("m", toySparse, "a"));
        assertEquals("failed", models.state(toySparse).name());
        String reason = models.state(toySparse).reason();
        assertTrue(reason, reason.startsWith("got content ") && reason.endsWith("at [a], expected " + toySparse + " as registered"));
        assertEquals(List.of(), books.loaded);
    }

    public void testABundleThatIsGoneIsAFailureWithItsReason() {
        directory(entry("m", toySparse, "nowhere"));
        assertEquals("failed", models.state(toySparse).name());
        assertTrue(models.state(toySparse).reason(), models.state(toySparse).reason().contains("got path [nowhere], expected a directory"));
    }

    public void testARuntimeThatCannotEvenLinkFailsTheModelNotTheNode() {
        for (Throwable e : List.of(new UnsatisfiedLinkError("no library"), new NoClassDefFoundError("no class"), new BundleException("no graph"))) {
            books.failures.put(toySparse, e);
            directory(entry("m", toySparse, "a")); // an Error that got out would fail this test as it would halt a node
            assertEquals("failed", models.state(toySparse).name());
            assertEquals(e.getMessage(), models.state(toySparse).reason());
            directory();
            pass(LINGER);
            assertEquals("absent", models.state(toySparse).name());
        }
    }

    public void testAFailedLoadIsRepairedByStagingItAgain() throws Exception {
        books.failures.put(toySparse, new BundleException("for now"));
        directory(entry("m", toySparse, "a"));
        assertEquals("failed", models.state(toySparse).name());
        expectThrows(BundleException.class, () -> models.stage("a"));
        assertEquals("failed", models.state(toySparse).name());
        books.failures.clear();
        models.stage("a");
        assertTrue(models.state(toySparse).ready());
        pass(2 * LINGER);
        assertEquals("the directory wants it", List.of(toySparse), books.live());
    }

    public void testAStagedContentThatNobodyRegistersIsGivenUp() throws Exception {
        Bundle bundle = models.stage("a");
        assertEquals(toySparse, bundle.hash());
        pass(LINGER - 1);
        assertTrue(models.state(toySparse).ready());
        pass(1);
        assertEquals("absent", models.state(toySparse).name());
        assertEquals(List.of(), books.live());
    }

    public void testAStagedContentThatIsRegisteredStays() throws Exception {
        models.stage("a");
        directory(entry("m", toySparse, "a"));
        pass(2 * LINGER);
        assertEquals(List.of(toySparse), books.live());
        assertEquals("loaded once", 1, books.loaded.size());
    }

    public void testStagingAgainStartsTheLingeringAnew() throws Exception {
        models.stage("a");
        pass(LINGER / 2);
        models.stage("a");
        pass(LINGER - 1);
        assertTrue(models.state(toySparse).ready());
        pass(1);
        assertEquals(List.of(), books.live());
        assertEquals(1, books.loaded.size());
    }

    public void testARefusedBundleLeavesNothing() {
        books.failures.put(toySparse, new BundleException("no"));
        expectThrows(BundleException.class, () -> models.stage("a"));
        assertEquals("absent", models.state(toySparse).name());
        expectThrows(BundleException.class, () -> models.stage("../a"));
    }

    public void testRemovedContentServesTheSearchesThatBeganBefore() {
        directory(entry("m", toySparse, "a"));
        directory();
        pass(LINGER - 1);
        assertTrue(models.state(toySparse).ready());
        pass(1);
        assertEquals("absent", models.state(toySparse).name());
        assertEquals(List.of(), books.live());
    }

    public void testContentThatComesBackInTimeIsNotLoadedAgain() {
        directory(entry("m", toySparse, "a"));
        directory();
        pass(LINGER / 2);
        directory(entry("n", toySparse, "a"));
        pass(LINGER / 4);
        directory();
        pass(LINGER / 2); // the first removal is over, the second is not
        assertTrue(models.state(toySparse).ready());
        pass(LINGER / 2);
        assertEquals(List.of(), books.live());
        assertEquals(1, books.loaded.size());
        directory(entry("n", toySparse, "a"));
        assertTrue("loaded afresh after it was given up", models.state(toySparse).ready());
    }

    public void testAReplacedIdKeepsBothContentsForAWhile() {
        directory(entry("m", toySparse, "a"));
        directory(entry("m", toyPairs, "b"));
        assertEquals(2, books.live().size());
        pass(LINGER);
        assertEquals(List.of(toyPairs), books.live());
    }

    public void testWhatIsRemovedBeforeItsTurnIsNotLoaded() {
        apply(entry("m", toySparse, "a"));
        apply();
        queue.runAllRunnableTasks();
        assertEquals("absent", models.state(toySparse).name());
        assertEquals(List.of(), books.loaded);
        apply(entry("m", toySparse, "a"));
        apply();
        apply(entry("m", toySparse, "a"));
        queue.runAllRunnableTasks();
        assertTrue(models.state(toySparse).ready());
        assertEquals(1, books.loaded.size());
    }

    public void testClosingUnloadsAllAndLoadsNoMore() throws IOException {
        directory(entry("m", toySparse, "a"), entry("o", toyPairs, "b"));
        models.close();
        assertEquals(List.of(), books.live());
        assertEquals("absent", models.state(toySparse).name());
        expectThrows(IllegalStateException.class, () -> models.stage("a"));
        models.close();
        pass(2 * LINGER);
        assertEquals(2, books.unloaded.size());
    }

    public void testAnyOrderOfEventsEndsWithWhatTheDirectoryNames() throws Exception {
        for (int step = 0; step < 200; step++) {
            List<ModelEntry> entries = new ArrayList<>();
            if (randomBoolean()) {
                entries.add(entry("m", toySparse, "a"));
            }
            if (randomBoolean()) {
                entries.add(entry(randomFrom("m", "o"), toyPairs, "b"));
            }
            switch (randomIntBetween(0, 3)) {
                case 0 -> apply(entries.toArray(ModelEntry[]::new));
                case 1 -> directory(entries.toArray(ModelEntry[]::new));
                case 2 -> models.stage(randomFrom("a", "b"));
                default -> pass(randomLongBetween(1, LINGER));
            }
        }
        queue.runAllRunnableTasks();
        pass(2 * LINGER);
        List<String> wanted = ModelDirectory.of(state).entries().stream().map(entry -> entry.ref().hash()).distinct().sorted().toList();
        assertEquals(wanted, books.live().stream().sorted().toList());
        for (String hash : List.of(toySparse, toyPairs)) {
            assertEquals(wanted.contains(hash) ? "ready" : "absent", models.state(hash).name());
        }
    }
}
