package org.neuralranking.inference;

import java.util.List;
import java.util.function.Supplier;

import org.neuralranking.stats.MemoryUse;
import org.opensearch.common.lease.Releasable;
import org.opensearch.common.settings.ClusterSettings;
import org.opensearch.common.settings.Setting;
import org.opensearch.common.settings.Settings;
import org.opensearch.core.common.breaker.CircuitBreaker;
import org.opensearch.core.common.breaker.CircuitBreakingException;
import org.opensearch.core.common.unit.ByteSizeValue;
import org.opensearch.core.indices.breaker.CircuitBreakerStats;
import org.opensearch.indices.breaker.BreakerSettings;
import org.opensearch.indices.breaker.HierarchyCircuitBreakerService;

/**
 * The books of what models take of this node's memory. Native bytes are held to a limit of our own, as OpenSearch's breakers know only the
 * heap; heap bytes go through the breaker, so that its parent can refuse them.
 * <p>
 * Native bytes are booked on the breaker as well, past its parent, so that an operator sees them among the others. Where the parent does
 * not measure the heap but sums up its children, they are not: a gigabyte outside a heap of half a gigabyte would stop every search.
 */
public final class ModelMemory {

    private static final String BREAKER = "neural_ranking";
    /** Our limit is held here; the breaker itself must never say no to what it cannot tell from heap. */
    private static final long NO_LIMIT = -1;
    private static final double EXACT = 1.0;

    private final CircuitBreaker breaker;
    private final boolean bookNative;
    private long limit;
    private long nativeBytes;
    private long heapBytes;
    private long refused;

    ModelMemory(CircuitBreaker breaker, long limit, boolean bookNative) {
        this.breaker = breaker;
        this.limit = limit;
        this.bookNative = bookNative;
    }

    public static ModelMemory of(CircuitBreaker breaker, Settings settings, ClusterSettings clusterSettings) {
        boolean parentMeasures = HierarchyCircuitBreakerService.USE_REAL_MEMORY_USAGE_SETTING.get(settings);
        ModelMemory memory = new ModelMemory(breaker, MemoryLimit.SETTING.get(settings), parentMeasures);
        clusterSettings.addSettingsUpdateConsumer(MemoryLimit.SETTING, memory::limit);
        return memory;
    }

    /**
     * The breaker that {@link #of} will be given. Models stay until they are deleted, so what does not fit today does not fit in a second.
     *
     * @param stats {@link #breakerStats} of the memory, which is there before anybody asks
     */
    public static BreakerSettings breaker(Supplier<CircuitBreakerStats> stats) {
        return new BreakerSettings(BREAKER, NO_LIMIT, EXACT, CircuitBreaker.Type.MEMORY, CircuitBreaker.Durability.PERMANENT, stats);
    }

    public static List<Setting<?>> all() {
        return List.of(MemoryLimit.SETTING);
    }

    /** From now on; what is booked beyond it stays. */
    synchronized void limit(long bytes) {
        limit = bytes;
    }

    public synchronized MemoryUse use() {
        return new MemoryUse(limit, nativeBytes, heapBytes, refused);
    }

    /** As OpenSearch's own statistics of breakers show it, with the limit that holds. */
    public CircuitBreakerStats breakerStats() {
        MemoryUse use = use();
        return new CircuitBreakerStats(BREAKER, use.limitBytes(), use.nativeBytes() + use.heapBytes(), EXACT, use.refused());
    }

    /**
     * Books memory before it is taken.
     *
     * @param what for messages
     * @throws CircuitBreakingException (429) if there is not so much; then nothing is booked
     */
    Booking book(String what, long nativeBytes, long heapBytes) {
        Booking booking = new Booking(what);
        try {
            booking.grow(nativeBytes);
            booking.growHeap(heapBytes);
            return booking;
        } catch (RuntimeException e) {
            booking.close();
            throw e;
        }
    }

    private synchronized void takeNative(String what, long bytes) {
        if (bytes > 0 && bytes > limit - nativeBytes) {
            refused++;
            throw new CircuitBreakingException(
                "got " + size(bytes) + " of native memory asked for " + what + " while " + size(nativeBytes) + " are in use, expected no more than "
                    + MemoryLimit.SETTING.getKey() + " = " + size(limit) + " in all",
                nativeBytes + bytes,
                limit,
                CircuitBreaker.Durability.PERMANENT
            );
        }
        nativeBytes += bytes;
        if (bookNative) {
            breaker.addWithoutBreaking(bytes);
        }
    }

    private void takeHeap(String what, long bytes) {
        if (bytes <= 0) {
            breaker.addWithoutBreaking(bytes);
        } else {
            try {
                breaker.addEstimateBytesAndMaybeBreak(bytes, what);
            } catch (CircuitBreakingException e) {
                synchronized (this) {
                    refused++;
                }
                throw e;
            }
        }
        synchronized (this) {
            heapBytes += bytes;
        }
    }

    private static String size(long bytes) {
        return new ByteSizeValue(bytes) + " [" + bytes + "]";
    }

    /** What one model has booked. For any number of threads. */
    final class Booking implements Releasable {
        private final String what;
        private long nativeBooked;
        private long heapBooked;
        private boolean closed;

        private Booking(String what) {
            this.what = what;
        }

        /**
         * @param bytes more native bytes, or, below 0, less
         * @throws CircuitBreakingException (429) if there are not so many; then nothing changes
         */
        synchronized void grow(long bytes) {
            requireOpen();
            takeNative(what, bytes);
            nativeBooked += bytes;
        }

        private synchronized void growHeap(long bytes) {
            requireOpen();
            takeHeap(what, bytes);
            heapBooked += bytes;
        }

        private void requireOpen() {
            if (closed) {
                throw new IllegalStateException("the memory of " + what + " is given back");
            }
        }

        /** Gives back what loading needed beyond these. */
        synchronized void settle(long nativeBytes, long heapBytes) {
            grow(Math.min(0, nativeBytes - nativeBooked));
            growHeap(Math.min(0, heapBytes - heapBooked));
        }

        synchronized long nativeBytes() {
            return nativeBooked;
        }

        synchronized long heapBytes() {
            return heapBooked;
        }

        /** Gives everything back; twice is fine. */
        @Override
        public synchronized void close() {
            if (closed == false) {
                growHeap(-heapBooked);
                grow(-nativeBooked);
                closed = true;
            }
        }
    }
}
