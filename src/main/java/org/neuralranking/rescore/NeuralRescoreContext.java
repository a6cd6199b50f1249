package org.neuralranking.rescore;

import org.neuralranking.inference.Deadline;
import org.neuralranking.model.ModelRef;
import org.opensearch.search.rescore.RescoreContext;

/** One clause on one shard. */
final class NeuralRescoreContext extends RescoreContext {

    final NeuralRescorerBuilder.Clause clause;
    final ModelRef model;
    final long budgetNanos;
    private long explainDeadlineNanos = Deadline.NONE;

    NeuralRescoreContext(int windowSize, NeuralRescorer rescorer, NeuralRescorerBuilder.Clause clause, ModelRef model, long budgetNanos) {
        super(windowSize, rescorer);
        this.clause = clause;
        this.model = model;
        this.budgetNanos = budgetNanos;
    }

    /** When the explanations of this shard must be done; the first one starts the clock. On the fetch phase's one thread. */
    long explainDeadlineNanos() {
        if (explainDeadlineNanos == Deadline.NONE) {
            explainDeadlineNanos = Deadline.after(System.nanoTime(), budgetNanos);
        }
        return explainDeadlineNanos;
    }
}
