package org.neuralranking.stats;

import java.util.concurrent.atomic.LongAdder;

import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/** What one model has done on this node since it was loaded. Counters are exact; the histogram keeps two significant digits. */
public final class ModelStats {

    private static final long LONGEST_MICROS = 600_000_000; // ten minutes; longer ones count as that
    private static final int DIGITS = 2; // 1 % precision in about 20 kB

    private final LongAdder requests = new LongAdder();
    private final LongAdder texts = new LongAdder();
    private final LongAdder tokens = new LongAdder();
    private final LongAdder batches = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder rejected = new LongAdder();
    private final LongAdder dropped = new LongAdder();
    private final LongAdder truncated = new LongAdder();
    private final LongAdder runMicros = new LongAdder();
    private final Histogram latencyMicros = new ConcurrentHistogram(LONGEST_MICROS, DIGITS);
    private volatile int queue;

    /** A batch of texts ran; {@code nanos} in the runtime, output read. */
    public void ran(int textCount, int tokenCount, long nanos) {
        batches.increment();
        texts.add(textCount);
        tokens.add(tokenCount);
        runMicros.add(nanos / 1000);
    }

    /** A request came to its end, good or bad, {@code nanos} after it was submitted. */
    public void answered(long nanos) {
        requests.increment();
        latencyMicros.recordValue(Math.clamp(nanos / 1000, 0, LONGEST_MICROS));
    }

    /**
     * A request that needed no batch came to its end: its tokens' weights were looked up.
     *
     * @param tooLong how many of the texts were longer than the model takes
     */
    public void lookedUp(int textCount, int tokenCount, int tooLong, long nanos) {
        texts.add(textCount);
        tokens.add(tokenCount);
        truncated(tooLong);
        answered(nanos);
    }

    public void failed(int textCount) {
        failed.add(textCount);
    }

    /** Refused because the queue was full. */
    public void rejected(int textCount) {
        rejected.add(textCount);
    }

    /** Never run, because nobody waited any more. */
    public void dropped(int textCount) {
        dropped.add(textCount);
    }

    /** Texts longer than the model takes. */
    public void truncated(long textCount) {
        truncated.add(textCount);
    }

    /** Texts that wait now. */
    public void queued(int textCount) {
        queue = textCount;
    }

    public Snapshot snapshot() {
        Histogram latency = latencyMicros.copy();
        return new Snapshot(
            requests.sum(),
            texts.sum(),
            tokens.sum(),
            batches.sum(),
            failed.sum(),
            rejected.sum(),
            dropped.sum(),
            truncated.sum(),
            queue,
            runMicros.sum() / 1000,
            new double[] {
                latency.getValueAtPercentile(50) / 1000.0,
                latency.getValueAtPercentile(95) / 1000.0,
                latency.getValueAtPercentile(99) / 1000.0,
                latency.getMaxValue() / 1000.0 }
        );
    }
}
