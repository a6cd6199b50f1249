package org.neuralranking.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** How much more heap a JVM comes to use, from its garbage collector's log: what is in use after a collection is in use, not garbage. */
final class HeapInUse {

    /** {@code Pause Young (...) 123M->45M(512M)}: the second number. */
    private static final Pattern AFTER = Pattern.compile("Pause .*?(\\d+)M->(\\d+)M\\(\\d+M\\)");

    private final Path log;
    private final int from; // line of the log
    private final int baseline;

    private HeapInUse(Path log, int from, int baseline) {
        this.log = log;
        this.from = from;
        this.baseline = baseline;
    }

    /** Collects everything, twice, and remembers what is left. */
    static HeapInUse since(long pid, Path log) {
        collect(pid);
        collect(pid);
        List<Integer> before = after(log, 0).toList();
        return new HeapInUse(log, lines(log).size(), before.getLast());
    }

    /** The most that was in use after any collection since then, beyond what was left then. */
    double peakMegabytes() {
        return Math.max(0, after(log, from).max(Integer::compare).orElse(baseline) - baseline);
    }

    private static Stream<Integer> after(Path log, int from) {
        return lines(log).stream().skip(from).map(AFTER::matcher).filter(Matcher::find).map(found -> Integer.parseInt(found.group(2)));
    }

    private static List<String> lines(Path log) {
        try {
            return Files.readAllLines(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void collect(long pid) {
        try {
            Process jcmd = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(), Long.toString(pid), "GC.run")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
            if (jcmd.waitFor() != 0) {
                throw new IllegalStateException("jcmd " + pid + " GC.run ended with " + jcmd.exitValue());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
