package org.neuralranking.node;

import java.util.Locale;

import org.neuralranking.model.upload.ProgressLine;

/** How many of something are done, as one line on standard output that grows. */
public final class CountProgress {
    private final String verb;
    private final String things;
    private final ProgressLine line = new ProgressLine(System.out::print, true, System::nanoTime);

    /** Shows, for example, "Indexed 64 films, 12 a second" for verb "Indexed" and things "films". */
    public CountProgress(String verb, String things) {
        this.verb = verb;
        this.things = things;
    }

    public void at(int done) {
        line.at(() -> String.format(Locale.ROOT, "%s %d %s, %.0f a second", verb, done, things, done / line.seconds()));
    }

    public void end(int done) {
        double seconds = line.seconds();
        line.end(String.format(Locale.ROOT, "%s %d %s in %.1f s, %.0f a second", verb, done, things, seconds, done / seconds));
    }
}
