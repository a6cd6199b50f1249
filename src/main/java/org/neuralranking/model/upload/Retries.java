package org.neuralranking.model.upload;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Tries a request again whose failure may pass: the connection broke, or the server was busy or not there. Only for requests that may
 * arrive twice.
 */
final class Retries {
    /** Together longer than a node needs for its restart, and short enough for somebody who wrote the wrong port. */
    static final List<Duration> PAUSES = List.of(1, 2, 4, 8, 16).stream().map(Duration::ofSeconds).toList();
    /** Too busy; and what a proxy or a cluster says whose nodes are just leaving or coming. */
    private static final Set<Integer> PASSING = Set.of(429, 502, 503, 504);

    interface Request {
        void send() throws IOException;
    }

    interface Sleeper {
        void sleep(Duration pause) throws InterruptedException;
    }

    private final Sleeper sleeper;
    private final Consumer<String> notes;

    /** @param notes told before every pause, so that whoever waits knows what for */
    Retries(Sleeper sleeper, Consumer<String> notes) {
        this.sleeper = sleeper;
        this.notes = notes;
    }

    /** @throws IOException of the last attempt, or of one whose failure will not pass */
    void run(Request request) throws IOException {
        for (Duration pause : PAUSES) {
            try {
                request.send();
                return;
            } catch (IOException e) {
                if (mayPass(e) == false) {
                    throw e;
                }
                notes.accept(e.getMessage() + "; next attempt in " + pause.toSeconds() + " s");
            }
            sleep(pause);
        }
        request.send();
    }

    private static boolean mayPass(IOException failure) {
        return failure instanceof RefusedException refused
            ? PASSING.contains(refused.status())
            : failure instanceof InterruptedIOException == false;
    }

    private void sleep(Duration pause) throws InterruptedIOException {
        try {
            sleeper.sleep(pause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted between two attempts");
        }
    }
}
