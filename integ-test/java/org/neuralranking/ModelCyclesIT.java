package org.neuralranking;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;

import org.junit.AfterClass;
import org.junit.BeforeClass;
import org.junit.Test;
import org.neuralranking.node.Http;
import org.neuralranking.node.Installation;
import org.neuralranking.node.PluginZip;
import org.neuralranking.node.RealNode;
import org.neuralranking.node.ToyEncoder;

import com.fasterxml.jackson.databind.JsonNode;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;
import static org.neuralranking.node.ToyEncoder.assertVersion;

/** Registered, replaced, rolled back and deleted again and again, a model leaves nothing behind in the process and on the disk. */
public class ModelCyclesIT {

    private static final String MODELS = "/_plugins/_neural_ranking/models";
    private static final int CYCLES = 100;
    /** The JIT compiler, class loading and the allocator's pools have settled after these. */
    private static final int WARM_UPS = 60;
    private static final double TOLERANCE = 0.02;
    private static final Duration SOON = Duration.ofMinutes(1);

    private static RealNode node;
    private static Http http;

    @BeforeClass
    public static void startNode() {
        node = RealNode.named("cycles", Installation.of(PluginZip.forThisMachine()))
            .setting("neural_ranking.models.linger", "0ms")
            .bundle(ToyEncoder.version(1))
            .bundle(ToyEncoder.version(2))
            .start();
        http = node.http();
    }

    @AfterClass
    public static void stopNode() {
        if (node != null) {
            node.close();
        }
    }

    private static void cycle() {
        http.put(MODELS + "/m", "{\"path\": \"toy-encoder-1\"}").expect(201);
        assertVersion(1, http, "m");
        http.put(MODELS + "/m", "{\"path\": \"toy-encoder-2\"}").expect(200);
        assertVersion(2, http, "m");
        http.post(MODELS + "/m/_rollback", null).ok();
        http.delete(MODELS + "/m").ok();
        Http.waitFor("nothing is loaded or on disk", SOON, () -> bookedBytes() == 0 && onDisk() == 0);
    }

    /** What a process of its own can tell of the node. */
    private record Use(long anonymousBytes, long files, long threads) {

        static Use now() throws IOException {
            Path process = Path.of("/proc", Long.toString(node.pid()));
            try (Stream<Path> files = Files.list(process.resolve("fd")); Stream<Path> threads = Files.list(process.resolve("task"))) {
                String rss = Files.readAllLines(process.resolve("status")).stream().filter(line -> line.startsWith("RssAnon")).findFirst().orElseThrow();
                return new Use(Long.parseLong(rss.replaceAll("\\D", "")) * 1024, files.count(), threads.count());
            }
        }
    }

    private static long bookedBytes() {
        JsonNode memory = http.get("/_plugins/_neural_ranking/stats").ok().at("/nodes").elements().next().get("memory");
        return memory.get("native_bytes").asLong() + memory.get("heap_bytes").asLong();
    }

    private static long onDisk() {
        Path root = node.data().resolve("nodes/0/neural_ranking");
        try (Stream<Path> contents = Files.list(root.resolve("models")); Stream<Path> staged = Files.list(root.resolve("staging"))) {
            return contents.count() + staged.count();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static long temporaryFiles() throws IOException {
        try (Stream<Path> files = Files.walk(node.directory().resolve("tmp"))) {
            return files.count();
        }
    }

    @Test
    public void aHundredCyclesLeaveNothing() throws IOException {
        for (int i = 0; i < WARM_UPS; i++) {
            cycle();
        }
        Use before = Use.now();
        long temporary = temporaryFiles();
        for (int i = 0; i < CYCLES; i++) {
            cycle();
        }
        Use after = Use.now();
        System.out.println("before " + CYCLES + " cycles " + before + ", after " + after);
        assertEquals(temporary, temporaryFiles());
        assertTrue("files: before " + before + ", after " + after, after.files <= before.files + 10); // segments of indices come and go
        assertTrue("threads: before " + before + ", after " + after, after.threads <= before.threads + 5); // pools breathe
        assertTrue("memory: before " + before + ", after " + after, after.anonymousBytes <= before.anonymousBytes * (1 + TOLERANCE));
        assertEquals(0, http.get(MODELS).ok().at("/models").size());
        http.post("/.neural-ranking-models/_refresh", null).ok();
        assertEquals(0, http.get("/.neural-ranking-models/_count").ok().at("/count").asInt());
    }
}
