package org.neuralranking.inference;

/** Points in time on {@link System#nanoTime()}'s clock, with one value for "none". */
public final class Deadline {

    public static final long NONE = Long.MAX_VALUE;

    private Deadline() {}

    /** @return whether {@code deadlineNanos} is over at {@code nowNanos}; both may be negative, as nanoTime may */
    public static boolean passed(long deadlineNanos, long nowNanos) {
        return deadlineNanos != NONE && nowNanos - deadlineNanos >= 0;
    }

    /**
     * @param nanos any wait; {@link Long#MAX_VALUE} is 292 years
     * @return {@code nowNanos + nanos}, which may wrap around as nanoTime may; never {@link #NONE}
     */
    public static long after(long nowNanos, long nanos) {
        long deadline = nowNanos + nanos;
        return deadline == NONE ? deadline - 1 : deadline;
    }
}
