package org.neuralranking.inference;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;

import org.neuralranking.model.bundle.BundleException;
import org.neuralranking.model.bundle.BundleFacts;
import org.neuralranking.tokenize.TokenSequence;
import org.neuralranking.tokenize.Tokenizer;

import ai.onnxruntime.OrtException;

/**
 * Tries a graph out before anybody's text is let near it: on rows of random tokens, each alone, padded and in a batch with the others. What
 * is not finite, or what the runtime refuses, is refused here with a reason.
 * <p>
 * Many public 8-bit exports take the scale of their activations from the whole batch, so that a text's answer depends on who happens to
 * share its run. Such graphs are found by comparing the answers: see {@link #TOLERANCE}.
 * <p>
 * Apart from the time it takes, it does and finds the same every time. It asks for no more memory than the longest text may.
 */
final class DryRun {

    /** @param textsPerSecond of {@link #TYPICAL} tokens, on the one thread that tries */
    record Findings(boolean batchInvariant, float largestDifference, double textsPerSecond) {}

    /**
     * By how much an answer may move, as a share of the largest one; of answers below 1, the absolute difference. Sums of floats in another
     * order move by 1e-7 to 1e-6 of it, the default models and the toys by nothing. A cross-encoder of dynamic int8 moved by 0.8 of logits
     * up to 7: over 1000 times this.
     */
    static final double TOLERANCE = 1e-4;

    private static final int ROWS = 4;
    /** Rows longer than this find nothing more. */
    private static final int LONGEST_COMPARED = 128;
    /** A row beyond a position table that is shorter than {@code max_tokens} says is longer than most of these. */
    private static final int LONGEST = 512;
    /** An output with a value for each token and each of a vocabulary is large; the copies that are compared are in the heap. */
    private static final int VALUES_COMPARED = 1 << 20;
    private static final int VALUES = 1 << 24;

    /** Tokens of a short passage. */
    private static final int TYPICAL = 64;
    private static final int TIMED_RUNS = 9;
    /** A slow model is timed fewer times. */
    private static final long TIMING_NANOS = 500_000_000;

    private final OnnxGraph graph;
    private final RandomRows random;
    private final int lastToken;
    private final int padId;
    private final int maxTokens;
    private final LongSupplier nanoTime;
    private boolean takesBatches = true;
    private double largest;
    private double largestDifference;

    private DryRun(OnnxGraph graph, Tokenizer tokenizer, BundleFacts facts, LongSupplier nanoTime) {
        this.graph = graph;
        this.random = new RandomRows(tokenizer, facts);
        this.lastToken = tokenizer.vocabulary().size() - 1;
        this.padId = tokenizer.vocabulary().padId();
        this.maxTokens = facts.maxTokens();
        this.nanoTime = nanoTime;
    }

    /**
     * @throws BundleException if the graph cannot take every token or every length, or answers what is not finite
     */
    static Findings of(OnnxGraph graph, Tokenizer tokenizer, BundleFacts facts, LongSupplier nanoTime) {
        return new DryRun(graph, tokenizer, facts, nanoTime).run();
    }

    private Findings run() {
        tryEveryToken();
        compare();
        run(List.of(random.row(fitting(LONGEST, VALUES))), 0);
        double textsPerSecond = textsPerSecond();
        boolean batchInvariant = takesBatches && largestDifference <= TOLERANCE * Math.max(1, largest);
        return new Findings(batchInvariant, (float) largestDifference, textsPerSecond);
    }

    /** As many tokens as this, if the model takes so many and its output has no more values than that. */
    private int fitting(int tokens, int values) {
        int fitting = Math.min(tokens, maxTokens);
        return Math.max(random.shortest(), graph.perToken() ? Math.min(fitting, values / graph.columns()) : fitting);
    }

