package org.neuralranking.stats;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** The counters of this node: one set a loaded content, one for rescoring, and what memory is booked. */
public final class NodeStats {

    private final Map<String, ModelStats> models = new ConcurrentHashMap<>();
    private final RescoreStats rescore = new RescoreStats();
    private final Supplier<MemoryUse> memory;

    /** @param memory what models take of this node's memory now */
    public NodeStats(Supplier<MemoryUse> memory) {
        this.memory = memory;
    }

    /** Counters of a content, from now on shown until {@link #forget}. */
    public ModelStats model(String hash) {
        return models.computeIfAbsent(hash, unused -> new ModelStats());
    }

    public void forget(String hash) {
        models.remove(hash);
    }

    MemoryUse memory() {
        return memory.get();
    }

    public RescoreStats rescore() {
        return rescore;
    }

    Map<String, Snapshot> modelSnapshots() {
        Map<String, Snapshot> snapshots = new TreeMap<>();
        models.forEach((hash, stats) -> snapshots.put(hash, stats.snapshot()));
        return snapshots;
    }
}
