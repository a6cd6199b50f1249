package org.neuralranking.node;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A node of OpenSearch as its users run it: its own process, started by {@code bin/opensearch} with the shipped JVM options, Java agent
 * included, bound to 127.0.0.1. What it writes lies in {@code target/nodes/NAME}, its printed output in {@code target/nodes/NAME/output.log}.
 * It takes some 0.8 GB of memory and, on a quiet machine, 10 s to come up.
 */
public final class RealNode implements AutoCloseable {
    /** Three nodes that start together on two busy cores have taken one minute. */
    private static final Duration START_DEADLINE = Duration.ofMinutes(4);
    private static final int HEAP_MEGABYTES = 512;

    private final String name;
    private final Installation installation;
    private final Path directory;
    private final List<String> jvmOptions;
    private final int httpPort;
    private final int transportPort;
    private final Http http;
    private NodeProcess process;

    private RealNode(Builder builder) {
        name = builder.name;
        installation = builder.installation;
        httpPort = builder.httpPort == 0 ? FreePorts.next() : builder.httpPort;
        transportPort = builder.transportPort == 0 ? FreePorts.next() : builder.transportPort;
        http = new Http("127.0.0.1", httpPort);
        directory = ProjectFiles.target().resolve("nodes").resolve(name);
        FileTree.delete(directory);
        try {
            for (String part : List.of("data", "logs", "tmp")) {
                Files.createDirectories(directory.resolve(part));
            }
            FileTree.copy(installation.home().resolve("config"), config());
            dropOptionsThatWriteElsewhere(config().resolve("jvm.options"));
            for (Path bundle : builder.bundles) {
                addBundle(bundle);
            }
            writeSettings(builder.settings);
        } catch (IOException e) {
            throw new UncheckedIOException("could not prepare " + directory, e);
        }
        jvmOptions = new ArrayList<>(List.of("-Xms" + HEAP_MEGABYTES + "m", "-Xmx" + HEAP_MEGABYTES + "m"));
        jvmOptions.addAll(NodeEnvironment.jvmOptions(directory));
        jvmOptions.addAll(builder.jvmOptions);
    }

    /** @param name of the node and of its directory; a directory of that name from an earlier run is deleted */
    public static Builder named(String name, Installation installation) {
        return new Builder(name, installation);
    }

    public static final class Builder {
        private final String name;
        private final Installation installation;
        private final Map<String, String> settings = new LinkedHashMap<>();
        private final List<Path> bundles = new ArrayList<>();
        private final List<String> jvmOptions = new ArrayList<>();
        private int httpPort;
        private int transportPort;

        private Builder(String name, Installation installation) {
            this.name = name;
            this.installation = installation;
        }

        /** A line of opensearch.yml; lists are comma-separated. */
        public Builder setting(String key, Object value) {
            settings.put(key, value.toString());
            return this;
        }

        /** Copies a bundle directory to {@code config/neural-ranking/models} of the node, where {@code {"path": "ITS_NAME"}} finds it. */
        public Builder bundle(Path bundle) {
            bundles.add(bundle);
            return this;
        }

        /** On top of the shipped ones. */
        public Builder jvmOption(String option) {
            jvmOptions.add(option);
            return this;
        }

        /** A free port if not called. */
        public Builder httpPort(int port) {
            httpPort = port;
            return this;
        }

        /** A free port if not called. */
        public Builder transportPort(int port) {
            transportPort = port;
            return this;
        }

        /** Prepares the directories; {@link RealNode#start} starts. */
        public RealNode build() {
            return new RealNode(this);
        }

        /** Prepares, starts and waits until HTTP answers. */
        public RealNode start() {
            return build().start();
        }
    }

    /** Starts, also again, on the same data and ports, and waits until HTTP answers. */
    public RealNode start() {
        launch();
        awaitHttp();
        return this;
    }