    /** Embeddings are looked up in a table: if it has a row for the last token, it has one for all. */
    private void tryEveryToken() {
        int tokens = random.shortest();
        try {
            values(List.of(random.row(tokens, lastToken)), tokens);
        } catch (OrtException e) {
            run(List.of(random.row(tokens, padId)), tokens); // or it is not the token
            throw new BundleException(
                "model.onnx: got a graph that refuses token id " + lastToken + ", expected one that takes all " + (lastToken + 1)
                    + " tokens of tokenizer.json: " + e.getMessage(),
                e
            );
        }
    }

    private void compare() {
        int longest = fitting(Math.clamp(maxTokens / ROWS, random.shortest(), LONGEST_COMPARED), VALUES_COMPARED);
        List<TokenSequence> rows = new ArrayList<>();
        for (int tokens : new int[] { random.shortest(), longest / 4, longest / 2, longest }) {
            rows.add(random.row(Math.max(random.shortest(), tokens)));
        }
        float[][] together = batch(rows, longest);
        for (int i = 0; i < rows.size(); i++) {
            float[] alone = run(rows.subList(i, i + 1), 0)[0];
            float[] padded = run(rows.subList(i, i + 1), longest)[0];
            for (int v = 0; v < alone.length; v++) {
                largest = Math.max(largest, Math.abs(alone[v]));
                largestDifference = Math.max(largestDifference, Math.abs((double) alone[v] - padded[v]));
                if (together != null) {
                    largestDifference = Math.max(largestDifference, Math.abs((double) alone[v] - together[i][v]));
                }
            }
        }
    }

    /** As {@link #run(List, int)}; null if the graph takes only one text at a time, as some are exported. */
    private float[][] batch(List<TokenSequence> rows, int paddedTo) {
        try {
            return values(rows, paddedTo);
        } catch (OrtException e) {
            takesBatches = false;
            return null;
        }
    }

    private double textsPerSecond() {
        List<TokenSequence> text = List.of(random.row(fitting(TYPICAL, VALUES)));
        run(text, 0); // the first run of a length makes room
        long[] nanos = new long[TIMED_RUNS];
        int runs = 0;
        long start = nanoTime.getAsLong();
        for (long before = start; runs < TIMED_RUNS && before - start < TIMING_NANOS; runs++) {
            run(text, 0);
            long after = nanoTime.getAsLong();
            nanos[runs] = Math.max(1, after - before);
            before = after;
        }
        Arrays.sort(nanos, 0, runs);
        return 1e9 / nanos[runs / 2];
    }

    /** Values of each row, without those of padding. */
    private float[][] run(List<TokenSequence> rows, int paddedTo) {
        try {
            return values(rows, paddedTo);
        } catch (OrtException e) {
            throw new BundleException(
                "model.onnx: got a graph that refuses " + name(rows, paddedTo) + ", expected one that takes texts of up to " + maxTokens
                    + " tokens: " + e.getMessage(),
                e
            );
        }
    }

    private float[][] values(List<TokenSequence> rows, int paddedTo) throws OrtException {
        int[] rowTokens = rows.stream().mapToInt(TokenSequence::size).toArray();
        int tokens = Math.max(paddedTo, Arrays.stream(rowTokens).max().orElseThrow());
        float[][] values = new float[rowTokens.length][];
        graph.run(rows, rowTokens, tokens, output -> {
            for (int row = 0; row < values.length; row++) {
                values[row] = new float[output.perToken() ? rowTokens[row] * output.columns() : output.rowSize()];
                output.values().get(output.rowStart(row), values[row]);
                for (float value : values[row]) {
                    if (Float.isFinite(value) == false) {
                        throw new BundleException("model.onnx: got " + value + " in its output for " + name(rows, paddedTo) + ", expected finite numbers");
                    }
                }
            }
        });
        return values;
    }

    private static String name(List<TokenSequence> rows, int paddedTo) {
        String texts = rows.size() == 1 ? "a text of " + rows.getFirst().size() + " tokens" : rows.size() + " texts at a time";
        return paddedTo == 0 ? texts : texts + ", padded to " + paddedTo;
    }
}
