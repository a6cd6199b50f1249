package org.neuralranking.neighbour;

import java.util.List;
import java.util.function.Supplier;

import org.opensearch.cluster.metadata.IndexNameExpressionResolver;
import org.opensearch.cluster.node.DiscoveryNodes;
import org.opensearch.common.settings.ClusterSettings;
import org.opensearch.common.settings.IndexScopedSettings;
import org.opensearch.common.settings.Setting;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.settings.SettingsFilter;
import org.opensearch.plugins.ActionPlugin;
import org.opensearch.plugins.Plugin;
import org.opensearch.rest.RestController;
import org.opensearch.rest.RestHandler;

/**
 * Another plugin on the node, with its own ONNX Runtime and its own tokenizer library, used as their makers' pages say and with no thought
 * of others. Packed by {@link NeighbourZip}.
 */
public final class NeighbourPlugin extends Plugin implements ActionPlugin {

    /** Whether ONNX Runtime is loaded before any other plugin can, else at the first request. */
    static final Setting<Boolean> ONNX_AT_START = Setting.boolSetting("neighbour.onnx_at_start", false, Setting.Property.NodeScope);

    public NeighbourPlugin(Settings settings) {
        if (ONNX_AT_START.get(settings)) {
            NeighbourOnnx.run();
        }
    }

    @Override
    public List<Setting<?>> getSettings() {
        return List.of(ONNX_AT_START);
    }

    @Override
    public List<RestHandler> getRestHandlers(
        Settings settings,
        RestController restController,
        ClusterSettings clusterSettings,
        IndexScopedSettings indexScopedSettings,
        SettingsFilter settingsFilter,
        IndexNameExpressionResolver indexNameExpressionResolver,
        Supplier<DiscoveryNodes> nodesInCluster
    ) {
        return List.of(
            new NeighbourRestApi("onnx", NeighbourOnnx::run),
            new NeighbourRestApi("tokenize", NeighbourTokenizer::run),
            new NeighbourRestApi("properties", System::getProperties)
        );
    }
}
