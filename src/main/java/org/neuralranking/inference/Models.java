package org.neuralranking.inference;

import org.neuralranking.model.ModelRef;
import org.neuralranking.model.Task;
import org.neuralranking.model.registry.LocalModels;
import org.neuralranking.model.registry.ModelDirectory;
import org.neuralranking.model.registry.ModelEntry;
import org.neuralranking.model.registry.ModelState;
import org.opensearch.OpenSearchStatusException;
import org.opensearch.ResourceNotFoundException;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.core.rest.RestStatus;

/** The way from an id that a user wrote to a model that answers. One a node. */
public final class Models {

    private final ClusterService clusterService;
    private final LocalModels local;
    private final InferenceEngine engine;

    public Models(ClusterService clusterService, LocalModels local, InferenceEngine engine) {
        this.clusterService = clusterService;
        this.local = local;
        this.engine = engine;
    }

    /**
     * Pins an id to its present content. Never blocks.
     *
     * @throws ResourceNotFoundException (404) if the id is not registered
     */
    public ModelEntry resolve(String id) {
        ModelEntry entry = ModelDirectory.of(clusterService.state()).get(id);
        if (entry == null) {
            throw new ResourceNotFoundException("model [{}] is not registered", id);
        }
        return entry;
    }

    /**
     * Pins an id to its present content. Never blocks.
     *
     * @throws ResourceNotFoundException (404) if the id is not registered
     * @throws IllegalArgumentException  (400) if the model has another task
     */
    public ModelRef resolve(String id, Task expected) {
        ModelEntry entry = resolve(id);
        if (entry.task() != expected) {
            throw new IllegalArgumentException("got model [" + id + "] which is a " + entry.task().id() + ", expected a " + expected.id());
        }
        return entry.ref();
    }

    /**
     * The content on this node, with a reference that the caller must close.
     *
     * @throws OpenSearchStatusException (503) if it is not ready here; the message says its state
     */
    public LoadedModel acquire(ModelRef ref) {
        LoadedModel model = engine.acquire(ref.hash());
        if (model == null) {
            ModelState state = local.state(ref.hash());
            throw new OpenSearchStatusException(
                "model [" + ref.id() + "] is " + state.name() + " on node [" + clusterService.getNodeName() + "]"
                    + (state.reason() == null ? "" : ": " + state.reason()),
                RestStatus.SERVICE_UNAVAILABLE
            );
        }
        return model;
    }
}
