package org.neuralranking.model.upload;

import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** One line that a terminal shows growing. Where there is no terminal it becomes a new line now and then, so that a log stays readable. */
public final class ProgressLine {
    private static final long TERMINAL_NANOS = 1_000_000_000;
    private static final long LOG_NANOS = 10_000_000_000L;

    private final Consumer<String> out;
    private final boolean terminal;
    private final LongSupplier nanos;
    private final long startNanos;
    private long shownNanos;
    private int shownChars;

    /**
     * @param out   prints without adding a newline, at once
     * @param nanos the clock, as {@link System#nanoTime}
     */
    public ProgressLine(Consumer<String> out, boolean terminal, LongSupplier nanos) {
        this.out = out;
        this.terminal = terminal;
        this.nanos = nanos;
        startNanos = nanos.getAsLong();
        shownNanos = startNanos;
    }

    /** Shows a state that will be replaced, unless the last one was shown just now. */
    public void at(Supplier<String> state) {
        long now = nanos.getAsLong();
        if (now - shownNanos < (terminal ? TERMINAL_NANOS : LOG_NANOS)) {
            return;
        }
        shownNanos = now;
        if (terminal) {
            String text = state.get();
            out.accept(overLast(text));
            shownChars = text.length();
        } else {
            out.accept(state.get() + System.lineSeparator());
        }
    }

    /** Shows what stays, in the place of the last state. */
    public void end(String text) {
        out.accept((terminal ? overLast(text) : text) + System.lineSeparator());
        shownChars = 0;
    }

    /** Since the beginning. */
    public double seconds() {
        return (nanos.getAsLong() - startNanos) / 1e9;
    }

    /** A shorter line must not leave the end of a longer one. */
    private String overLast(String text) {
        return "\r" + text + " ".repeat(Math.max(0, shownChars - text.length()));
    }
}
