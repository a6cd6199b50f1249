package org.neuralranking.neighbour;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;

/** The neighbour's tokenizer library, loaded at the first use, reading the first pair of the toy cross-encoder's golden file. */
final class NeighbourTokenizer {

    static final String FILE = "tokenizer.json";

    private static HuggingFaceTokenizer tokenizer;

    private NeighbourTokenizer() {}

    static synchronized Map<?, ?> run() {
        if (tokenizer == null) {
            open();
        }
        String library = HuggingFaceTokenizer.class.getProtectionDomain().getCodeSource().getLocation().getPath();
        return Map.of("library", library, "ids", tokenizer.encode("cat", "the cat and the dog").getIds());
    }

    private static void open() {
        System.setProperty("ai.djl.offline", "true");
        System.setProperty("OPT_OUT_TRACKING", "true");
        System.setProperty("DJL_CACHE_DIR", System.getProperty("java.io.tmpdir") + "/neighbour"); // the only place that the agent lets it write to
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(NeighbourTokenizer.class.getClassLoader());
        try (InputStream in = NeighbourTokenizer.class.getResourceAsStream(FILE)) {
            tokenizer = HuggingFaceTokenizer.newInstance(in, Map.of());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            thread.setContextClassLoader(before);
        }
        System.setProperty("RUST_LIBRARY_PATH", "/nowhere"); // rude, but who would forbid it
    }
}
