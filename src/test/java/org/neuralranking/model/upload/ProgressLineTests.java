package org.neuralranking.model.upload;

import org.junit.Test;

import static org.junit.Assert.assertEquals;

public class ProgressLineTests {
    private static final String NEWLINE = System.lineSeparator();

    private final StringBuilder shown = new StringBuilder();
    private long nanos = 5;

    private ProgressLine line(boolean terminal) {
        return new ProgressLine(shown::append, terminal, () -> nanos);
    }

    @Test
    public void aTerminalShowsOneLineAtMostOnceASecond() {
        ProgressLine line = line(true);
        line.at(() -> "never");
        nanos += 1_000_000_000;
        line.at(() -> "two parts");
        line.at(() -> "never");
        nanos += 1_000_000_000;
        line.at(() -> "three");
        line.end("all");
        assertEquals("\rtwo parts\rthree    \rall  " + NEWLINE, shown.toString());
        assertEquals(2, line.seconds(), 0);
    }

    @Test
    public void aLogGetsALineNowAndThen() {
        ProgressLine line = line(false);
        nanos += 9_999_999_999L;
        line.at(() -> "never");
        nanos += 1;
        line.at(() -> "two");
        line.end("all");
        assertEquals("two" + NEWLINE + "all" + NEWLINE, shown.toString());
    }
}
