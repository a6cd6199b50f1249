package org.neuralranking.stats;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What rescoring did on this node's shards. */
public final class RescoreStats {

    private final LongAdder windows = new LongAdder();
    private final LongAdder rescored = new LongAdder();
    private final LongAdder withoutText = new LongAdder();
    private final LongAdder budgetSpent = new LongAdder();
    private final LongAdder keptFirstStage = new LongAdder();
    private volatile String lastFailure;

    /** One shard's window came to an end with {@code documents} of them rescored, {@code empty} without text to rescore. */
    public void window(int documents, int empty) {
        windows.increment();
        rescored.add(documents);
        withoutText.add(empty);
    }

    /** A window ended because its budget was spent. */
    public void budgetSpent() {
        budgetSpent.increment();
    }

    /** A window kept its first-stage order because something failed. */
    public void keptFirstStage(Exception reason) {
        keptFirstStage.increment();
        lastFailure = reason.toString();
    }

    /** Why the last such window did, or null. */
    String lastFailure() {
        return lastFailure;
    }

    Map<String, Long> snapshot() {
        Map<String, Long> values = new LinkedHashMap<>();
        values.put("windows", windows.sum());
        values.put("documents", rescored.sum());
        values.put("documents_without_text", withoutText.sum());
        values.put("budget_spent", budgetSpent.sum());
        values.put("kept_first_stage", keptFirstStage.sum());
        return values;
    }
}
