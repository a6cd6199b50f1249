package org.neuralranking.model.registry;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.neuralranking.model.bundle.Bundle;
import org.neuralranking.model.store.Materials;
import org.neuralranking.model.store.StoredContent;
import org.opensearch.OpenSearchStatusException;
import org.opensearch.cluster.ClusterChangedEvent;
import org.opensearch.cluster.ClusterStateListener;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.common.breaker.CircuitBreakingException;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.gateway.GatewayService;
import org.opensearch.threadpool.ThreadPool;

/**
 * The models of this node: keeps what is loaded, and what lies on its disk, equal to what the directory in the cluster state asks for.
 * <p>
 * A content is loaded once, however many ids name it. Registration prepares it here before the directory names it, so that a directory
 * entry is a promise every node has already tried out; a node that joins later loads from its own disk or fetches from the model index, and
 * tries again while that cannot be read. What the directory names no more stays for {@link ModelSettings#LINGER}, because searches that were
 * rewritten before still use it.
 */
public final class LocalModels implements ClusterStateListener, Closeable {

    private static final Logger LOGGER = LogManager.getLogger(LocalModels.class);
    private static final TimeValue FIRST_RETRY = TimeValue.timeValueSeconds(1);
    private static final TimeValue LAST_RETRY = TimeValue.timeValueSeconds(30);
    /** Longer than a registration, which waits for the slowest node. */
    static final TimeValue PREPARED_HOLD = TimeValue.timeValueMinutes(10);

    private final Materials materials;
    private final ModelPlacement placement;
    private final ModelRuntime runtime;
    private final ModelSettings settings;
    private final ThreadPool threadPool;
    private final Executor builder;
    private final ContentWaiters waiters;

    private final Map<String, ModelState> states = new HashMap<>(); // by content hash
    private final Map<String, Long> releases = new HashMap<>(); // when to give it up, by content hash; the latest of several moments
    private final Map<String, Set<String>> prepared = new HashMap<>(); // storages of registrations under way, by content hash
    private Map<String, List<StoredContent>> wanted = Map.of(); // loaded, by content hash
    private Set<String> kept = Set.of(); // on disk, by content hash
    private Set<String> elsewhere = Set.of(); // registered but not wanted here, by content hash
    private boolean swept;
    private boolean closed;

    /** @param builder where bundles are read and loaded; blocking there is fine */
    public LocalModels(
        Materials materials,
        ModelPlacement placement,
        ModelRuntime runtime,
        ModelSettings settings,
        ThreadPool threadPool,
        Executor builder
    ) {
        this.materials = materials;
        this.placement = placement;
        this.runtime = runtime;
        this.settings = settings;
        this.threadPool = threadPool;
        this.builder = builder;
        this.waiters = new ContentWaiters(threadPool);
    }

    @Override
    public void clusterChanged(ClusterChangedEvent event) {
        boolean recovered = event.state().blocks().hasGlobalBlock(GatewayService.STATE_NOT_RECOVERED_BLOCK) == false;
        ModelDirectory directory = event.state().metadata().custom(ModelDirectory.TYPE);
        // a state without a directory may have lost it, and get it back: nothing is given up then
        if (recovered && directory != null && (event.metadataChanged() || swept == false)) {
            apply(directory);
        }
    }

    private synchronized void apply(ModelDirectory directory) {
        Set<String> before = new HashSet<>(kept);
        Map<String, List<StoredContent>> wantedBefore = wanted;
        wanted = new HashMap<>(directory.loaded());
        wanted.values().removeIf(copies -> placement.holds(copies.getFirst().task()) == false);
        elsewhere = new HashSet<>(directory.loaded().keySet());
        elsewhere.removeAll(wanted.keySet());
        kept = directory.stored().stream().filter(content -> placement.holds(content.task())).map(StoredContent::hash).collect(Collectors.toSet());
        for (String hash : wanted.keySet()) {
            releases.remove(hash);
            prepared.remove(hash);
            ModelState state = state(hash);
            boolean registeredAgain = wanted.get(hash).equals(wantedBefore.get(hash)) == false;
            if (state == ModelState.ABSENT || state.phase() == ModelState.Phase.FAILED && registeredAgain) {
                states.put(hash, ModelState.loading(null));
                load(hash, threadPool.preciseRelativeTimeInNanos(), FIRST_RETRY);
            }
        }
        before.addAll(wantedBefore.keySet());
        for (String hash : before) {
            if (kept.contains(hash) == false || wantedBefore.containsKey(hash) && wanted.containsKey(hash) == false) {
                releaseAfter(settings.linger(), hash);
            }
        }
        if (swept == false) {
            swept = true;
            builder.execute(this::forgetLeftovers);
        }
    }

