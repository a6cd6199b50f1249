package org.neuralranking.sparse;

import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;

import org.opensearch.common.util.concurrent.ThreadContext;
import org.opensearch.core.action.ActionListener;

/**
 * Brings a result from an inference thread back to a pool of OpenSearch's, with the thread context of whoever asked, so that what
 * follows (the rest of a pipeline, the start of a search) neither holds up inference nor loses its request headers. A result that is
 * there at once stays on the thread that asked.
 */
final class Handover<T> implements ActionListener<T> {

    private final Thread asking = Thread.currentThread();
    private final Supplier<ThreadContext.StoredContext> context;
    private final Consumer<Runnable> pool;
    private final ActionListener<T> listener;

    /** To be made on the thread that asks. */
    Handover(ThreadContext threadContext, Consumer<Runnable> pool, ActionListener<T> listener) {
        this.context = threadContext.newRestorableContext(false);
        this.pool = pool;
        this.listener = listener;
    }

    @Override
    public void onResponse(T response) {
        hand(() -> listener.onResponse(response));
    }

    @Override
    public void onFailure(Exception failure) {
        hand(() -> listener.onFailure(failure));
    }

    private void hand(Runnable call) {
        if (Thread.currentThread() == asking) {
            call.run();
            return;
        }
        Runnable inContext = () -> {
            try (ThreadContext.StoredContext restored = context.get()) {
                call.run();
            }
        };
        try {
            pool.accept(inContext);
        } catch (RejectedExecutionException shuttingDown) {
            inContext.run();
        }
    }
}
