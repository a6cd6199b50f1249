package org.neuralranking.node;

/** A line on standard output that a terminal shows growing: at most one update a second, so that a log stays readable too. */
public final class ProgressLine {
    private static final long UPDATE_NANOS = 1_000_000_000;

    private final String verb;
    private final String things;
    private final long startNanos = System.nanoTime();
    private long shownNanos = startNanos;

    /** Shows, for example, "Indexed 64 films, 12 a second" for verb "Indexed" and things "films". */
    public ProgressLine(String verb, String things) {
        this.verb = verb;
        this.things = things;
    }

    public void at(int done) {
        long now = System.nanoTime();
        if (now - shownNanos >= UPDATE_NANOS) {
            shownNanos = now;
            System.out.printf("\r%s %d %s, %.0f a second ", verb, done, things, done / seconds(now));
        }
    }

    public void end(int done) {
        double seconds = seconds(System.nanoTime());
        System.out.printf("\r%s %d %s in %.1f s, %.0f a second%n", verb, done, things, seconds, done / seconds);
    }

    private double seconds(long now) {
        return (now - startNanos) / 1e9;
    }
}
