package org.neuralranking.inference;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;

import org.neuralranking.model.bundle.Bundle;
import org.neuralranking.model.bundle.BundleLimits;
import org.neuralranking.model.registry.LoadReport;
import org.neuralranking.model.registry.ModelRuntime;
import org.neuralranking.model.registry.ModelThreads;
import org.neuralranking.stats.NodeStats;
import org.opensearch.threadpool.ThreadPool;

/** The loaded contents of this node, by hash. */
public final class InferenceEngine implements ModelRuntime {

    private final InferenceSettings settings;
    private final BundleLimits limits;
    private final ThreadPool threadPool;
    private final NodeStats stats;
    private final ModelMemory memory;
    private final Map<String, LoadedModel> loaded = new ConcurrentHashMap<>();

    public InferenceEngine(
        InferenceSettings settings,
        BundleLimits limits,
        ThreadPool threadPool,
        NodeStats stats,
        ModelMemory memory
    ) {
        this.settings = settings;
        this.limits = limits;
        this.threadPool = threadPool;
        this.stats = stats;
        this.memory = memory;
    }

    @Override
    public LoadReport load(Bundle bundle) throws Exception {
        String hash = bundle.hash();
        if (loaded.containsKey(hash)) {
            throw new IllegalStateException("got content " + hash + ", expected one that is not loaded");
        }
        Executor executor = threadPool.executor(ModelThreads.INFERENCE);
        try {
            LoadedModel model = LoadedModel.open(
                bundle,
                limits,
                settings,
                executor,
                System::nanoTime,
                threadPool.getThreadContext(),
                stats.model(hash),
                memory,
                RunLimit.firstRuns(threadPool)
            );
            loaded.put(hash, model);
            return model.report();
        } catch (Exception | LinkageError e) {
            stats.forget(hash);
            throw e;
        }
    }

    @Override
    public void unload(String hash) {
        LoadedModel model = loaded.remove(hash);
        stats.forget(hash);
        if (model != null) {
            model.close();
        }
    }

    /** The content with a reference taken, or null if it is not loaded. */
    LoadedModel acquire(String hash) {
        LoadedModel model = loaded.get(hash);
        return model != null && model.tryIncRef() ? model : null;
    }
}
