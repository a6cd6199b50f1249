package org.neuralranking.sparse;

import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

import org.opensearch.core.action.ActionListener;

/**
 * Brings a result from an inference thread back to a pool of OpenSearch's, so that what follows (the rest of a pipeline, the start of a
 * search) does not hold up inference. A result that is there at once stays on the thread that asked. The thread context comes along:
 * a submission tells its result in that of the asker, and the pools hand it on.
 */
final class Handover<T> implements ActionListener<T> {

    private final Thread asking = Thread.currentThread();
    private final Consumer<Runnable> pool;
    private final ActionListener<T> listener;

    /** To be made on the thread that asks. */
    Handover(Consumer<Runnable> pool, ActionListener<T> listener) {
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
        try {
            pool.accept(call);
        } catch (RejectedExecutionException shuttingDown) {
            call.run();
        }
    }
}
