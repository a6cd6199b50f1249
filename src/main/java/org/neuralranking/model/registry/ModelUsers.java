package org.neuralranking.model.registry;

import java.util.ArrayList;
import java.util.List;

import org.opensearch.cluster.ClusterState;

/** Who would miss a model. What is not in the cluster state, a search that is being written for example, nobody can know. */
public final class ModelUsers {
    private final List<ModelUser> kinds;

    /** @param others kinds beside pipelines, mappings, settings and templates */
    public ModelUsers(ModelUser... others) {
        kinds = new ArrayList<>(List.of(new PipelinesNaming(), new MappingsNaming(), new SettingsNaming()));
        kinds.addAll(List.of(others));
    }

    /**
     * Everything that names the model, sorted.
     *
     * @param name an id, which stands for all of its aliases too, or {@code id@alias}, which stands for itself
     */
    List<String> naming(ClusterState state, String name) {
        ModelName model = new ModelName(name);
        return kinds.stream().flatMap(kind -> kind.naming(state, model)).distinct().sorted().toList();
    }
}
