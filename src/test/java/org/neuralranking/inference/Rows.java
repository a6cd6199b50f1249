package org.neuralranking.inference;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

import org.neuralranking.tokenize.TokenSequence;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.util.concurrent.ThreadContext;

/** Rows and submissions for tests without a graph: a row's first token id says who it is, and becomes its result. */
final class Rows {

    private Rows() {}

    static TokenSequence row(int id, int tokens) {
        int[] ids = new int[tokens];
        ids[0] = id;
        return new TokenSequence(ids, new int[tokens], false);
    }

    /** Rows {@code from}, {@code from + 1}, … of one token each. */
    static List<TokenSequence> rows(int from, int count) {
        List<TokenSequence> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            rows.add(row(from + i, 1));
        }
        return rows;
    }

    static Submission<Integer> submission(List<TokenSequence> rows, Urgency urgency, long deadlineNanos, LongSupplier nanoTime) {
        return submission(rows, urgency, deadlineNanos, nanoTime, new ThreadContext(Settings.EMPTY));
    }

    static Submission<Integer> submission(
        List<TokenSequence> rows,
        Urgency urgency,
        long deadlineNanos,
        LongSupplier nanoTime,
        ThreadContext threadContext
    ) {
        return new Submission<>(
            rows,
            (output, row) -> (int) output.values().get(output.rowStart(row)),
            urgency,
            deadlineNanos,
            nanoTime,
            threadContext
        );
    }

    /** What a graph would give for these rows: the first token id of each. */
    static BatchOutput output(List<TokenSequence> rows) {
        float[] values = new float[rows.size()];
        int[] tokens = new int[rows.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = rows.get(i).ids()[0];
            tokens[i] = rows.get(i).size();
        }
        return new BatchOutput(FloatBuffer.wrap(values), new long[] { values.length, 1 }, tokens);
    }

    /** Reads the results of a batch, as a runner does. */
    static void read(Scheduler.Batch batch) {
        BatchOutput output = output(batch.rows());
        for (int i = 0; i < batch.rows().size(); i++) {
            batch.submission().read(output, i, batch.from() + i);
        }
    }
}
