package org.neuralranking.inference;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.neuralranking.OnnxFile;
import org.neuralranking.TestModels;
import org.neuralranking.model.bundle.Bundle;
import org.neuralranking.model.bundle.BundleLimits;

/**
 * Cross-encoders with the tokenizer of {@code toy-cross-encoder}, 316 tokens and inputs of up to 64, whose logit is made from
 * {@code sum [batch, 1]}, a sum over the real tokens' {@code values [batch, tokens, 1]}.
 */
public final class ToyGraphs {

    public static final int VOCABULARY = 316;

    private ToyGraphs() {}

    /** A graph up to {@code sum}, over a table of one value a token: 1/17, 2/17, … 1, 1/17, … */
    public static OnnxFile sum(float... lastRows) {
        float[] table = new float[VOCABULARY];
        for (int i = 0; i < table.length; i++) {
            table[i] = (i % 17 + 1) / 17f;
        }
        System.arraycopy(lastRows, 0, table, table.length - lastRows.length, lastRows.length);
        return sumOver(table);
    }

    public static OnnxFile sumOver(float[] table) {
        return new OnnxFile().textInputs()
            .output("logits", OnnxFile.FLOAT, "batch", 1)
            .weights("table", new int[] { table.length, 1 }, table)
            .whole("axis1", 1)
            .whole("axis2", 2)
            .node("Gather", List.of("table", "input_ids"), "values")
            .node("Cast", List.of("attention_mask"), "mask", "to", OnnxFile.FLOAT)
            .node("Unsqueeze", List.of("mask", "axis2"), "column")
            .node("Mul", List.of("values", "column"), "real")
            .node("ReduceSum", List.of("real", "axis1"), "sum", "keepdims", 0);
    }

    public static OnnxFile plain() {
        return sum().node("Identity", List.of("sum"), "logits");
    }

    /** Quantises as most public int8 exports do: by the range of the whole batch. */
    public static OnnxFile dynamic() {
        return sum().node("DynamicQuantizeLinear", List.of("sum"), List.of("quantized", "scale", "zero"))
            .node("DequantizeLinear", List.of("quantized", "scale", "zero"), "logits");
    }

    /** @param overrides of neural-ranking.json, or null for none */
    static Bundle bundle(Path temporary, OnnxFile graph, String overrides) throws IOException {
        Path directory = Files.createDirectories(temporary.resolve("m"));
        for (String file : List.of("config.json", "tokenizer.json")) {
            Files.copy(TestModels.directory("toy-cross-encoder").resolve(file), directory.resolve(file));
        }
        graph.write(directory.resolve("model.onnx"));
        if (overrides != null) {
            Files.writeString(directory.resolve("neural-ranking.json"), overrides);
        }
        return Bundle.read(temporary, "m", BundleLimits.DEFAULT);
    }
}