    /** Starts without waiting. */
    void launch() {
        if (isAlive()) {
            throw new IllegalStateException("node [" + name + "] runs already, as process " + pid());
        }
        ProcessBuilder builder = new ProcessBuilder(installation.home().resolve("bin/opensearch").toString());
        builder.directory(installation.home().toFile());
        NodeEnvironment.prepare(builder.environment(), config());
        NodeEnvironment.temporaryDirectory(builder.environment(), directory.resolve("tmp"));
        builder.environment().put("OPENSEARCH_JAVA_OPTS", String.join(" ", jvmOptions));
        process = NodeProcess.start(name, builder, output());
    }

    void awaitHttp() {
        Http.waitFor("node [" + name + "] answers on port " + httpPort, START_DEADLINE, () -> {
            process.checkAlive();
            return http.isUp();
        });
    }

    /** SIGTERM and wait; throws if the node does not end by itself and in order. */
    public void stop() {
        process.stop();
    }

    /** SIGKILL: what a crash or the kernel's memory killer does. */
    public void kill() {
        process.kill();
    }

    /** Returns when the node ends by itself or at another's hand. */
    public void awaitExit() {
        process.awaitExit();
    }

    /** Stops it if it runs. */
    @Override
    public void close() {
        if (isAlive()) {
            stop();
        }
    }

    public boolean isAlive() {
        return process != null && process.isAlive();
    }

    public String name() {
        return name;
    }

    /** Of the JVM itself, of the latest start. */
    public long pid() {
        return process.pid();
    }

    public Http http() {
        return http;
    }

    public int httpPort() {
        return httpPort;
    }

    public int transportPort() {
        return transportPort;
    }

    public Path directory() {
        return directory;
    }

    public Path config() {
        return directory.resolve("config");
    }

    public Path data() {
        return directory.resolve("data");
    }

    /** Everything the node has printed, its log included, over all its starts. */
    public String log() {
        try {
            return Files.readString(output());
        } catch (IOException e) {
            throw new UncheckedIOException("could not read " + output(), e);
        }
    }

    /** Adds a line to opensearch.yml, which counts from the next start on. */
    public void addSetting(String key, Object value) {
        try {
            Files.writeString(config().resolve("opensearch.yml"), line(key, value.toString()) + "\n", StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException("could not write the settings of node [" + name + "]", e);
        }
    }

    /** Copies a bundle directory to the models of this node, also while it runs. */
    public void addBundle(Path bundle) {
        FileTree.copy(bundle, config().resolve("neural-ranking/models").resolve(bundle.getFileName()));
    }

    private Path output() {
        return directory.resolve("output.log");
    }

    private void writeSettings(Map<String, String> own) throws IOException {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("cluster.name", name);
        settings.put("node.name", name);
        settings.put("network.host", "127.0.0.1");
        settings.put("http.port", Integer.toString(httpPort));
        settings.put("transport.port", Integer.toString(transportPort));
        settings.put("path.data", data().toString());
        settings.put("path.logs", directory.resolve("logs").toString());
        // a nearly full disk of a developer's machine is not what is tested
        settings.put("cluster.routing.allocation.disk.threshold_enabled", "false");
        if (own.containsKey("discovery.seed_hosts") == false) {
            settings.put("discovery.type", "single-node");
        }
        settings.putAll(own);
        List<String> lines = settings.entrySet().stream().map(s -> line(s.getKey(), s.getValue())).toList();
        Files.write(config().resolve("opensearch.yml"), lines);
    }

    private static String line(String key, String value) {
        return key + ": " + yamlString(value);
    }

    private static String yamlString(String value) {
        return '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    /**
     * The garbage collector's log and heap dumps would go to directories of the installation, which nodes share; the temporary directory is
     * set in {@link NodeEnvironment}.
     */
    private static void dropOptionsThatWriteElsewhere(Path file) throws IOException {
        List<String> kept = Files.readAllLines(file).stream().filter(line -> line.contains("gc.log") == false && line.contains("HeapDump") == false && line.contains("java.io.tmpdir") == false).toList();
        Files.write(file, kept);
    }

    @Override
    public String toString() {
        return "node [" + name + "] at " + http;
    }
}
