package org.neuralranking.node;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * What rescoring did on all nodes since they started.
 *
 * @param windows        shard windows that were to be rescored
 * @param documents      documents rescored
 * @param budgetSpent    windows that ended early because their budget was spent
 * @param keptFirstStage windows that kept their first-stage order because something failed
 */
public record RescoreCounters(long windows, long documents, long budgetSpent, long keptFirstStage) {

    public static RescoreCounters read(Http http) {
        long[] sums = new long[4];
        for (JsonNode node : http.get("/_plugins/_neural_ranking/stats").ok().at("/nodes")) {
            JsonNode rescore = node.required("rescore");
            sums[0] += rescore.required("windows").asLong();
            sums[1] += rescore.required("documents").asLong();
            sums[2] += rescore.required("budget_spent").asLong();
            sums[3] += rescore.required("kept_first_stage").asLong();
        }
        return new RescoreCounters(sums[0], sums[1], sums[2], sums[3]);
    }

    /** Whether every window was rescored to its end. */
    public boolean complete() {
        return budgetSpent == 0 && keptFirstStage == 0;
    }
}
