package org.neuralranking.inference;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.LongSupplier;

import org.neuralranking.tokenize.TokenSequence;
import org.opensearch.OpenSearchStatusException;
import org.opensearch.action.support.ContextPreservingActionListener;
import org.opensearch.common.util.concurrent.ThreadContext;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.core.tasks.TaskCancelledException;

/**
 * Rows that were handed to a model together, and the results that are there so far.
 * <p>
 * A row ends in one of three ways: with a result; with a failure, which ends the whole submission; or dropped, because the submission was
 * cancelled or its deadline has passed. Results that were there before an end stay readable.
 *
 * @param <R> what a row becomes
 */
public final class Submission<R> {

    private final List<TokenSequence> rows;
    private final OutputReader<R> reader;
    private final Urgency urgency;
    private final long deadlineNanos;
    private final LongSupplier nanoTime;
    private final ThreadContext threadContext;
    private final long startNanos;

    private final AtomicReferenceArray<R> results;
    private final AtomicInteger completed = new AtomicInteger();
    private final AtomicInteger running; // rows whose batch has not ended well
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private CompletableFuture<Void> told = done; // done, and the model's books are kept
    private int next; // first row that is not handed out; guarded by the scheduler's lock

    Submission(
        List<TokenSequence> rows,
        OutputReader<R> reader,
        Urgency urgency,
        long deadlineNanos,
        LongSupplier nanoTime,
        ThreadContext threadContext
    ) {
        this.rows = List.copyOf(rows);
        this.reader = reader;
        this.urgency = urgency;
        this.deadlineNanos = deadlineNanos;
        this.nanoTime = nanoTime;
        this.threadContext = threadContext;
        this.startNanos = nanoTime.getAsLong();
        this.results = new AtomicReferenceArray<>(rows.size());
        this.running = new AtomicInteger(rows.size());
        if (rows.isEmpty()) {
            done.complete(null);
        }
    }

    public int size() {
        return rows.size();
    }

    /** The result of row {@code i}, or null while it is not there. */
    public R result(int i) {
        return results.get(i);
    }

    /** How many rows have a result. */
    public int completed() {
        return completed.get();
    }

    /** Why the submission ended before all rows had a result, or null. */
    public Exception failure() {
        return done.isCompletedExceptionally() ? (Exception) done.exceptionNow() : null;
    }

    /**
     * Waits for the end of the submission, at most until {@code untilNanos}.
     *
     * @param untilNanos on {@link System#nanoTime()}'s clock, or {@link Deadline#NONE}
     * @return whether it has ended, with or without a failure
     */
    public boolean awaitUntil(long untilNanos) throws InterruptedException {
        try {
            if (untilNanos == Deadline.NONE) {
                told.get();
            } else {
                told.get(Math.max(0, untilNanos - nanoTime.getAsLong()), TimeUnit.NANOSECONDS);
            }
            return true;
        } catch (ExecutionException e) {
            return true;
        } catch (TimeoutException e) {
            return false;
        }
    }

    /** Drops the rows that have not begun; a batch that runs ends, its results are kept. */
    public void cancel() {
        fail(new TaskCancelledException("cancelled with " + completed() + " of " + size() + " texts done"));
    }

    /**
     * Tells all results in order, or the first failure, once, in the thread context of this call. On an inference thread, or at once on
     * this one if the submission has ended: the listener must be short.
     */
    public void whenDone(ActionListener<List<R>> listener) {
        ActionListener<List<R>> inContext = ContextPreservingActionListener.wrapPreservingContext(listener, threadContext);
        told.whenComplete((nothing, wrapped) -> {
            Exception failure = failure();
            if (failure == null) {
                List<R> all = new ArrayList<>(rows.size());
                for (int i = 0; i < rows.size(); i++) {
                    all.add(results.get(i));
                }
                inContext.onResponse(all);
            } else {
                inContext.onFailure(failure);
            }
        });
    }

    /** Runs {@code end} once, when the submission has ended and before anybody is told. Called once, before the submission is given away. */
    void onEnd(Runnable end) {
        told = done.whenComplete((nothing, failure) -> end.run());
    }

    Urgency urgency() {
        return urgency;
    }

    long startNanos() {
        return startNanos;
    }

    TokenSequence row(int i) {
        return rows.get(i);
    }

    int next() {
        return next;
    }

    void handedOut(int count) {
        next += count;
    }

    boolean isDone() {
        return done.isDone();
    }

    /** Whether rows that have not begun need not begin any more. */
    boolean over() {
        return done.isDone() || Deadline.passed(deadlineNanos, nanoTime.getAsLong());
    }

    /** Whether the submission has ended because its deadline passed before all rows had begun. */
    public boolean expired() {
        return failure() instanceof Expired;
    }

    private static final class Expired extends OpenSearchStatusException {
        Expired(String message) {
            super(message, RestStatus.GATEWAY_TIMEOUT);
        }
    }

    /** Ends the submission because its deadline has passed. */
    void expire() {
        fail(new Expired("the deadline passed with " + completed() + " of " + size() + " texts done"));
    }

    void read(BatchOutput output, int row, int index) {
        if (results.compareAndSet(index, null, reader.read(output, row))) {
            completed.incrementAndGet();
        }
    }

    /** A batch of {@code count} rows has run and all of them were read. */
    void ended(int count) {
        if (running.addAndGet(-count) == 0) {
            done.complete(null);
        }
    }

    void fail(Exception e) {
        done.completeExceptionally(e);
    }
}
