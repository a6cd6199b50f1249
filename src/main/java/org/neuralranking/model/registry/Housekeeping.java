package org.neuralranking.model.registry;

import java.io.Closeable;
import java.util.Set;
import java.util.stream.Collectors;

import org.neuralranking.model.store.ModelIndex;
import org.neuralranking.model.store.StoredContent;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.threadpool.Scheduler;
import org.opensearch.threadpool.ThreadPool;

/** Has the elected cluster manager delete parts that nobody committed and chunks that nobody names. */
public final class Housekeeping implements Closeable {

    /** A changed expiry is heeded after this; a sweep that finds nothing is one search in a small index. */
    private static final TimeValue LONGEST_INTERVAL = TimeValue.timeValueSeconds(30);

    private final ClusterService clusterService;
    private final ModelIndex index;
    private final ModelSettings settings;
    private final ThreadPool threadPool;
    private volatile Scheduler.ScheduledCancellable next;
    private volatile boolean closed;

    public Housekeeping(ClusterService clusterService, ModelIndex index, ModelSettings settings, ThreadPool threadPool) {
        this.clusterService = clusterService;
        this.index = index;
        this.settings = settings;
        this.threadPool = threadPool;
        scheduleNext();
    }

    private void scheduleNext() {
        if (closed == false) {
            long millis = Math.min(settings.uploadExpiry().millis(), LONGEST_INTERVAL.millis());
            next = threadPool.schedule(this::sweep, TimeValue.timeValueMillis(millis), ThreadPool.Names.GENERIC);
        }
    }

    private void sweep() {
        try {
            if (clusterService.state().nodes().isLocalNodeElectedClusterManager()) {
                index.sweep(this::storages, settings.uploadExpiry());
            }
        } finally {
            scheduleNext();
        }
    }

    /** In use; null without a directory: it may have been lost, and be brought back, so its chunks stay. */
    private Set<String> storages() {
        ModelDirectory directory = clusterService.state().metadata().custom(ModelDirectory.TYPE);
        return directory == null ? null : directory.stored().stream().map(StoredContent::storage).collect(Collectors.toSet());
    }

    @Override
    public void close() {
        closed = true;
        if (next != null) {
            next.cancel();
        }
    }
}
