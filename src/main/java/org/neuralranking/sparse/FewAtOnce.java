package org.neuralranking.sparse;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Does something asynchronous for each of many items, only a few at a time. No thread waits, and the stack stays flat however many of
 * them end before they have returned.
 */
final class FewAtOnce<T> {

    @FunctionalInterface
    interface Step<T> {
        /** @param ended to be run exactly once, on any thread, before or after this returns; this must not throw */
        void start(T item, Runnable ended);
    }

    private final List<T> items;
    private final Step<T> step;
    private final Runnable done;
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger left;

    private FewAtOnce(List<T> items, Step<T> step, Runnable done) {
        this.items = items;
        this.step = step;
        this.done = done;
        this.left = new AtomicInteger(items.size());
    }

    /**
     * @param most how many are begun and have not ended, at most
     * @param done run once, after the last has ended
     */
    static <T> void run(List<T> items, int most, Step<T> step, Runnable done) {
        if (items.isEmpty()) {
            done.run();
            return;
        }
        FewAtOnce<T> all = new FewAtOnce<>(items, step, done);
        for (int i = Math.min(most, items.size()); i > 0; i--) {
            all.goOn();
        }
    }

    /** One item after the other, until one of them ends later: its end goes on. */
    private void goOn() {
        for (int i = next.getAndIncrement(); i < items.size(); i = next.getAndIncrement()) {
            AtomicBoolean first = new AtomicBoolean(true); // of the two, the step's return and its end; the second goes on
            step.start(items.get(i), () -> {
                if (left.decrementAndGet() == 0) {
                    done.run();
                } else if (first.getAndSet(false) == false) {
                    goOn();
                }
            });
            if (first.getAndSet(false)) {
                return;
            }
        }
    }
}
