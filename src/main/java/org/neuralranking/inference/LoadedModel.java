package org.neuralranking.inference;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

import org.neuralranking.model.Task;
import org.neuralranking.model.bundle.Bundle;
import org.neuralranking.model.bundle.BundleException;
import org.neuralranking.model.bundle.BundleFacts;
import org.neuralranking.model.bundle.BundleLimits;
import org.neuralranking.model.registry.LoadReport;
import org.neuralranking.stats.ModelStats;
import org.neuralranking.tokenize.TokenSequence;
import org.neuralranking.tokenize.Tokenizer;
import org.neuralranking.tokenize.Vocabulary;
import org.opensearch.common.lease.Releasable;
import org.opensearch.common.util.concurrent.AbstractRefCounted;
import org.opensearch.common.util.concurrent.ThreadContext;
import org.opensearch.common.util.io.IOUtils;
import org.opensearch.core.common.breaker.CircuitBreakingException;

/**
 * One content, ready to answer: tokenizer, graph and the queue in front of it. Counted by references: native memory goes when the last
 * user closes, also while the id already means something else.
 */
public final class LoadedModel extends AbstractRefCounted implements Releasable {

    /** Enough to tell contents apart. */
    private static final int SHOWN_OF_HASH = 12;

    private final String hash;
    private final BundleFacts facts;
    private final Tokenizer tokenizer;
    private final OnnxGraph graph;
    private final float[] queryWeights;
    private final Scheduler scheduler;
    private final ModelStats stats;
    private final ModelMemory.Booking memory;
    private final LoadReport report;
    private final LongSupplier nanoTime;
    private final ThreadContext threadContext;

    private LoadedModel(
        Bundle bundle,
        Tokenizer tokenizer,
        OnnxGraph graph,
        float[] queryWeights,
        ModelMemory.Booking memory,
        DryRun.Findings findings,
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
        this.memory = memory;
        this.report = new LoadReport(
            findings.textsPerSecond(),
            findings.batchInvariant(),
            findings.largestDifference(),
            memory.nativeBytes(),
            memory.heapBytes()
        );
        this.stats = stats;
        boolean batches = switch (facts.batching()) {
            case AUTO -> findings.batchInvariant();
            case ALWAYS -> true;
            case NEVER -> false;
        };
        this.scheduler = new Scheduler(this::run, batches ? settings : settings.oneByOne(), executor, nanoTime, stats);
        this.nanoTime = nanoTime;
        this.threadContext = threadContext;
    }

    /**
     * Books memory, opens tokenizer and graph and tries the graph out. Blocks.
     *
     * @param limits those that the bundle was read with
     * @param firstRuns of each run of the graph here
     * @throws BundleException          if they cannot be used or do not fit together
     * @throws CircuitBreakingException (429) if there is not enough memory
     */
    static LoadedModel open(
        Bundle bundle,
        BundleLimits limits,
        InferenceSettings settings,
        Executor executor,
        LongSupplier nanoTime,
        ThreadContext threadContext,
        ModelStats stats,
        ModelMemory allMemory,
        RunLimit firstRuns
    ) throws IOException {
        BundleFacts facts = bundle.facts();
        MemoryEstimate estimate = MemoryEstimate.of(bundle, settings);
        String what = "content [" + bundle.hash().substring(0, SHOWN_OF_HASH) + "]";
        Deque<Closeable> opened = new ArrayDeque<>();
        boolean usable = false;
        try {
            ModelMemory.Booking memory = allMemory.book(what, estimate.loadingNative(), estimate.loadingHeap());
            opened.push(memory::close);
            Tokenizer tokenizer = Tokenizer.open(Files.readAllBytes(bundle.tokenizer()), settings.maxTextChars());
            opened.push(tokenizer);
            Vocabulary vocabulary = tokenizer.vocabulary();
            float[] queryWeights = facts.queryWeights() ? QueryWeights.read(bundle.queryWeights(), vocabulary, limits) : null;
            TokenSequence probe = tokenizer.single(tokenizer.tokenize("a plain text", facts.maxTokens()), facts.maxTokens());
            OnnxGraph graph = new OnnxGraph(bundle.graph(), facts.inputs(), facts.output(), vocabulary.padId(), probe, firstRuns, memory);
            opened.push(graph);
            if (facts.task() == Task.CROSS_ENCODER && graph.columns() != 1) {
                throw new BundleException("model.onnx: got " + graph.columns() + " logits a pair, expected 1 for a cross_encoder");
            }
            DryRun.Findings findings = DryRun.of(graph, tokenizer, facts, firstRuns, nanoTime);
            graph.forgetBuffers();
            memory.settle(estimate.steadyNative(), estimate.steadyHeap());
            LoadedModel model = new LoadedModel(
                bundle, tokenizer, graph, queryWeights, memory, findings, settings, executor, nanoTime, threadContext, stats
            );
            usable = true;
            return model;
        } finally {
            if (usable == false) {
                IOUtils.closeWhileHandlingException(opened);
            }
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

    LoadReport report() {
        return report;
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
        memory.close();
    }
}
