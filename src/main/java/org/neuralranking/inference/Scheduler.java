package org.neuralranking.inference;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

import org.neuralranking.stats.ModelStats;
import org.neuralranking.tokenize.TokenSequence;
import org.opensearch.core.concurrency.OpenSearchRejectedExecutionException;

/**
 * The queue in front of one graph: takes rows from all searches and bulks of the node and hands them out in batches.
 * <p>
 * Searches come before bulks, but after {@link #SEARCH_BATCHES_PER_INGEST_BATCH} of their batches one belongs to a bulk if one waits. Within a class,
 * submissions take turns batch by batch, so that a long one does not hold up a short one. The queue is bounded; beyond the bound a
 * submission is refused at once (429).
 */
final class Scheduler {

    private static final int SEARCH_BATCHES_PER_INGEST_BATCH = 3;

    /** Rows that run together. */
    record Batch(Submission<?> submission, int from, List<TokenSequence> rows) {}

    /** Runs a batch and reads its output row by row; throws what the runtime threw. */
    interface Runner {
        void run(Batch batch) throws Exception;
    }

    private final Runner runner;
    private final InferenceSettings settings;
    private final Executor executor;
    private final LongSupplier nanoTime;
    private final ModelStats stats;

    private final Map<Urgency, Deque<Submission<?>>> waiting = new EnumMap<>(Urgency.class);
    private int queuedRows;
    private int workers;
    private int searchBatchesInARow;

    Scheduler(Runner runner, InferenceSettings settings, Executor executor, LongSupplier nanoTime, ModelStats stats) {
        this.runner = runner;
        this.settings = settings;
        this.executor = executor;
        this.nanoTime = nanoTime;
        this.stats = stats;
        for (Urgency urgency : Urgency.values()) {
            waiting.put(urgency, new ArrayDeque<>());
        }
    }

    /** @throws OpenSearchRejectedExecutionException (429) if the queue is full */
    void submit(Submission<?> submission) {
        if (submission.size() == 0) {
            return;
        }
        int newWorkers;
        synchronized (this) {
            if (queuedRows >= settings.queueCapacity()) {
                dropGone();
            }
            if (queuedRows >= settings.queueCapacity()) {
                stats.rejected(submission.size());
                throw new OpenSearchRejectedExecutionException(
                    "got " + submission.size() + " texts while " + queuedRows + " wait, expected fewer than "
                        + InferenceSettings.QUEUE_CAPACITY.getKey() + " = " + settings.queueCapacity() + " to wait"
                );
            }
            waiting.get(submission.urgency()).addLast(submission);
            queuedRows += submission.size();
            stats.queued(queuedRows);
            newWorkers = Math.min(settings.threads() - workers, submission.size());
            workers += newWorkers;
        }
        for (int i = 0; i < newWorkers; i++) {
            startWorker();
        }
    }

    /** What has ended takes no room. Called under the lock; what has only expired is left to a worker, who may tell its listeners. */
    private void dropGone() {
        for (Deque<Submission<?>> queue : waiting.values()) {
            queue.removeIf(submission -> {
                boolean gone = submission.isDone();
                if (gone) {
                    dropRest(submission);
                }
                return gone;
            });
        }
    }

    private void dropRest(Submission<?> submission) {
        int rest = submission.size() - submission.next();
        queuedRows -= rest;
        stats.queued(queuedRows);
        stats.dropped(rest);
    }

    private void startWorker() {
        try {
            executor.execute(this::work);
        } catch (RuntimeException refused) {
            List<Submission<?>> orphans = new ArrayList<>();
            synchronized (this) {
                workers--;
                boolean full = refused instanceof OpenSearchRejectedExecutionException rejected && rejected.isExecutorShutdown() == false;
                if (full && workers > 0) {
                    return; // the others run what waits
                }
                // the node is shutting down, or its pool was given too small a queue: nobody will run what waits
                waiting.values().forEach(queue -> {
                    orphans.addAll(queue);
                    queue.clear();
                });
                queuedRows = 0;
                stats.queued(0);
            }
            orphans.forEach(orphan -> orphan.fail(refused));
        }
    }

    /** Runs one batch, then goes to the end of the pool's queue, so that models take turns, too. */
    private void work() {
        Batch batch = next();
        if (batch == null) {
            return;
        }
        long start = nanoTime.getAsLong();
        try {
            runner.run(batch);
            stats.ran(batch.rows().size(), tokens(batch), nanoTime.getAsLong() - start);
            batch.submission().ended(batch.rows().size());
        } catch (Exception | LinkageError e) {
            failed(batch, e);
        } catch (Throwable e) {
            failed(batch, e);
            startWorker();
            throw e; // the node must know
        }
        startWorker();
    }

    private void failed(Batch batch, Throwable e) {
        stats.failed(batch.rows().size());
        batch.submission().fail(e instanceof Exception exception ? exception : new IllegalStateException(e.toString(), e));
    }

    private static int tokens(Batch batch) {
        int tokens = 0;
        for (TokenSequence row : batch.rows()) {
            tokens += row.size();
        }
        return tokens;
    }

    /** The next batch, or null: then the calling worker is gone. */
    private Batch next() {
        List<Submission<?>> over = new ArrayList<>(0);
        Batch batch = next(over);
        over.forEach(Submission::expire); // tells listeners, who may do what they like: not under the lock
        return batch;
    }

    private synchronized Batch next(List<Submission<?>> over) {
        while (true) {
            Deque<Submission<?>> queue = nextQueue();
            if (queue == null) {
                workers--;
                return null;
            }
            Submission<?> submission = queue.removeFirst();
            if (submission.over()) {
                dropRest(submission);
                over.add(submission);
                continue;
            }
            int from = submission.next();
            List<TokenSequence> rows = take(submission, from);
            submission.handedOut(rows.size());
            queuedRows -= rows.size();
            stats.queued(queuedRows);
            if (submission.next() < submission.size()) {
                queue.addLast(submission);
            }
            boolean search = submission.urgency() == Urgency.SEARCH;
            searchBatchesInARow = search ? Math.min(searchBatchesInARow + 1, SEARCH_BATCHES_PER_INGEST_BATCH) : 0;
            return new Batch(submission, from, rows);
        }
    }

    /** The queue whose turn it is, or null if nothing waits. */
    private Deque<Submission<?>> nextQueue() {
        Deque<Submission<?>> search = waiting.get(Urgency.SEARCH);
        Deque<Submission<?>> ingest = waiting.get(Urgency.INGEST);
        boolean ingestTurn = search.isEmpty() || searchBatchesInARow >= SEARCH_BATCHES_PER_INGEST_BATCH;
        if (ingestTurn && ingest.isEmpty() == false) {
            return ingest;
        }
        return search.isEmpty() ? null : search;
    }

    /** The next rows of one submission that fit into a batch, padding counted; at least one. */
    private List<TokenSequence> take(Submission<?> submission, int from) {
        List<TokenSequence> rows = new ArrayList<>();
        int longest = 0;
        for (int i = from; i < submission.size() && rows.size() < settings.maxBatchItems(); i++) {
            TokenSequence row = submission.row(i);
            longest = Math.max(longest, row.size());
            if (rows.isEmpty() == false && (long) longest * (rows.size() + 1) > settings.maxBatchTokens()) {
                break;
            }
            rows.add(row);
        }
        return rows;
    }
}
