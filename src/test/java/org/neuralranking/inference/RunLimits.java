package org.neuralranking.inference;

import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

import org.opensearch.common.unit.TimeValue;
import org.opensearch.threadpool.Scheduler.Cancellable;

/** Limits of runs for tests that have no node. */
final class RunLimits {

    private RunLimits() {}

    /** Time does not pass. */
    static RunLimit none() {
        return new RunLimit(TimeValue.ZERO, (command, delay) -> cancellable(() -> {}));
    }

    static RunLimit of(TimeValue time, ScheduledExecutorService executor) {
        return new RunLimit(time, (command, delay) -> {
            ScheduledFuture<?> scheduled = executor.schedule(command, delay.nanos(), TimeUnit.NANOSECONDS);
            return cancellable(() -> scheduled.cancel(false));
        });
    }

    static Cancellable cancellable(Runnable cancel) {
        return new Cancellable() {
            private boolean cancelled;

            @Override
            public boolean cancel() {
                cancelled = true;
                cancel.run();
                return true;
            }

            @Override
            public boolean isCancelled() {
                return cancelled;
            }
        };
    }
}