    /** What was deleted from the directory while this node was away. */
    private void forgetLeftovers() {
        synchronized (loading) {
            Set<String> needed;
            synchronized (this) {
                needed = new HashSet<>(kept);
                needed.addAll(states.keySet());
            }
            try {
                materials.forgetAllBut(needed);
            } catch (IOException e) {
                LOGGER.warn("models that are registered no more could not be deleted from this node's disk", e);
            }
        }
    }

    private void load(String hash, long startNanos, TimeValue retry) {
        builder.execute(() -> loadRegistered(hash, startNanos, retry));
    }

    private void loadRegistered(String hash, long startNanos, TimeValue retry) {
        List<StoredContent> copies;
        synchronized (this) {
            copies = wanted.get(hash);
        }
        if (copies == null) { // removed while this load waited for its turn
            forgetUnlessReady(hash);
            return;
        }
        try {
            load(hash, copies, startNanos);
        } catch (IOException | CircuitBreakingException e) {
            LOGGER.debug("content [{}] cannot be loaded yet", hash, e);
            retryLater(hash, e, startNanos, retry);
        } catch (Exception | LinkageError e) {
            LOGGER.warn("content [{}] cannot be loaded on this node", hash, e);
        }
    }

    /** Nobody wants it any more: who waits for it need not. */
    private void forgetUnlessReady(String hash) {
        synchronized (this) {
            states.computeIfPresent(hash, (unused, state) -> state.ready() ? state : null);
        }
        waiters.tell(hash);
    }

    private void retryLater(String hash, Exception e, long startNanos, TimeValue retry) {
        boolean over;
        synchronized (this) {
            over = closed || wanted.containsKey(hash) == false;
        }
        if (over) {
            forgetUnlessReady(hash);
            return;
        }
        settle(hash, ModelState.loading("tried again in " + retry + ": " + e.getMessage()));
        TimeValue next = TimeValue.timeValueMillis(Math.min(2 * retry.millis(), LAST_RETRY.millis()));
        threadPool.schedule(() -> load(hash, startNanos, next), retry, ThreadPool.Names.SAME);
    }

    /**
     * Fetches, checks and loads a content that is about to be registered, and keeps it until it is, or until it is given up. Blocks.
     *
     * @return false if it is not wanted here
     * @throws IllegalArgumentException if it cannot be used, with got, expected and where
     */
    boolean prepare(StoredContent content) throws Exception {
        if (placement.holds(content.task()) == false) {
            return false;
        }
        synchronized (this) {
            prepared.computeIfAbsent(content.hash(), unused -> new HashSet<>()).add(content.storage());
        }
        releaseAfter(PREPARED_HOLD, content.hash());
        try {
            load(content.hash(), List.of(content), threadPool.preciseRelativeTimeInNanos());
            return true;
        } catch (Exception | LinkageError e) {
            giveUp(content);
            throw e;
        }
    }

    /** A content that was prepared is not registered after all; another registration may still hold it. */
    synchronized void giveUp(StoredContent content) {
        String hash = content.hash();
        prepared.computeIfPresent(hash, (unused, storages) -> storages.remove(content.storage()) && storages.isEmpty() ? null : storages);
        if (wanted.containsKey(hash) == false && prepared.containsKey(hash) == false) {
            releases.remove(hash);
            releaseAfter(settings.linger(), hash);
        }
    }

    /** One load at a time: loading is rare, and two at once would need twice the memory. Also held while files are deleted. */
    private final Object loading = new Object();

