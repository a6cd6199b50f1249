package org.neuralranking.inference;

/** Points in time on {@link System#nanoTime()}'s clock, with one value for "none". */
public final class Deadline {

    public static final long NONE = Long.MAX_VALUE;

    private Deadline() {}

    /** @return whether {@code deadlineNanos} is over at {@code nowNanos}; both may be negative, as nanoTime may */
    public static boolean passed(long deadlineNanos, long nowNanos) {
        return deadlineNanos != NONE && nowNanos - deadlineNanos >= 0;
    }

    /** @return {@code nowNanos + nanos}, where a wait so long that it overflows is none */
    public static long after(long nowNanos, long nanos) {
        long deadline = nowNanos + nanos;
        return nanos >= 0 && deadline - nowNanos == nanos && deadline != NONE ? deadline : NONE;
    }
}
