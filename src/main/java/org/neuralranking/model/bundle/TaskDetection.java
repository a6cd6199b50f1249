package org.neuralranking.model.bundle;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.neuralranking.model.Batching;
import org.neuralranking.model.Task;

/** Finds out what a model does, from its graph and config.json; {@code neural-ranking.json} overrides what it finds. */
final class TaskDetection {

    private static final Set<String> KNOWN_INPUTS = Set.of("input_ids", "attention_mask", "token_type_ids");
    private static final Set<String> OVERRIDES = Set.of("task", "output", "max_tokens", "batching");
    /** What position tables without a stated size get. */
    private static final int DEFAULT_MAX_TOKENS = 512;
    /** A single cut-off above which a stated length is a stand-in for "none" (Hugging Face writes 1e30). */
    private static final long LONGEST_INPUT = 1 << 20;

    private TaskDetection() {}

    static BundleFacts detect(Map<String, Path> files, BundleLimits limits) throws IOException {
        BundleJson config = BundleJson.read(files.get(BundleFiles.CONFIG), limits);
        BundleJson overrides = files.containsKey(BundleFiles.OVERRIDES)
            ? BundleJson.read(files.get(BundleFiles.OVERRIDES), limits).allowOnly(OVERRIDES)
            : BundleJson.empty(BundleFiles.OVERRIDES);
        GraphSignature graph = GraphSignature.read(files.get(BundleFiles.GRAPH));
        checkInputs(graph);

        int vocabularySize = config.integer("vocab_size").orElse(0);
        TensorSpec output = output(graph, overrides);
        Task task = overrides.string("task").map(Task::of).orElseGet(() -> task(config, output, vocabularySize));
        checkOutput(task, output, vocabularySize);
        checkTokenizer(task, output, vocabularySize, TokenizerVocabulary.read(files.get(BundleFiles.TOKENIZER), limits));

        long bytes = 0;
        for (Path file : files.values()) {
            bytes += Files.size(file);
        }
        return new BundleFacts(
            task,
            graph.inputs(),
            output,
            task == Task.SPARSE_ENCODER ? output.columns() : vocabularySize,
            maxTokens(config, overrides, files, limits),
            task == Task.SPARSE_ENCODER && files.containsKey(BundleFiles.QUERY_WEIGHTS),
            bytes,
            overrides.string("batching").map(Batching::of).orElse(Batching.AUTO)
        );
    }

    private static void checkInputs(GraphSignature graph) {
        List<String> names = new ArrayList<>();
        for (TensorSpec input : graph.inputs()) {
            names.add(input.name());
            if (KNOWN_INPUTS.contains(input.name()) == false) {
                throw new BundleException(
                    "model.onnx: got input [" + input.name() + "], expected only input_ids, attention_mask and token_type_ids"
                );
            }
            if (input.type().equals("int64") == false || input.rank() != 2) {
                throw new BundleException("model.onnx: got input [" + input + "], expected int64 [batch, tokens]");
            }
        }
        for (String required : List.of("input_ids", "attention_mask")) {
            if (names.contains(required) == false) {
                throw new BundleException("model.onnx: got inputs " + names + ", expected [" + required + "] among them");
            }
        }
    }

    private static TensorSpec output(GraphSignature graph, BundleJson overrides) {
        String wanted = overrides.string("output").orElse(null);
        for (TensorSpec output : graph.outputs()) {
            if (wanted == null || output.name().equals(wanted)) {
                return output;
            }
        }
        throw new BundleException("model.onnx: got outputs " + graph.outputs() + ", expected " + (wanted == null ? "one" : "[" + wanted + "]"));
    }

    private static Task task(BundleJson config, TensorSpec output, int vocabularySize) {
        for (String architecture : config.strings("architectures")) {
            if (architecture.endsWith("ForMaskedLM")) {
                return Task.SPARSE_ENCODER;
            }
            if (architecture.endsWith("ForSequenceClassification")) {
                return Task.CROSS_ENCODER;
            }
            if (architecture.endsWith("ForCausalLM")) {
                return Task.YES_NO_RANKER;
            }
            if (architecture.endsWith("Model")) {
                return output.rank() == 2 || output.rank() == 3 ? Task.EMBEDDING : unknown(config, output);
            }
        }
        if (vocabularySize > 0 && output.columns() == vocabularySize) {
            return Task.SPARSE_ENCODER;
        }
        return unknown(config, output);
    }

