package org.neuralranking.rescore;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

import org.apache.lucene.search.IndexSearcher;
import org.neuralranking.inference.Deadline;
import org.neuralranking.inference.LoadedModel;
import org.neuralranking.inference.Submission;
import org.neuralranking.inference.Urgency;
import org.neuralranking.tokenize.TokenSequence;
import org.opensearch.core.tasks.TaskCancelledException;

/**
 * One window of one shard: texts → pairs → logits, against a deadline.
 * <p>
 * Goes through the hits in first-stage order, some at a time, so that a spent budget loses the least: the next texts are read and tokenised
 * while the model runs the ones before. The search thread looks for cancellation between texts and every {@link #CHECK_NANOS} while it
 * waits, and stops at the deadline; reading one part of the window is all that it can be late.
 */
final class WindowScoring {

    /** Hits that are read and submitted together: enough to keep several graphs busy, few enough to come back to the deadline soon. */
    private static final int PART = 32;
    /** Parts that are with the model at a time: one runs while the next one waits. More would take other searches' turns. */
    private static final int AHEAD = 2;
    /** A cancelled search stops within this time or one batch, whichever is longer. */
    private static final long CHECK_NANOS = 20_000_000;

    private final LoadedModel model;
    private final PairScoring pairs;
    private final DocumentText document;
    private final IndexSearcher searcher;
    private final long deadlineNanos;
    private final Runnable stopIfCancelled;

    private final Deque<Part> running = new ArrayDeque<>();

    /** @param hitOfRow which hit of the window each row is */
    private record Part(Submission<Float> submission, int[] hitOfRow) {}

    WindowScoring(
        LoadedModel model,
        PairScoring pairs,
        DocumentText document,
        IndexSearcher searcher,
        long deadlineNanos,
        Runnable stopIfCancelled
    ) {
        this.model = model;
        this.pairs = pairs;
        this.document = document;
        this.searcher = searcher;
        this.deadlineNanos = deadlineNanos;
        this.stopIfCancelled = stopIfCancelled;
    }

    /**
     * @param docs global document ids, best first
     * @throws TaskCancelledException if the search was cancelled
     */
    WindowLogits score(int[] docs) throws IOException {
        Float[] logits = new Float[docs.length];
        int withoutText = 0;
        try {
            for (int from = 0; from < docs.length && passed() == false; from += PART) {
                int[] part = Arrays.copyOfRange(docs, from, Math.min(from + PART, docs.length));
                withoutText += submit(SourceReader.read(part, document, searcher, stopIfCancelled), from);
                collect(AHEAD - 1, logits);
            }
            collect(0, logits);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TaskCancelledException("interrupted while rescoring");
        } finally {
            running.forEach(part -> part.submission.cancel()); // nobody waits for them any more
        }
        return new WindowLogits(logits, withoutText);
    }

    private boolean passed() {
        return Deadline.passed(deadlineNanos, System.nanoTime());
    }

    /** Returns how many of the hits have no text. */
    private int submit(List<List<String>> texts, int firstHit) {
        List<TokenSequence> rows = new ArrayList<>(texts.size());
        int[] hitOfRow = new int[texts.size()];
        for (int i = 0; i < texts.size(); i++) {
            stopIfCancelled.run();
            if (texts.get(i).isEmpty() == false) {
                hitOfRow[rows.size()] = firstHit + i;
                rows.add(pairs.pair(document, texts.get(i)));
            }
        }
        if (rows.isEmpty() == false) {
            running.addLast(new Part(model.submit(rows, PairScoring::logit, Urgency.SEARCH, deadlineNanos), hitOfRow));
        }
        return texts.size() - rows.size();
    }

    /** Waits until no more than {@code left} parts run, or for the deadline; what is there by then counts. */
    private void collect(int left, Float[] logits) throws InterruptedException {
        while (running.size() > left) {
            Submission<Float> submission = running.getFirst().submission;
            boolean done = false;
            while (done == false && passed() == false) {
                long soon = System.nanoTime() + CHECK_NANOS;
                done = submission.awaitUntil(soon - deadlineNanos < 0 ? soon : deadlineNanos);
                stopIfCancelled.run();
            }
            submission.cancel(); // nothing happens if it is done
            int[] hitOfRow = running.removeFirst().hitOfRow;
            for (int row = 0; row < submission.size(); row++) {
                logits[hitOfRow[row]] = submission.result(row);
            }
            if (done && submission.failure() != null && submission.expired() == false) {
                throw submission.failure() instanceof RuntimeException failure ? failure : new IllegalStateException(submission.failure());
            }
        }
    }
}
