package org.neuralranking.model.store;

import java.util.Map;

import org.opensearch.ExceptionsHelper;
import org.opensearch.ResourceAlreadyExistsException;
import org.opensearch.action.admin.indices.create.CreateIndexRequest;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.settings.Settings;
import org.opensearch.core.action.ActionListener;
import org.opensearch.transport.client.Client;

/** How the model index is made, and when. */
final class Creation {

    private static final Map<String, Object> SETTINGS = Map.of(
        "index.number_of_shards", 1,
        "index.auto_expand_replicas", "0-all",
        "index.hidden", true,
        "index.refresh_interval", "-1",
        // a copy must have what was acknowledged at once, which segment replication does not promise
        "index.replication.type", "DOCUMENT"
    );
    private static final Map<String, Object> MAPPING = Map.of(
        "dynamic", "strict",
        "properties", Map.of(
            "kind", Map.of("type", "keyword"),
            "owner", Map.of("type", "keyword"),
            "number", Map.of("type", "integer", "index", false),
            "write", Map.of("type", "keyword", "index", false, "doc_values", false),
            "pieces", Map.of("type", "integer", "index", false, "doc_values", false),
            "written_at", Map.of("type", "date", "format", "epoch_millis"),
            "data", Map.of("type", "binary")
        )
    );

    private final Client client;
    private final ClusterService clusterService;

    Creation(Client client, ClusterService clusterService) {
        this.client = client;
        this.clusterService = clusterService;
    }

    boolean exists() {
        return clusterService.state().metadata().hasIndex(ModelIndex.NAME);
    }

    /**
     * Asks for nothing where it exists: full disks make the platform refuse new indices, and that must not refuse documents. Does not block.
     */
    void ifMissing(ActionListener<Void> listener) {
        if (exists()) {
            listener.onResponse(null);
            return;
        }
        CreateIndexRequest creation = new CreateIndexRequest(ModelIndex.NAME).settings(Settings.builder().loadFromMap(SETTINGS)).mapping(MAPPING);
        client.admin().indices().create(creation, ActionListener.wrap(created -> listener.onResponse(null), e -> {
            if (ExceptionsHelper.unwrapCause(e) instanceof ResourceAlreadyExistsException) {
                listener.onResponse(null);
            } else {
                listener.onFailure(e);
            }
        }));
    }
}
