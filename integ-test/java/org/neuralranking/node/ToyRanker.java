package org.neuralranking.node;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

import org.neuralranking.OnnxFile;
import org.neuralranking.inference.ToyGraphs;

/** Bundles of cross-encoders with the tokenizer of {@code toy-cross-encoder} around graphs of a test's own. */
public final class ToyRanker {

    private ToyRanker() {}

    /** A bundle directory of this name in {@code target/toy-rankers}. */
    public static Path of(String name, OnnxFile graph) {
        Path bundle = ProjectFiles.target().resolve("toy-rankers").resolve(name);
        FileTree.delete(bundle);
        try {
            Files.createDirectories(bundle);
            for (String file : new String[] { "config.json", "tokenizer.json" }) {
                Files.copy(ProjectFiles.testModel("toy-cross-encoder").resolve(file), bundle.resolve(file));
            }
            graph.write(bundle.resolve("model.onnx"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bundle;
    }

    /** {@code toy-ranker-VERSION}, whose logit is so many times the number of tokens of a pair. */
    public static Path version(int logitOfAToken) {
        float[] table = new float[ToyGraphs.VOCABULARY];
        Arrays.fill(table, logitOfAToken);
        return of("toy-ranker-" + logitOfAToken, identity(ToyGraphs.sumOver(table)));
    }

    /** So many bytes of weights that nothing uses: a file with a hole, which takes no room on most disks. */
    public static Path heavy(String name, int megabytes) {
        return of(name, ToyGraphs.plain().zeros("unused", megabytes << 10, (1 << 10) / Float.BYTES));
    }

    /** The logit is the sum. */
    public static OnnxFile identity(OnnxFile sum) {
        return sum.node("Identity", List.of("sum"), "logits");
    }
}
