package org.neuralranking.model.registry;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Executor;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.opensearch.cluster.ClusterChangedEvent;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.ClusterStateListener;
import org.opensearch.cluster.ClusterStateUpdateTask;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.gateway.GatewayService;

/**
 * Brings the directory of models back after the cluster has run without the plugin.
 * <p>
 * A node that does not know a part of the cluster state drops it when it reads the state from disk, and all models would have to be
 * registered again. So every node keeps a copy in a file of its own, and the cluster manager puts it back where the state has none. A
 * directory from which everything was deleted is still a directory, and stays empty. The copy may be older than what was lost if its node
 * was not there for the last changes.
 */
public final class DirectoryKeeper implements ClusterStateListener {

    private static final Logger LOGGER = LogManager.getLogger(DirectoryKeeper.class);

    static final String FILE_NAME = "neural_ranking_models.json";

    private final DirectoryFile file;
    private final ClusterService clusterService;
    private final Executor executor;
    private final DirectoryFile.Copy copy; // as this process found it, or null

    private ModelDirectory latest; // null before the first look at the state
    private final Object writing = new Object();

    /**
     * @param data     directory of this node's data
     * @param executor blocking there is fine
     */
    public DirectoryKeeper(Path data, ClusterService clusterService, Executor executor) {
        this.file = new DirectoryFile(data.resolve(FILE_NAME));
        this.clusterService = clusterService;
        this.executor = executor;
        this.copy = read();
    }

    private DirectoryFile.Copy read() {
        try {
            return file.read();
        } catch (IOException | RuntimeException e) {
            LOGGER.warn("the copy of the directory of models cannot be read", e);
            return null;
        }
    }

    @Override
    public void clusterChanged(ClusterChangedEvent event) {
        ClusterState state = event.state();
        if (state.blocks().hasGlobalBlock(GatewayService.STATE_NOT_RECOVERED_BLOCK)) {
            return;
        }
        String cluster = state.metadata().clusterUUID();
        ModelDirectory directory = state.metadata().custom(ModelDirectory.TYPE);
        synchronized (this) {
            if (directory != null && directory.equals(latest) == false) {
                latest = directory;
                executor.execute(() -> keep(cluster));
            } else if (directory == null && latest == null && state.nodes().isLocalNodeElectedClusterManager()) {
                latest = ModelDirectory.EMPTY; // one look is enough: what is lost was lost before this node started
                if (copy != null && copy.clusterUuid().equals(cluster) && copy.directory().entries().isEmpty() == false) {
                    bringBack();
                }
            }
        }
    }

    /** Writes what is the latest by then, so that it does not matter in which order writes come. */
    private void keep(String cluster) {
        synchronized (writing) {
            ModelDirectory directory;
            synchronized (this) {
                directory = latest;
            }
            try {
                file.write(cluster, directory);
            } catch (IOException | RuntimeException e) {
                LOGGER.warn("no copy of the directory of models is kept: after a time without the plugin, models would have to be registered again", e);
            }
        }
    }

    private void bringBack() {
        clusterService.submitStateUpdateTask("bring back the neural ranking models", new ClusterStateUpdateTask() {
            @Override
            public ClusterState execute(ClusterState current) {
                ModelDirectory directory = ModelDirectory.of(current); // somebody may have registered a model meanwhile
                for (ModelEntry entry : copy.directory().entries()) {
                    directory = directory.get(entry.id()) == null ? directory.with(entry) : directory;
                }
                return current.metadata().clusterUUID().equals(copy.clusterUuid()) ? directory.in(current) : current;
            }

            @Override
            public void onFailure(String source, Exception e) {
                LOGGER.warn("the directory of models could not be brought back", e);
            }
        });
    }
}
