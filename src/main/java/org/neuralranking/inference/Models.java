package org.neuralranking.inference;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

import org.neuralranking.model.ModelRef;
import org.neuralranking.model.Task;
import org.neuralranking.model.registry.LocalModels;
import org.neuralranking.model.registry.ModelDirectory;
import org.neuralranking.model.registry.ModelSettings;
import org.neuralranking.model.store.StoredContent;
import org.opensearch.OpenSearchStatusException;
import org.opensearch.ResourceNotFoundException;
import org.opensearch.action.ActionRunnable;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.tasks.TaskCancelledException;
import org.opensearch.threadpool.ThreadPool;

/** The way from an id that a user wrote to a model that answers. One a node. */
public final class Models {

    /** How often somebody who waits for a model looks whether it is still wanted. */
    private static final long CHECK_MILLIS = 100;

    private final ClusterService clusterService;
    private final LocalModels local;
    private final InferenceEngine engine;
    private final ModelSettings settings;
    /** Search threads that may wait at the same time: while a model is loaded, half of them must be left for searches that need none. */
    private final Semaphore waitingSearches;

    public Models(ClusterService clusterService, LocalModels local, InferenceEngine engine, ModelSettings settings, ThreadPool threadPool) {
        this.clusterService = clusterService;
        this.local = local;
        this.engine = engine;
        this.settings = settings;
        this.waitingSearches = new Semaphore(Math.max(1, threadPool.info(ThreadPool.Names.SEARCH).getMax() / 2));
    }

    /** A content, pinned, and what it does. */
    public record Pinned(ModelRef ref, Task task) {}

    /**
     * Pins an id to its present content. Never blocks.
     *
     * @param name {@code id} or {@code id@alias}
     * @throws ResourceNotFoundException (404) if it is not registered
     * @throws org.opensearch.cluster.block.ClusterBlockException (503) if this node does not know the cluster's state yet
     */
    public Pinned resolve(String name) {
        StoredContent content = ModelDirectory.known(clusterService.state()).meaning(name);
        if (content == null) {
            throw new ResourceNotFoundException("model [{}] is not registered", name);
        }
        return new Pinned(new ModelRef(name, content.hash()), content.task());
    }

    /**
     * Pins an id to its present content. Never blocks.
     *
     * @param name {@code id} or {@code id@alias}
     * @throws ResourceNotFoundException (404) if it is not registered
     * @throws IllegalArgumentException  (400) if the model has another task
     */
    public ModelRef resolve(String name, Task expected) {
        Pinned pinned = resolve(name);
        if (pinned.task() != expected) {
            throw new IllegalArgumentException("got model [" + name + "] which is a " + pinned.task().id() + ", expected a " + expected.id());
        }
        return pinned.ref();
    }

    /**
     * The content on this node, with a reference that the caller must close.
     *
     * @throws OpenSearchStatusException (503) if it is not ready here; the message says its state
     */
    public LoadedModel acquire(ModelRef ref) {
        LoadedModel model = engine.acquire(ref.hash());
        if (model == null) {
            throw local.notReady(ref.id(), ref.hash(), clusterService.getNodeName());
        }
        return model;
    }

    /**
     * As {@link #acquire}, but waits for a model that is being loaded, as long as a query may wait for its encoder. Does not block.
     *
     * @param executor runs the listener
     */
    public void acquireForSearch(ModelRef ref, Executor executor, ActionListener<LoadedModel> listener) {
        local.awaitSettled(
            ref.hash(),
            settings.searchWait(),
            () -> executor.execute(ActionRunnable.wrap(listener, told -> told.onResponse(acquire(ref))))
        );
    }

    /**
     * As {@link #acquire}, but waits for a model that is being loaded, unless that did not work at the first try, or many searches wait
     * already: others need the search threads, too.
     *
     * @param deadlineNanos   on {@link System#nanoTime()}'s clock
     * @param stopIfCancelled called again and again while it waits
     * @throws OpenSearchStatusException (503) if it is not ready by then
     */
    public LoadedModel acquireForSearch(ModelRef ref, long deadlineNanos, Runnable stopIfCancelled) {
        LoadedModel ready = engine.acquire(ref.hash());
        if (ready != null) {
            return ready;
        }
        if (local.state(ref.hash()).held() == false && waitingSearches.tryAcquire()) {
            try {
                await(ref, deadlineNanos - System.nanoTime(), stopIfCancelled);
            } finally {
                waitingSearches.release();
            }
        }
        return acquire(ref);
    }

    private void await(ModelRef ref, long nanos, Runnable stopIfCancelled) {
        CountDownLatch settled = new CountDownLatch(1);
        local.awaitSettled(ref.hash(), TimeValue.timeValueNanos(nanos), settled::countDown);
        try {
            while (settled.await(CHECK_MILLIS, TimeUnit.MILLISECONDS) == false) {
                stopIfCancelled.run();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TaskCancelledException("interrupted while waiting for model [" + ref.id() + "]");
        }
    }
}
