package org.neuralranking.model.registry;

import java.util.Map;

import org.opensearch.core.tasks.TaskId;
import org.opensearch.tasks.CancellableTask;

/** A registration as the task API shows it: how far it is. Cancelling it stops it before the model is published. */
final class RegistrationTask extends CancellableTask {

    private volatile RegistrationProgress progress = new RegistrationProgress("waiting", 0, 0);

    RegistrationTask(long id, String type, String action, String description, TaskId parent, Map<String, String> headers) {
        super(id, type, action, description, parent, headers);
    }

    void phase(String phase, long totalBytes) {
        progress = new RegistrationProgress(phase, 0, totalBytes);
    }

    void stored(long bytes) {
        RegistrationProgress now = progress;
        boolean all = bytes >= now.totalBytes();
        progress = new RegistrationProgress(all ? "loading on the nodes" : now.phase(), bytes, now.totalBytes());
    }

    @Override
    public Status getStatus() {
        return progress;
    }

    @Override
    public boolean shouldCancelChildrenOnCancellation() {
        return true;
    }
}
