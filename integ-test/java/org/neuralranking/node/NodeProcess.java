package org.neuralranking.node;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** One life of a node: the JVM that {@code bin/opensearch} turns into. */
final class NodeProcess {
    private static final long STOP_SECONDS = 60;
    private static final int LAST_LINES = 60;
    /** 128 and the number of SIGTERM: what a JVM leaves that has ended in order. One that crashed while it was stopping leaves 134. */
    private static final int STOPPED = 143;

    private static final Set<NodeProcess> ALIVE = ConcurrentHashMap.newKeySet();
    static {
        // Ctrl-C, System.exit, a failing test: whichever way this JVM ends, its nodes end before it
        Runtime.getRuntime().addShutdownHook(new Thread(() -> ALIVE.forEach(NodeProcess::kill), "stop-nodes"));
    }

    private final String name;
    private final Process process;
    private final Path output;

    private NodeProcess(String name, Process process, Path output) {
        this.name = name;
        this.process = process;
        this.output = output;
    }

    /** @param output what the node prints, its log included, is appended here */
    static NodeProcess start(String name, ProcessBuilder builder, Path output) {
        builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()));
        try {
            NodeProcess started = new NodeProcess(name, builder.start(), output);
            ALIVE.add(started);
            return started;
        } catch (IOException e) {
            throw new UncheckedIOException("could not start node [" + name + "]", e);
        }
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** @throws IllegalStateException with the last lines of the log if the process is gone */
    void checkAlive() {
        if (process.isAlive() == false) {
            ALIVE.remove(this);
            throw new IllegalStateException("node [" + name + "] ended with exit status " + process.exitValue() + "; " + lastLines());
        }
    }

    /** SIGTERM, then waits; throws if the node crashes meanwhile, or is not gone in a minute (it is killed then). */
    void stop() {
        process.destroy();
        if (awaitExit(STOP_SECONDS) == false) {
            String last = lastLines();
            kill();
            throw new IllegalStateException("node [" + name + "] did not stop within " + STOP_SECONDS + " s of SIGTERM; " + last);
        }
        ALIVE.remove(this);
        if (process.exitValue() != STOPPED) {
            throw new IllegalStateException(
                "node [" + name + "] ended with exit status " + process.exitValue() + " when it was stopped, expected " + STOPPED + "; " + lastLines()
            );
        }
    }

    /** SIGKILL, then waits. */
    void kill() {
        process.destroyForcibly();
        if (awaitExit(STOP_SECONDS) == false) {
            throw new IllegalStateException("node [" + name + "], process " + pid() + ", outlived SIGKILL by " + STOP_SECONDS + " s");
        }
        ALIVE.remove(this);
    }

    /** However long it takes. */
    void awaitExit() {
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    String lastLines() {
        try {
            List<String> lines = Files.readString(output, StandardCharsets.UTF_8).lines().toList();
            List<String> last = lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size());
            return "the end of " + output + ":\n" + String.join("\n", last);
        } catch (IOException e) {
            return "its output could not be read: " + e;
        }
    }

    private boolean awaitExit(long seconds) {
        try {
            return process.waitFor(seconds, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while node [" + name + "] was stopping", e);
        }
    }
}
