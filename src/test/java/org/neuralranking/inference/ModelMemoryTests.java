package org.neuralranking.inference;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

import org.neuralranking.stats.MemoryUse;
import org.opensearch.common.settings.ClusterSettings;
import org.opensearch.common.settings.Setting;
import org.opensearch.common.settings.Settings;
import org.opensearch.core.common.breaker.CircuitBreaker;
import org.opensearch.core.common.breaker.CircuitBreakingException;
import org.opensearch.core.common.unit.ByteSizeValue;
import org.opensearch.core.indices.breaker.CircuitBreakerStats;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.indices.breaker.HierarchyCircuitBreakerService;
import org.opensearch.test.OpenSearchTestCase;

/** The books of models' memory, beside OpenSearch's own breakers. */
public class ModelMemoryTests extends OpenSearchTestCase {

    private static final long MB = 1 << 20;

    private ClusterSettings clusterSettings;
    private HierarchyCircuitBreakerService breakers;
    private CircuitBreaker breaker;
    private ModelMemory memory;

    private void start(String... keysAndValues) {
        Settings.Builder builder = Settings.builder();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            builder.put(keysAndValues[i], keysAndValues[i + 1]);
        }
        Settings settings = builder.build();
        Set<Setting<?>> known = new HashSet<>(ClusterSettings.BUILT_IN_CLUSTER_SETTINGS);
        known.addAll(ModelMemory.all());
        clusterSettings = new ClusterSettings(settings, known);
        breakers = new HierarchyCircuitBreakerService(settings, List.of(ModelMemory.breaker(() -> memory.breakerStats())), clusterSettings);
        breaker = breakers.getBreaker("neural_ranking");
        memory = ModelMemory.of(breaker, settings, clusterSettings);
    }

    private void assertUse(long nativeBytes, long heapBytes) {
        MemoryUse use = memory.use();
        assertEquals(nativeBytes, use.nativeBytes());
        assertEquals(heapBytes, use.heapBytes());
    }

    public void testWhatIsBookedIsGivenBackExactly() {
        start("neural_ranking.memory.limit", "100mb");
        ModelMemory.Booking first = memory.book("first", 60 * MB, 3 * MB);
        assertUse(60 * MB, 3 * MB);
        assertEquals(63 * MB, breaker.getUsed());
        first.settle(20 * MB, MB);
        assertUse(20 * MB, MB);
        ModelMemory.Booking second = memory.book("second", 80 * MB, 0);
        first.grow(-5 * MB);
        first.grow(5 * MB);
        assertUse(100 * MB, MB);
        first.close();
        first.close();
        assertUse(80 * MB, 0);
        expectThrows(IllegalStateException.class, () -> first.grow(1));
        second.close();
        assertUse(0, 0);
        assertEquals(0, breaker.getUsed());
    }

    public void testARefusalSaysLimitAndUseAndChangesNothing() {
        start("neural_ranking.memory.limit", "100mb");
        ModelMemory.Booking first = memory.book("content [a]", 60 * MB, MB);
        CircuitBreakingException e = expectThrows(CircuitBreakingException.class, () -> memory.book("content [b]", 40 * MB + 1, MB));
        assertEquals(
            "got 40mb [41943041] of native memory asked for content [b] while 60mb [62914560] are in use,"
                + " expected no more than neural_ranking.memory.limit = 100mb [104857600] in all",
            e.getMessage()
        );
        assertEquals(RestStatus.TOO_MANY_REQUESTS, e.status());
        assertEquals(100 * MB, e.getByteLimit());
        expectThrows(CircuitBreakingException.class, () -> first.grow(40 * MB + 1));
        expectThrows(CircuitBreakingException.class, () -> first.grow(Long.MAX_VALUE));
        assertUse(60 * MB, MB);
        assertEquals(3, memory.use().refused());
        memory.book("content [c]", 40 * MB, 0).close();
        first.close();
        assertEquals(0, breaker.getUsed());
    }

    public void testTheLimitChangesWhileTheNodeRuns() {
        start("neural_ranking.memory.limit", "10mb");
        expectThrows(CircuitBreakingException.class, () -> memory.book("m", 20 * MB, 0));
        clusterSettings.applySettings(Settings.builder().put("neural_ranking.memory.limit", "20mb").build());
        ModelMemory.Booking booking = memory.book("m", 20 * MB, 0);
        clusterSettings.applySettings(Settings.builder().put("neural_ranking.memory.limit", "1mb").build());
        assertUse(20 * MB, 0);
        expectThrows(CircuitBreakingException.class, () -> booking.grow(1));
        booking.close();
        memory.book("m", MB, 0).close();
    }

    public void testMoreNativeMemoryThanHeapDoesNotTripTheParent() {
        start("neural_ranking.memory.limit", "100gb", "indices.breaker.total.limit", "100%");
        ModelMemory.Booking booking = memory.book("m", ByteSizeValue.parseBytesSizeValue("90gb", "").getBytes(), MB);
        breakers.getBreaker(CircuitBreaker.REQUEST).addEstimateBytesAndMaybeBreak(1000, "a search");
        breakers.getBreaker(CircuitBreaker.REQUEST).addWithoutBreaking(-1000);
        booking.close();
        assertEquals(0, breaker.getUsed());
    }

    public void testAParentThatSumsUpIsNotToldOfNativeMemory() {
        start("neural_ranking.memory.limit", "100gb", "indices.breaker.total.use_real_memory", "false", "indices.breaker.total.limit", "50mb");
        ModelMemory.Booking booking = memory.book("m", 1000 * MB, MB);
        assertEquals(MB, breaker.getUsed());
        breakers.getBreaker(CircuitBreaker.REQUEST).addEstimateBytesAndMaybeBreak(MB, "a search");
        assertEquals("2mb", new ByteSizeValue(breakers.stats().getStats(CircuitBreaker.PARENT).getEstimated()).toString());
        assertUse(1000 * MB, MB);
        booking.close();
        assertEquals(0, breaker.getUsed());
    }

    public void testTheParentMayRefuseHeap() {
        start("neural_ranking.memory.limit", "100gb", "indices.breaker.total.use_real_memory", "false", "indices.breaker.total.limit", "50mb");
        CircuitBreakingException e = expectThrows(CircuitBreakingException.class, () -> memory.book("content [a]", MB, 51 * MB));
        assertTrue(e.getMessage(), e.getMessage().startsWith("[parent] Data too large, data for [content [a]]"));
        assertEquals(RestStatus.TOO_MANY_REQUESTS, e.status());
        assertUse(0, 0);
        assertEquals(0, breaker.getUsed());
        assertEquals(1, memory.use().refused());
        start("neural_ranking.memory.limit", "100gb"); // measured: the heap is not as large as that
        expectThrows(CircuitBreakingException.class, () -> memory.book("content [a]", MB, Long.MAX_VALUE / 4));
        assertUse(0, 0);
        assertEquals(0, breaker.getUsed());
    }

    public void testOpenSearchShowsTheLimitThatHolds() {
        start("neural_ranking.memory.limit", "100mb");
        ModelMemory.Booking booking = memory.book("m", 60 * MB, MB);
        expectThrows(CircuitBreakingException.class, () -> memory.book("m", 60 * MB, MB));
        CircuitBreakerStats stats = breakers.stats("neural_ranking");
        assertEquals(100 * MB, stats.getLimit());
        assertEquals(61 * MB, stats.getEstimated());
        assertEquals(1, stats.getTrippedCount());
        booking.close();
    }

    public void testThreadsNeverBookMoreThanTheLimitTogether() throws Exception {
        start("neural_ranking.memory.limit", "1000b");
        List<Throwable> failures = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            long seed = randomLong();
            threads.add(new Thread(() -> {
                Random random = new Random(seed);
                try {
                    for (int i = 0; i < 2000; i++) {
                        try (ModelMemory.Booking booking = memory.book("m", random.nextInt(600), random.nextInt(100))) {
                            booking.grow(random.nextInt(300));
                            assertTrue(memory.use().toString(), memory.use().nativeBytes() <= 1000);
                            booking.settle(random.nextInt(300), random.nextInt(100));
                        } catch (CircuitBreakingException full) {
                            assertTrue(full.getMessage(), full.getMessage().contains("memory.limit"));
                        }
                    }
                } catch (Throwable e) {
                    synchronized (failures) {
                        failures.add(e);
                    }
                }
            }, "booking"));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(List.of(), failures);
        assertUse(0, 0);
        assertEquals(0, breaker.getUsed());
        assertTrue("some were refused", memory.use().refused() > 0);
    }
}
