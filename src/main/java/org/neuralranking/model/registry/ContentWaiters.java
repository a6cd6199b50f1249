package org.neuralranking.model.registry;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

import org.opensearch.common.unit.TimeValue;
import org.opensearch.threadpool.Scheduler;
import org.opensearch.threadpool.ThreadPool;

/** Who waits for a content to be ready, or not to become so: each is told once, in the thread context in which it began to wait. */
final class ContentWaiters {

    private final ThreadPool threadPool;
    private final Map<String, List<Waiter>> byHash = new HashMap<>();

    ContentWaiters(ThreadPool threadPool) {
        this.threadPool = threadPool;
    }

    /** @param listener called when the content is told of, or after a time, on a thread that must not be held up */
    synchronized void add(String hash, TimeValue atMost, Runnable listener) {
        Waiter waiter = new Waiter(threadPool.getThreadContext().preserveContext(listener));
        waiter.timeout = threadPool.schedule(() -> {
            synchronized (this) {
                byHash.computeIfPresent(hash, (unused, waiters) -> waiters.remove(waiter) && waiters.isEmpty() ? null : waiters);
            }
            waiter.tell();
        }, atMost, ThreadPool.Names.GENERIC);
        byHash.computeIfAbsent(hash, unused -> new ArrayList<>()).add(waiter);
    }

    /** Tells all who wait for a content. Not to be called under a lock: they do what they like. */
    void tell(String hash) {
        List<Waiter> told;
        synchronized (this) {
            told = byHash.containsKey(hash) ? byHash.remove(hash) : List.of();
        }
        told.forEach(Waiter::tell);
    }

    void tellAll() {
        List<Waiter> told = new ArrayList<>();
        synchronized (this) {
            byHash.values().forEach(told::addAll);
            byHash.clear();
        }
        told.forEach(Waiter::tell);
    }

    private static final class Waiter {
        private final Runnable listener;
        private final AtomicBoolean told = new AtomicBoolean();
        private volatile Scheduler.ScheduledCancellable timeout;

        Waiter(Runnable listener) {
            this.listener = listener;
        }

        void tell() {
            if (told.compareAndSet(false, true)) {
                timeout.cancel();
                listener.run();
            }
        }
    }
}
