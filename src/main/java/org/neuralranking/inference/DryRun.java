package org.neuralranking.inference;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
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
 * Apart from the time it takes, it does and finds the same every time. It asks for no more memory than the longest text may, and outputs
 * are looked at where they are: of each row that is compared, at most {@link RowSample#MOST} values are copied into the heap.
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
    /** An output with a value for each token and each of a vocabulary is large; in a batch it is there {@link #ROWS} times. */
    private static final int VALUES_COMPARED = 1 << 20;
    private static final int VALUES = 1 << 24;

    /** Tokens of a short passage. */
    private static final int TYPICAL = 64;
    private static final int TIMED_RUNS = 9;
    /** A slow model is timed fewer times. */
    private static final long TIMING_NANOS = 500_000_000;

    /** Beyond that all values are finite. */
    private static final Consumer<BatchOutput> NOTHING_MORE = output -> {};

    private final OnnxGraph graph;
    private final RandomRows random;
    private final int lastToken;
    private final int padId;
    private final int maxTokens;
    private final RunLimit limit;
    private final LongSupplier nanoTime;
    private boolean takesBatches = true;
    private double largest;
    private double largestDifference;

    private DryRun(OnnxGraph graph, Tokenizer tokenizer, BundleFacts facts, RunLimit limit, LongSupplier nanoTime) {
        this.graph = graph;
        this.random = new RandomRows(tokenizer, facts);
        this.lastToken = tokenizer.vocabulary().size() - 1;
        this.padId = tokenizer.vocabulary().padId();
        this.maxTokens = facts.maxTokens();
        this.limit = limit;
        this.nanoTime = nanoTime;
    }

    /**
     * @throws BundleException if the graph cannot take every token or every length, takes too long, or answers what is not finite
     */
    static Findings of(OnnxGraph graph, Tokenizer tokenizer, BundleFacts facts, RunLimit limit, LongSupplier nanoTime) {
        return new DryRun(graph, tokenizer, facts, limit, nanoTime).run();
    }

    private Findings run() {
        tryEveryToken();
        compare();
        run(List.of(random.row(fitting(LONGEST, VALUES))), 0, NOTHING_MORE);
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
            attempt(List.of(random.row(tokens, lastToken)), tokens, NOTHING_MORE);
        } catch (OrtException e) {
            run(List.of(random.row(tokens, padId)), tokens, NOTHING_MORE); // or it is not the token
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
        RowSample[] alone = new RowSample[rows.size()];
        for (int i = 0; i < alone.length; i++) {
            int row = i;
            run(rows.subList(i, i + 1), 0, output -> {
                largest = Math.max(largest, output.largest(0));
                alone[row] = RowSample.of(output, 0);
            });
            run(rows.subList(i, i + 1), longest, output -> compare(alone[row], output, 0));
        }
        try {
            attempt(rows, longest, output -> {
                for (int row = 0; row < alone.length; row++) {
                    compare(alone[row], output, row);
                }
            });
        } catch (OrtException e) {
            takesBatches = false; // some are exported for one text at a time
        }
    }

    private void compare(RowSample alone, BatchOutput output, int row) {
        largestDifference = Math.max(largestDifference, alone.largestDifference(output, row));
    }

    private double textsPerSecond() {
        List<TokenSequence> text = List.of(random.row(fitting(TYPICAL, VALUES)));
        run(text, 0, NOTHING_MORE); // the first run of a length makes room
        long[] nanos = new long[TIMED_RUNS];
        int runs = 0;
        long start = nanoTime.getAsLong();
        for (long before = start; runs < TIMED_RUNS && before - start < TIMING_NANOS; runs++) {
            run(text, 0, NOTHING_MORE);
            long after = nanoTime.getAsLong();
            nanos[runs] = Math.max(1, after - before);
            before = after;
        }
        Arrays.sort(nanos, 0, runs);
        return 1e9 / nanos[runs / 2];
    }

    /** As {@link #attempt}, where no refusal is expected. */
    private void run(List<TokenSequence> rows, int paddedTo, Consumer<BatchOutput> read) {
        try {
            attempt(rows, paddedTo, read);
        } catch (OrtException e) {
            throw new BundleException(
                "model.onnx: got a graph that refuses " + name(rows, paddedTo) + ", expected one that takes texts of up to " + maxTokens
                    + " tokens: " + e.getMessage(),
                e
            );
        }
    }

    /** @param read sees finite values only, but for those of padding */
    private void attempt(List<TokenSequence> rows, int paddedTo, Consumer<BatchOutput> read) throws OrtException {
        int[] rowTokens = rows.stream().mapToInt(TokenSequence::size).toArray();
        int tokens = Math.max(paddedTo, Arrays.stream(rowTokens).max().orElseThrow());
        graph.run(rows, rowTokens, tokens, limit, output -> {
            for (int row = 0; row < rowTokens.length; row++) {
                float largest = output.largest(row);
                if (Float.isFinite(largest) == false) {
                    throw new BundleException(
                        "model.onnx: got " + largest + " in its output for " + name(rows, paddedTo) + ", expected finite numbers"
                    );
                }
            }
            read.accept(output);
        });
    }

    private static String name(List<TokenSequence> rows, int paddedTo) {
        String texts = rows.size() == 1 ? "a text of " + rows.getFirst().size() + " tokens" : rows.size() + " texts at a time";
        return paddedTo == 0 ? texts : texts + ", padded to " + paddedTo;
    }
}
