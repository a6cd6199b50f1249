package org.neuralranking.model.registry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

import org.neuralranking.TestModels;
import org.neuralranking.model.Task;
import org.neuralranking.model.bundle.Bundle;
import org.neuralranking.model.bundle.BundleException;
import org.neuralranking.model.bundle.BundleLimits;
import org.neuralranking.model.store.Materials;
import org.neuralranking.model.store.StoredContent;
import org.opensearch.cluster.ClusterChangedEvent;
import org.opensearch.cluster.ClusterName;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.coordination.DeterministicTaskQueue;
import org.opensearch.cluster.metadata.Metadata;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.common.util.concurrent.ThreadContext;
import org.opensearch.core.common.breaker.CircuitBreaker;
import org.opensearch.core.common.breaker.CircuitBreakingException;
import org.opensearch.node.Node;
import org.opensearch.test.OpenSearchTestCase;
import org.opensearch.threadpool.ThreadPool;

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

    /** Directories below {@code root}, by storage, instead of the model index. */
    private final class Disk implements Materials {
        final List<String> forgotten = new ArrayList<>();
        IOException unreadable;

        @Override
        public Bundle materialise(String hash, List<StoredContent> copies) throws IOException {
            if (unreadable != null) {
                throw unreadable;
            }
            Bundle bundle = Bundle.read(root, copies.getFirst().storage().substring(0, 1), BundleLimits.DEFAULT);
            assertEquals(hash, bundle.hash());
            return bundle;
        }

        @Override
        public void forget(String hash) {
            assertFalse("never while it is loaded", books.live().contains(hash));
            forgotten.add(hash);
        }

        @Override
        public void forgetAllBut(Set<String> hashes) {
            forgotten.add("all but " + new TreeSet<>(hashes));
        }
    }

    private final Books books = new Books();
    private final Disk disk = new Disk();
    private DeterministicTaskQueue queue;
    private Path root;
    private ThreadPool threadPool;
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
        threadPool = queue.getThreadPool(); // each call makes another, with a context of its own
        models = models("rank");
        state = ClusterState.builder(new ClusterName("c")).build();
    }

    private LocalModels models(String... roles) {
        Settings settings = Settings.builder().putList(ModelPlacement.ROLES.getKey(), roles).build();
        return new LocalModels(disk, new ModelPlacement(settings), books, new ModelSettings(settings), threadPool, queue::scheduleNow);
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

    private static StoredContent content(String hash, String storage) {
        return new StoredContent(hash, storage.equals("b") ? Task.CROSS_ENCODER : Task.SPARSE_ENCODER, 1, storage, 1);
    }

    private static ModelEntry entry(String id, String hash, String storage) {
        return new ModelEntry(id, content(hash, storage), null, Map.of());
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

    private static final long HOLD = LocalModels.PREPARED_HOLD.millis();
    private static final long LINGER = ModelSettings.LINGER.get(Settings.EMPTY).millis();

    public void testLoadsWhatTheDirectoryNamesOnceAContent() {
        apply(entry("m", toySparse, "a"), entry("n", toySparse, "a"), entry("o", toyPairs, "b"));
        assertEquals("loading", models.state(toySparse).phase().toString());
        queue.runAllRunnableTasks();
        assertEquals(List.of(toySparse, toyPairs).stream().sorted().toList(), books.loaded.stream().sorted().toList());
        assertTrue(models.state(toySparse).ready());
        assertEquals(Task.CROSS_ENCODER, models.state(toyPairs).facts().task());
        assertEquals("absent", models.state("other").phase().toString());
        directory(entry("m", toySparse, "a"), entry("p", toyPairs, "b"));
        pass(2 * LINGER);
        assertEquals(2, books.live().size());
        assertEquals(2, books.loaded.size());
    }

    public void testBytesThatCannotBeReadNowAreReadLater() {
        disk.unreadable = new IOException("the index is red");
        directory(entry("m", toySparse, "a"));
        assertEquals("loading: tried again in 1s: the index is red", models.state(toySparse).toString());
        pass(999);
        assertEquals("loading: tried again in 1s: the index is red", models.state(toySparse).toString());
        pass(1);
        assertEquals("loading: tried again in 2s: the index is red", models.state(toySparse).toString());
        disk.unreadable = null;
        pass(2000);
        assertTrue(models.state(toySparse).ready());
    }

    public void testNobodyTriesForWhatIsRegisteredNoMore() {
        disk.unreadable = new IOException("the index is red");
        directory(entry("m", toySparse, "a"));
        directory();
        pass(2 * LINGER);
        assertEquals("absent", models.state(toySparse).toString());
        assertEquals(List.of(), books.loaded);
    }

    public void testANodeHoldsWhatItsRolesSay() throws Exception {
        models = models("encode_queries");
        directory(entry("m", toySparse, "a"), entry("o", toyPairs, "b"));
        assertTrue(models.state(toySparse).ready());
        assertEquals("not_placed: neural_ranking.node.roles of this node is [encode_queries]", models.state(toyPairs).toString());
        assertFalse(models.prepare(content(toyPairs, "b")));
        assertEquals(List.of(toySparse), books.loaded);
        models = models();
        state = ClusterState.builder(new ClusterName("c")).build();
        directory(entry("m", toySparse, "a"));
        assertEquals("not_placed: neural_ranking.node.roles of this node is []", models.state(toySparse).toString());
    }

    public void testAPreviousContentStaysOnDiskButNotInMemory() {
        directory(new ModelEntry("m", content(toyPairs, "b"), content(toySparse, "a"), Map.of()));
        assertEquals(List.of(toyPairs), books.live());
        directory(entry("m", toyPairs, "b"));
        pass(LINGER);
        assertEquals(List.of("all but [" + sorted(toyPairs, toySparse) + "]", toySparse), disk.forgotten);
    }

    public void testAnAliasKeepsItsContentLoaded() {
        directory(entry("m", toySparse, "a"));
        directory(new ModelEntry("m", content(toyPairs, "b"), content(toySparse, "a"), Map.of("old", content(toySparse, "a"))));
        pass(2 * LINGER);
        assertEquals(2, books.live().size());
        directory(new ModelEntry("m", content(toyPairs, "b"), content(toySparse, "a"), Map.of()));
        pass(LINGER);
        assertEquals(List.of(toyPairs), books.live());
        assertEquals("a rollback would want it", 1, disk.forgotten.size());
    }

    private static String sorted(String... hashes) {
        return String.join(", ", new TreeSet<>(List.of(hashes)));
    }

    public void testASearchWaitsForAModelThatIsBeingLoaded() {
        List<String> told = new ArrayList<>();
        apply(entry("m", toySparse, "a"));
        models.awaitSettled(toySparse, TimeValue.timeValueSeconds(5), () -> told.add("ready: " + models.state(toySparse).ready()));
        assertEquals(List.of(), told);
        queue.runAllRunnableTasks();
        assertEquals(List.of("ready: true"), told);
        pass(5000);
        assertEquals("once", List.of("ready: true"), told);
        models.awaitSettled(toySparse, TimeValue.timeValueSeconds(5), () -> told.add("at once"));
        assertEquals(2, told.size());
    }

    public void testASearchWaitsNoLongerThanItMay() {
        List<String> told = new ArrayList<>();
        models.awaitSettled(toySparse, TimeValue.timeValueSeconds(5), () -> told.add(models.state(toySparse).toString()));
        models.awaitSettled(toySparse, TimeValue.ZERO, () -> told.add("now"));
        assertEquals(List.of("now"), told);
        pass(4999);
        assertEquals(1, told.size());
        pass(1);
        assertEquals(List.of("now", "absent"), told);
    }

    public void testASearchAlsoWaitsForTheNextTry() {
        List<String> told = new ArrayList<>();
        disk.unreadable = new IOException("the index is red");
        directory(entry("m", toySparse, "a"));
        assertTrue(models.state(toySparse).held());
        models.awaitSettled(toySparse, TimeValue.timeValueSeconds(5), () -> told.add(models.state(toySparse).phase().toString()));
        pass(500);
        assertEquals(List.of(), told);
        disk.unreadable = null;
        pass(500);
        assertEquals(List.of("ready"), told);
    }

    public void testASearchDoesNotWaitForWhatIsDeletedMeanwhile() {
        List<String> told = new ArrayList<>();
        disk.unreadable = new IOException("the index is red");
        directory(entry("m", toySparse, "a"));
        models.awaitSettled(toySparse, TimeValue.timeValueSeconds(60), () -> told.add("told"));
        directory();
        pass(1000);
        assertEquals(List.of("told"), told);
    }

    public void testASearchGoesOnInItsOwnContext() {
        ThreadContext context = threadPool.getThreadContext();
        List<String> told = new ArrayList<>();
        apply(entry("m", toySparse, "a"));
        try (ThreadContext.StoredContext ignored = context.stashContext()) {
            context.putHeader("who", "the search");
            models.awaitSettled(toySparse, TimeValue.timeValueSeconds(5), () -> told.add(context.getHeader("who")));
        }
        context.putHeader("who", "the loader");
        queue.runAllRunnableTasks();
        assertEquals(List.of("the search"), told);
    }

    public void testAShortageOfMemoryPasses() {
        books.failures.put(toySparse, new CircuitBreakingException("too little memory", CircuitBreaker.Durability.TRANSIENT));
        directory(entry("m", toySparse, "a"));
        assertEquals("loading: tried again in 1s: too little memory", models.state(toySparse).toString());
        books.failures.clear();
        pass(1000);
        assertTrue(models.state(toySparse).ready());
    }

    public void testAFailedContentIsTriedAgainWhenItIsRegisteredAgain() {
        books.failures.put(toySparse, new BundleException("no"));
        directory(entry("m", toySparse, "a"));
        assertEquals("failed: no", models.state(toySparse).toString());
        books.failures.clear();
        directory(entry("m", toySparse, "a"), entry("n", toyPairs, "b"));
        assertEquals("failed: no", models.state(toySparse).toString());
        directory(entry("m", toySparse, "a again"));
        assertTrue(models.state(toySparse).ready());
    }

    public void testALostDirectoryGivesNothingUp() {
        directory(entry("m", toySparse, "a"));
        ClusterState before = state;
        state = ClusterState.builder(before).metadata(Metadata.builder(before.metadata()).removeCustom(ModelDirectory.TYPE)).build();
        models.clusterChanged(new ClusterChangedEvent("test", state, before));
        pass(2 * HOLD);
        assertEquals(List.of(toySparse), books.live());
    }

    public void testASearchIsToldAtOnceWhenAModelFails() {
        List<String> told = new ArrayList<>();
        books.failures.put(toySparse, new BundleException("no"));
        apply(entry("m", toySparse, "a"));
        models.awaitSettled(toySparse, TimeValue.timeValueSeconds(5), () -> told.add(models.state(toySparse).toString()));
        queue.runAllRunnableTasks();
        assertEquals(List.of("failed: no"), told);
    }

    public void testARuntimeThatCannotEvenLinkFailsTheModelNotTheNode() {
        for (Throwable e : List.of(new UnsatisfiedLinkError("no library"), new NoClassDefFoundError("no class"), new BundleException("no graph"))) {
            books.failures.put(toySparse, e);
            directory(entry("m", toySparse, "a")); // an Error that got out would fail this test as it would halt a node
            assertEquals("failed", models.state(toySparse).phase().toString());
            assertEquals(e.getMessage(), models.state(toySparse).reason());
            directory();
            pass(LINGER);
            assertEquals("absent", models.state(toySparse).phase().toString());
        }
    }

    public void testAFailedLoadIsRepairedByStagingItAgain() throws Exception {
        books.failures.put(toySparse, new BundleException("for now"));
        directory(entry("m", toySparse, "a"));
        assertEquals("failed", models.state(toySparse).phase().toString());
        expectThrows(BundleException.class, () -> models.prepare(content(toySparse, "a")));
        assertEquals("failed", models.state(toySparse).phase().toString());
        books.failures.clear();
        models.prepare(content(toySparse, "a"));
        assertTrue(models.state(toySparse).ready());
        pass(2 * LINGER);
        assertEquals("the directory wants it", List.of(toySparse), books.live());
    }

    public void testAPreparedContentThatNobodyRegistersIsGivenUp() throws Exception {
        assertTrue(models.prepare(content(toySparse, "a")));
        pass(HOLD - 1);
        assertTrue(models.state(toySparse).ready());
        pass(1);
        assertEquals("absent", models.state(toySparse).phase().toString());
        assertEquals(List.of(), books.live());
        assertEquals(List.of(toySparse), disk.forgotten);
    }

    public void testAPreparedContentWhoseRegistrationFailedIsGivenUpSoon() throws Exception {
        models.prepare(content(toySparse, "a"));
        models.prepare(content(toySparse, "a again"));
        models.giveUp(content(toySparse, "a"));
        pass(LINGER);
        assertEquals("another registration holds it", List.of(toySparse), books.live());
        models.giveUp(content(toySparse, "a again"));
        pass(LINGER);
        assertEquals(List.of(), books.live());
        assertEquals(List.of(toySparse), disk.forgotten);
        directory(entry("m", toySparse, "a"));
        models.prepare(content(toySparse, "a"));
        models.giveUp(content(toySparse, "a"));
        pass(2 * HOLD);
        assertEquals("it is registered under another id", List.of(toySparse), books.live());
    }

    public void testAPreparedContentThatIsRegisteredStays() throws Exception {
        models.prepare(content(toySparse, "a"));
        directory(entry("m", toySparse, "a"));
        pass(2 * HOLD);
        assertEquals(List.of(toySparse), books.live());
        assertEquals("loaded once", 1, books.loaded.size());
    }

    public void testRegisteredAndDeletedSoonAfterIsGivenUpSoonAfter() throws Exception {
        models.prepare(content(toySparse, "a"));
        directory(entry("m", toySparse, "a"));
        directory();
        pass(LINGER);
        assertEquals(List.of(), books.live());
    }

    public void testPreparingAgainStartsTheHoldAnew() throws Exception {
        models.prepare(content(toySparse, "a"));
        pass(HOLD / 2);
        models.prepare(content(toySparse, "a"));
        pass(HOLD - 1);
        assertTrue(models.state(toySparse).ready());
        pass(1);
        assertEquals(List.of(), books.live());
        assertEquals(1, books.loaded.size());
    }

    public void testARefusedBundleLeavesNothing() {
        books.failures.put(toySparse, new BundleException("no"));
        expectThrows(BundleException.class, () -> models.prepare(content(toySparse, "a")));
        assertEquals("absent", models.state(toySparse).phase().toString());
    }

    public void testRemovedContentServesTheSearchesThatBeganBefore() {
        directory(entry("m", toySparse, "a"));
        directory();
        pass(LINGER - 1);
        assertTrue(models.state(toySparse).ready());
        pass(1);
        assertEquals("absent", models.state(toySparse).phase().toString());
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
        assertEquals("absent", models.state(toySparse).phase().toString());
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
        assertEquals("absent", models.state(toySparse).phase().toString());
        expectThrows(IllegalStateException.class, () -> models.prepare(content(toySparse, "a")));
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
                case 2 -> models.prepare(randomBoolean() ? content(toySparse, "a") : content(toyPairs, "b"));
                default -> pass(randomLongBetween(1, LINGER));
            }
        }
        queue.runAllRunnableTasks();
        pass(2 * HOLD);
        List<String> wanted = ModelDirectory.of(state).entries().stream().map(entry -> entry.ref().hash()).distinct().sorted().toList();
        assertEquals(wanted, books.live().stream().sorted().toList());
        for (String hash : List.of(toySparse, toyPairs)) {
            assertEquals(wanted.contains(hash) ? "ready" : "absent", models.state(hash).phase().toString());
        }
    }
}