    /** @throws IOException if its bytes cannot be read now; then its state is as before */
    private void load(String hash, List<StoredContent> copies, long startNanos) throws Exception {
        synchronized (loading) {
            synchronized (this) {
                if (closed) {
                    throw new IllegalStateException("the node is closing");
                }
                if (state(hash).ready()) {
                    return;
                }
            }
            ModelState before = state(hash);
            Bundle bundle;
            LoadReport report;
            settle(hash, ModelState.loading(null));
            try {
                bundle = materials.materialise(hash, copies);
                report = runtime.load(bundle);
            } catch (IOException | CircuitBreakingException e) {
                settle(hash, before); // it may work later
                throw e;
            } catch (Exception | LinkageError e) {
                // LinkageError: the native library of this platform is missing or does not fit
                failed(hash, e);
                throw e;
            }
            settle(hash, ModelState.ready(bundle.facts(), threadPool.preciseRelativeTimeInNanos() - startNanos, report));
        }
    }

    private void failed(String hash, Throwable e) {
        boolean registered;
        synchronized (this) {
            registered = wanted.containsKey(hash);
        }
        settle(hash, registered ? ModelState.failed(e) : ModelState.ABSENT);
    }

    /** Sets a state, and tells who waits if there is nothing more to wait for. */
    private void settle(String hash, ModelState state) {
        boolean unload;
        synchronized (this) {
            unload = closed && state.ready();
            if (closed || state == ModelState.ABSENT) {
                states.remove(hash);
            } else {
                states.put(hash, state);
            }
        }
        if (unload) {
            runtime.unload(hash);
        }
        if (state.open() == false) {
            waiters.tell(hash);
        }
    }

    /**
     * Tells when a content is ready or will not be, at the latest after a time. The listener is called once, on this thread or on one that
     * must not be held up; it finds out by itself how the content stands.
     */
    public void awaitSettled(String hash, TimeValue atMost, Runnable listener) {
        synchronized (this) {
            if (closed == false && state(hash).open() && atMost.nanos() > 0) {
                waiters.add(hash, atMost, listener);
                return;
            }
        }
        listener.run();
    }

    private synchronized void releaseAfter(TimeValue time, String hash) {
        if (wanted.containsKey(hash)) {
            return;
        }
        long at = threadPool.preciseRelativeTimeInNanos() + time.nanos();
        if (releases.containsKey(hash) && releases.get(hash) - at > 0) {
            return; // held longer anyway
        }
        releases.put(hash, at);
        threadPool.schedule(() -> builder.execute(() -> release(hash, at)), time, ThreadPool.Names.SAME);
    }

    /** @param at for which this was scheduled; somebody else may have asked for a later moment meanwhile, or the directory for the content */
    private void release(String hash, long at) {
        synchronized (loading) {
            ModelState state;
            boolean keep;
            synchronized (this) {
                if (closed || releases.remove(hash, at) == false) {
                    return;
                }
                prepared.remove(hash);
                state = states.remove(hash);
                keep = kept.contains(hash);
            }
            if (state != null && state.ready()) {
                runtime.unload(hash);
            }
            if (keep == false) {
                materials.forget(hash);
            }
        }
    }

    /** State of a content on this node; never null. */
    public synchronized ModelState state(String hash) {
        if (elsewhere.contains(hash)) {
            return ModelState.notPlaced(placement.reason());
        }
        return states.getOrDefault(hash, ModelState.ABSENT);
    }

    /** @throws OpenSearchStatusException (503) that says how a content stands on this node */
    public OpenSearchStatusException notReady(String name, String hash, String nodeName) {
        ModelState state = state(hash);
        String why = state.reason() == null ? "" : ": " + state.reason();
        return new OpenSearchStatusException(
            "model [" + name + "] is " + state.phase() + " on node [" + nodeName + "]" + why,
            RestStatus.SERVICE_UNAVAILABLE
        );
    }

    @Override
    public void close() throws IOException {
        List<String> loaded = new ArrayList<>();
        synchronized (this) {
            closed = true;
            states.forEach((hash, state) -> {
                if (state.ready()) {
                    loaded.add(hash);
                }
            });
            states.clear();
        }
        loaded.forEach(runtime::unload);
        waiters.tellAll();
    }
}
