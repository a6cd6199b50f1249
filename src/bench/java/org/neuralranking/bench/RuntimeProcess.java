package org.neuralranking.bench;

import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;

/** ONNX Runtime in a process of its own, started again whenever a graph has ended it. */
final class RuntimeProcess implements Closeable {

    enum Answer {
        LOADED,
        REFUSED,
        CRASHED,
        HUNG
    }

    /** A load takes milliseconds; the first one of a process a second. */
    static final int PATIENCE_SECONDS = 30;

    private Process process;
    private DataOutputStream graphs;
    private InputStream answers;

    Answer load(byte[] graph) throws IOException {
        if (process == null || process.isAlive() == false) {
            start();
        }
        boolean[] hung = { false };
        Process asked = process;
        Thread watch = Thread.ofPlatform().daemon().start(() -> {
            try {
                TimeUnit.SECONDS.sleep(PATIENCE_SECONDS);
                hung[0] = true;
                asked.destroyForcibly();
            } catch (InterruptedException answered) {
                Thread.currentThread().interrupt();
            }
        });
        try {
            graphs.writeInt(graph.length);
            graphs.write(graph);
            graphs.flush();
            int answer = answers.read();
            if (answer >= 0) {
                return Answer.values()[answer];
            }
        } catch (IOException gone) {
            // the pipe's other end is: as if it had given no answer
        } finally {
            watch.interrupt();
            join(watch);
        }
        process.destroyForcibly();
        process = null;
        return hung[0] ? Answer.HUNG : Answer.CRASHED;
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void start() throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        process = new ProcessBuilder(
            java,
            "-Xmx64m",
            "-XX:-CreateCoredumpOnCrash",
            "-XX:ErrorFile=/dev/null",
            "-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir"),
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            RuntimeProcess.class.getName()
        ).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        graphs = new DataOutputStream(new BufferedOutputStream(process.getOutputStream()));
        answers = process.getInputStream();
    }

    @Override
    public void close() {
        if (process != null) {
            process.destroyForcibly();
        }
    }

    /** Reads graphs, each after its length, and answers each with a byte; ends with its input. */
    public static void main(String[] arguments) throws IOException {
        DataInputStream in = new DataInputStream(System.in);
        OrtEnvironment environment = OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
        while (true) {
            byte[] graph;
            try {
                graph = new byte[in.readInt()];
            } catch (EOFException end) {
                return;
            }
            in.readFully(graph);
            System.out.write(load(environment, graph).ordinal());
            System.out.flush();
        }
    }

    private static Answer load(OrtEnvironment environment, byte[] graph) {
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            environment.createSession(graph, options).close();
            return Answer.LOADED;
        } catch (OrtException e) {
            return Answer.REFUSED;
        }
    }
}
