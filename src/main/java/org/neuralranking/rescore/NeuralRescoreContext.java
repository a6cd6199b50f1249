package org.neuralranking.rescore;

import org.neuralranking.model.ModelRef;
import org.opensearch.search.rescore.RescoreContext;

/** One clause on one shard. */
final class NeuralRescoreContext extends RescoreContext {

    final NeuralRescorerBuilder.Clause clause;
    final ModelRef model;
    final long budgetNanos;

    NeuralRescoreContext(int windowSize, NeuralRescorer rescorer, NeuralRescorerBuilder.Clause clause, ModelRef model, long budgetNanos) {
        super(windowSize, rescorer);
        this.clause = clause;
        this.model = model;
        this.budgetNanos = budgetNanos;
    }
}
