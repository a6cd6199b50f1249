package org.neuralranking.inference;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

import org.neuralranking.model.Task;
import org.neuralranking.model.bundle.Bundle;
import org.neuralranking.model.bundle.BundleException;
import org.neuralranking.model.bundle.BundleFacts;
import org.neuralranking.stats.ModelStats;
import org.neuralranking.tokenize.TokenSequence;
import org.neuralranking.tokenize.Tokenizer;
import org.opensearch.common.lease.Releasable;
import org.opensearch.common.util.concurrent.AbstractRefCounted;
import org.opensearch.common.util.concurrent.ThreadContext;

/**
 * One content, ready to answer: tokenizer, graph and the queue in front of it. Counted by references: native memory goes when the last
 * user closes, also while the id already means something else.
 */
public final class LoadedModel extends AbstractRefCounted implements Releasable {

    private final String hash;
    private final BundleFacts facts;
    private final Tokenizer tokenizer;
    private final OnnxGraph graph;
    private final float[] queryWeights;
    private final Scheduler scheduler;
    private final ModelStats stats;
    private final LongSupplier nanoTime;
    private final ThreadContext threadContext;

    private LoadedModel(
        Bundle bundle,
        Tokenizer tokenizer,
        OnnxGraph graph,
        float[] queryWeights,
        InferenceSettings settings,
        Executor executor,
        LongSupplier nanoTime,
        ThreadContext threadContext,
        ModelStats stats
    ) {
        super("model " + bundle.hash());
        this.hash = bundle.hash();
        this.facts = bundle.facts();
        this.tokenizer = tokenizer;
        this.graph = graph;
        this.queryWeights = queryWeights;
        this.stats = stats;
        this.scheduler = new Scheduler(this::run, settings, executor, nanoTime, stats);
        this.nanoTime = nanoTime;
        this.threadContext = threadContext;
    }

    /**
     * Opens tokenizer and graph and runs the graph once. Blocks.
     *
     * @throws BundleException if they cannot be used or do not fit together
     */
    static LoadedModel open(
        Bundle bundle,
        InferenceSettings settings,
        Executor executor,
        LongSupplier nanoTime,
        ThreadContext threadContext,
        ModelStats stats
    ) throws IOException {
        BundleFacts facts = bundle.facts();
        Tokenizer tokenizer = Tokenizer.open(Files.readAllBytes(bundle.tokenizer()), settings.maxTextChars());
        try {
            int columns = facts.output().shape().isEmpty() ? 0 : facts.vocabularySize();
            if (facts.task() == Task.SPARSE_ENCODER && columns < tokenizer.vocabulary().size()) {
                throw new BundleException(
                    "got " + columns + " output columns in model.onnx, expected one for each of the " + tokenizer.vocabulary().size() + " tokens of tokenizer.json"
                );
            }
            float[] queryWeights = facts.queryWeights() ? QueryWeights.read(bundle.queryWeights(), tokenizer.vocabulary()) : null;
            TokenSequence probe = tokenizer.single(tokenizer.tokenize("a plain text", facts.maxTokens()), facts.maxTokens());
            OnnxGraph graph = new OnnxGraph(bundle.graph(), facts.inputs(), facts.output(), tokenizer.vocabulary().padId(), probe);
            if (facts.task() == Task.CROSS_ENCODER && graph.columns() != 1) {
                graph.close();
                throw new BundleException("model.onnx: got " + graph.columns() + " logits a pair, expected 1 for a cross_encoder");
            }
            return new LoadedModel(bundle, tokenizer, graph, queryWeights, settings, executor, nanoTime, threadContext, stats);
        } catch (Exception | LinkageError e) {
            tokenizer.close();
            throw e;
        }
    }

    public String hash() {
        return hash;
    }

    public BundleFacts facts() {
        return facts;
    }

    public Tokenizer tokenizer() {
        return tokenizer;
    }

    /** Longest input, special tokens included. */
    public int maxTokens() {
        return facts.maxTokens();
    }

    /** Query weights by token id, 0 for tokens that a query ignores; null if queries go through the graph, too. Not to be changed. */
    public float[] queryWeights() {
        return queryWeights;
    }

    public ModelStats stats() {
        return stats;
    }

    /**
     * Queues rows for the graph and returns at once.
     *
     * @param deadlineNanos on {@link System#nanoTime()}'s clock: rows that have not begun then are dropped; or {@link Deadline#NONE}
     * @throws org.opensearch.core.concurrency.OpenSearchRejectedExecutionException (429) if the queue is full
     */
    public <R> Submission<R> submit(List<TokenSequence> rows, OutputReader<R> reader, Urgency urgency, long deadlineNanos) {
        Submission<R> submission = new Submission<>(rows, reader, urgency, deadlineNanos, nanoTime, threadContext);
        incRef();
        try {
            scheduler.submit(submission);
        } catch (RuntimeException e) {
            decRef();
            throw e;
        }
        long truncated = rows.stream().filter(TokenSequence::truncated).count();
        if (truncated > 0) {
            stats.truncated(truncated);
        }
        submission.onEnd(() -> {
            stats.answered(nanoTime.getAsLong() - submission.startNanos());
            decRef();
        });
        return submission;
    }

    /** Holds a reference of its own: the submission may be cancelled, and the last user gone, while the graph runs. */
    private void run(Scheduler.Batch batch) throws Exception {
        if (tryIncRef() == false) {
            throw new IllegalStateException("model " + hash + " was closed");
        }
        try {
            graph.run(batch.rows(), output -> {
                for (int row = 0; row < batch.rows().size(); row++) {
                    batch.submission().read(output, row, batch.from() + row);
                }
            });
        } finally {
            decRef();
        }
    }

    @Override
    public void close() {
        decRef();
    }

    @Override
    protected void closeInternal() {
        graph.close();
        tokenizer.close();
    }
}
