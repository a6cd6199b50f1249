package org.neuralranking.model.registry;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.neuralranking.model.bundle.Bundle;
import org.neuralranking.model.bundle.BundleException;
import org.neuralranking.model.bundle.BundleLimits;
import org.opensearch.cluster.ClusterChangedEvent;
import org.opensearch.cluster.ClusterStateListener;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.threadpool.ThreadPool;

/**
 * The models of this node: keeps what is loaded equal to what the directory in the cluster state asks for.
 * <p>
 * A content is loaded once, however many ids name it. Registration stages it here before the directory names it, so that a directory
 * entry is a promise every node has already tried out; a node that joins later loads from its own disk. What the directory names no more
 * stays for {@link #LINGER}, because searches that were rewritten before still use it.
 */
public final class LocalModels implements ClusterStateListener, Closeable {

    private static final Logger LOGGER = LogManager.getLogger(LocalModels.class);
    /** Longer than the searches that may still use a content and the registration that has only staged it. */
    static final TimeValue LINGER = TimeValue.timeValueSeconds(60);

    private final Path root;
    private final BundleLimits limits;
    private final ModelRuntime runtime;
    private final ThreadPool threadPool;
    private final Executor builder;

    private final Map<String, ModelState> states = new HashMap<>(); // by content hash
    private final Map<String, Integer> pendingReleases = new HashMap<>(); // by content hash; only the last one releases
    private Set<String> wanted = Set.of();
    private boolean closed;

    /**
     * @param root    config/neural-ranking/models of this node; need not exist
     * @param builder where bundles are read and loaded; blocking there is fine
     */
    public LocalModels(Path root, BundleLimits limits, ModelRuntime runtime, ThreadPool threadPool, Executor builder) {
        this.root = root;
        this.limits = limits;
        this.runtime = runtime;
        this.threadPool = threadPool;
        this.builder = builder;
    }

    @Override
    public void clusterChanged(ClusterChangedEvent event) {
        if (event.metadataChanged()) {
            apply(ModelDirectory.of(event.state()));
        }
    }

    private static Set<String> hashes(ModelDirectory directory) {
        Set<String> hashes = new HashSet<>();
        directory.entries().forEach(entry -> hashes.add(entry.ref().hash()));
        return hashes;
    }

    private synchronized void apply(ModelDirectory directory) {
        Set<String> before = wanted;
        wanted = hashes(directory);
        for (ModelEntry entry : directory.entries()) {
            String hash = entry.ref().hash();
            if (states.containsKey(hash) == false) {
                states.put(hash, ModelState.loading());
                builder.execute(() -> loadRegistered(entry));
            }
        }
        for (String hash : before) {
            if (wanted.contains(hash) == false) {
                scheduleRelease(hash);
            }
        }
    }

    private void loadRegistered(ModelEntry entry) {
        String hash = entry.ref().hash();
        synchronized (this) {
            if (wanted.contains(hash) == false) { // removed while this load waited for its turn
                states.computeIfPresent(hash, (unused, state) -> state.ready() ? state : null);
                return;
            }
        }
        try {
            Bundle bundle = Bundle.read(root, entry.path(), limits);
            if (bundle.hash().equals(hash) == false) {
                throw new BundleException("got content " + bundle.hash() + " at [" + entry.path() + "], expected " + hash + " as registered");
            }
            load(bundle);
        } catch (Exception | LinkageError e) {
            LOGGER.warn("model [{}] cannot be loaded on this node", entry.id(), e);
            failed(hash, e);
        }
    }

    /**
     * Reads, checks and loads a bundle that is about to be registered. Blocks.
     *
     * @throws IllegalArgumentException if it cannot be used, with got, expected and where
     */
    Bundle stage(String path) throws Exception {
        Bundle bundle = Bundle.read(root, path, limits);
        load(bundle);
        scheduleRelease(bundle.hash());
        return bundle;
    }

    /** One load at a time: loading is rare, and two at once would need twice the memory. */
    private final Object loading = new Object();

    private void load(Bundle bundle) throws Exception {
        synchronized (loading) {
            synchronized (this) {
                if (closed) {
                    throw new IllegalStateException("the node is closing");
                }
                ModelState state = states.get(bundle.hash());
                if (state != null && state.ready()) {
                    return;
                }
                states.put(bundle.hash(), ModelState.loading());
            }
            long start = threadPool.preciseRelativeTimeInNanos();
            LoadReport report;
            try {
                report = runtime.load(bundle);
            } catch (Exception | LinkageError e) {
                // LinkageError: the native library of this platform is missing or does not fit
                failed(bundle.hash(), e);
                throw e;
            }
            synchronized (this) {
                states.put(bundle.hash(), ModelState.ready(bundle.facts(), threadPool.preciseRelativeTimeInNanos() - start, report));
                if (closed) {
                    runtime.unload(bundle.hash());
                }
            }
        }
    }

    private synchronized void failed(String hash, Throwable e) {
        if (wanted.contains(hash)) {
            states.put(hash, ModelState.failed(e));
        } else {
            states.remove(hash);
        }
    }

    private synchronized void scheduleRelease(String hash) {
        pendingReleases.merge(hash, 1, Integer::sum);
        threadPool.schedule(() -> builder.execute(() -> release(hash)), LINGER, ThreadPool.Names.SAME);
    }

    private void release(String hash) {
        synchronized (loading) {
            synchronized (this) {
                ModelState state = states.get(hash);
                Integer pending = pendingReleases.compute(hash, (unused, count) -> count == 1 ? null : count - 1);
                if (closed || pending != null || state == null || wanted.contains(hash)) {
                    return;
                }
                states.remove(hash);
                if (state.ready() == false) {
                    return;
                }
            }
            runtime.unload(hash);
        }
    }

    /** States of all contents that this node has to do with, by hash. */
    synchronized Map<String, ModelState> states() {
        return Map.copyOf(states);
    }

    /** State of a content on this node; never null. */
    public synchronized ModelState state(String hash) {
        return states.getOrDefault(hash, ModelState.ABSENT);
    }

    @Override
    public synchronized void close() throws IOException {
        closed = true;
        states.forEach((hash, state) -> {
            if (state.ready()) {
                runtime.unload(hash);
            }
        });
        states.clear();
    }
}
