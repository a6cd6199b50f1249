package org.neuralranking.inference;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;

import org.neuralranking.model.bundle.Bundle;
import org.neuralranking.model.registry.ModelRuntime;
import org.neuralranking.model.registry.ModelThreads;
import org.neuralranking.stats.NodeStats;
import org.opensearch.threadpool.ThreadPool;

/** The loaded contents of this node, by hash. */
public final class InferenceEngine implements ModelRuntime {

    private final InferenceSettings settings;
    private final ThreadPool threadPool;
    private final NodeStats stats;
    private final Map<String, LoadedModel> loaded = new ConcurrentHashMap<>();

    public InferenceEngine(InferenceSettings settings, ThreadPool threadPool, NodeStats stats) {
        this.settings = settings;
        this.threadPool = threadPool;
        this.stats = stats;
    }

    @Override
    public void load(Bundle bundle) throws Exception {
        Executor executor = threadPool.executor(ModelThreads.INFERENCE);
        LoadedModel model;
        try {
            model = LoadedModel.open(
                bundle,
                settings,
                executor,
                System::nanoTime,
                threadPool.getThreadContext(),
                stats.model(bundle.hash())
            );
        } catch (Exception | LinkageError e) {
            if (loaded.containsKey(bundle.hash()) == false) {
                stats.forget(bundle.hash());
            }
            throw e;
        }
        LoadedModel before = loaded.put(bundle.hash(), model);
        if (before != null) {
            before.close();
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