    private static Task unknown(BundleJson config, TensorSpec output) {
        throw new BundleException(
            "no task fits: got architectures " + config.strings("architectures") + " in config.json and output [" + output
                + "] in model.onnx, expected …ForMaskedLM (sparse_encoder), …ForSequenceClassification (cross_encoder),"
                + " …ForCausalLM (yes_no_ranker) or …Model (embedding), or a task in neural-ranking.json"
        );
    }

    private static void checkOutput(Task task, TensorSpec output, int vocabularySize) {
        if (output.type().equals("float") == false) {
            throw new BundleException("model.onnx: got output [" + output + "], expected element type float");
        }
        switch (task) {
            case SPARSE_ENCODER -> {
                if (output.rank() != 2 && output.rank() != 3 || output.columns() <= 0) {
                    throw mismatch(task, output, "[batch, tokens, vocabulary] or [batch, vocabulary]");
                }
                if (vocabularySize > 0 && output.columns() != vocabularySize) {
                    throw mismatch(task, output, "vocab_size = " + vocabularySize + " of config.json as its last axis");
                }
            }
            case CROSS_ENCODER -> {
                if (output.rank() != 2 || output.columns() != 1 && output.columns() != -1) {
                    throw mismatch(task, output, "one logit a pair: [batch, 1]");
                }
            }
            case EMBEDDING, TOKEN_EMBEDDING, YES_NO_RANKER, LISTWISE_RANKER, PAIRWISE_RANKER, FEATURE_RANKER -> {
                if (output.rank() < 1) {
                    throw mismatch(task, output, "a tensor with a batch axis");
                }
            }
        }
    }

    /** Every token needs its row in the graph's embedding table, and a sparse encoder's its column in the output. */
    private static void checkTokenizer(Task task, TensorSpec output, int vocabularySize, TokenizerVocabulary tokenizer) {
        if (task == Task.SPARSE_ENCODER && tokenizer.size() > output.columns()) {
            throw new BundleException(
                "got " + output.columns() + " output columns in model.onnx, expected one for each of the " + tokenizer.size() + " tokens of tokenizer.json"
            );
        }
        if (vocabularySize > 0 && tokenizer.size() > vocabularySize) {
            throw new BundleException(
                "tokenizer.json: got token [" + tokenizer.last() + "] with id " + (tokenizer.size() - 1)
                    + ", expected ids below vocab_size = " + vocabularySize + " of config.json"
            );
        }
    }

    private static BundleException mismatch(Task task, TensorSpec output, String expected) {
        return new BundleException("model.onnx: got output [" + output + "] for a " + task.id() + ", expected " + expected);
    }

    /** The smallest of what tokenizer_config.json and the position table allow. */
    private static int maxTokens(BundleJson config, BundleJson overrides, Map<String, Path> files, BundleLimits limits) throws IOException {
        if (overrides.integer("max_tokens").isPresent()) {
            int given = overrides.integer("max_tokens").getAsInt();
            long most = config.integer("max_position_embeddings").isPresent() ? positions(config) : LONGEST_INPUT;
            if (given < 3 || given > most) {
                throw new BundleException("neural-ranking.json: got max_tokens " + given + ", expected 3 to " + most);
            }
            return given;
        }
        long limit = positions(config);
        if (files.containsKey(BundleFiles.TOKENIZER_CONFIG)) {
            double stated = BundleJson.read(files.get(BundleFiles.TOKENIZER_CONFIG), limits).number("model_max_length").orElse(LONGEST_INPUT);
            limit = (long) Math.min(limit, stated);
        }
        if (limit < 3) {
            throw new BundleException("got a longest input of " + limit + " tokens from config.json and tokenizer_config.json, expected at least 3");
        }
        return (int) Math.min(limit, LONGEST_INPUT);
    }

    /** How many tokens the position table has room for. */
    private static long positions(BundleJson config) {
        long positions = config.integer("max_position_embeddings").orElse(DEFAULT_MAX_TOKENS);
        String type = config.string("model_type").orElse("");
        boolean startsAfterPadding = type.endsWith("roberta") || type.equals("camembert");
        return startsAfterPadding ? positions - 2 : positions;
    }
}
