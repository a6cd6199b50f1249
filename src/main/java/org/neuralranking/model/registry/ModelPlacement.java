package org.neuralranking.model.registry;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

import org.neuralranking.model.Task;
import org.opensearch.cluster.node.DiscoveryNode;
import org.opensearch.cluster.node.DiscoveryNodeRole;
import org.opensearch.common.settings.Setting;
import org.opensearch.common.settings.Setting.Property;
import org.opensearch.common.settings.Settings;

/**
 * Which models this node holds.
 * <p>
 * {@code rank}: all, because it encodes documents and rescores. {@code encode_queries}: those that encode a query, which happens on the
 * node that a search is sent to. Without a role: none.
 */
public final class ModelPlacement {

    private static final String RANK = "rank";
    private static final String ENCODE_QUERIES = "encode_queries";
    private static final Set<Task> QUERY_ENCODERS = EnumSet.of(Task.SPARSE_ENCODER, Task.EMBEDDING, Task.TOKEN_EMBEDDING);

    /** Data and ingest nodes rank; a node that only coordinates encodes queries; a dedicated cluster manager holds nothing. */
    public static final Setting<List<String>> ROLES = Setting.listSetting(
        "neural_ranking.node.roles",
        null,
        value -> {
            if (value.equals(RANK) == false && value.equals(ENCODE_QUERIES) == false) {
                throw new IllegalArgumentException("got neural_ranking.node.roles [" + value + "], expected " + RANK + " or " + ENCODE_QUERIES);
            }
            return value;
        },
        ModelPlacement::byNodeRoles,
        Property.NodeScope
    );

    private final List<String> roles;

    public ModelPlacement(Settings settings) {
        roles = List.copyOf(ROLES.get(settings));
    }

    private static List<String> byNodeRoles(Settings settings) {
        Set<DiscoveryNodeRole> roles = DiscoveryNode.getRolesFromSettings(settings);
        List<String> placed = new ArrayList<>();
        if (roles.stream().anyMatch(role -> role.canContainData() || role.equals(DiscoveryNodeRole.INGEST_ROLE))) {
            placed.add(RANK);
        } else if (roles.stream().noneMatch(DiscoveryNodeRole::isClusterManager)) {
            placed.add(ENCODE_QUERIES);
        }
        return placed;
    }

    boolean holds(Task task) {
        return roles.contains(RANK) || roles.contains(ENCODE_QUERIES) && QUERY_ENCODERS.contains(task);
    }

    /** Why a model is not here. */
    String reason() {
        return ROLES.getKey() + " of this node is " + roles;
    }
}
