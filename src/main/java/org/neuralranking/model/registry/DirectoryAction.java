package org.neuralranking.model.registry;

import java.util.HashSet;
import java.util.Set;

import org.neuralranking.model.store.ModelIndex;
import org.neuralranking.model.store.StoredContent;
import org.opensearch.action.ActionType;
import org.opensearch.action.support.ActionFilters;
import org.opensearch.action.support.clustermanager.AcknowledgedRequest;
import org.opensearch.action.support.clustermanager.TransportClusterManagerNodeAction;
import org.opensearch.cluster.AckedClusterStateUpdateTask;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.block.ClusterBlockException;
import org.opensearch.cluster.block.ClusterBlockLevel;
import org.opensearch.cluster.metadata.IndexNameExpressionResolver;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.action.ActionResponse;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.TransportService;

/** Changes the directory on the cluster manager; chunks that nobody names afterwards are deleted. */
abstract class DirectoryAction<Q extends AcknowledgedRequest<Q>, R extends ActionResponse> extends TransportClusterManagerNodeAction<Q, R> {

    private final ModelIndex index;

    DirectoryAction(
        ActionType<R> type,
        Writeable.Reader<Q> request,
        TransportService transportService,
        ClusterService clusterService,
        ThreadPool threadPool,
        ActionFilters actionFilters,
        IndexNameExpressionResolver resolver,
        ModelIndex index
    ) {
        super(type.name(), transportService, clusterService, threadPool, actionFilters, request, resolver);
        this.index = index;
    }

    /** A change of the directory and what is said when it is done. */
    abstract static class Change<R> {
        /**
         * @param directory as it is when the change's turn has come
         * @param state     which it is part of
         */
        abstract ModelDirectory execute(ModelDirectory directory, ClusterState state);

        abstract R response(boolean acknowledged);

        /** What was asked for is refused, and nothing has changed. */
        void refused() {}
    }

    final void submit(String what, Q request, Change<R> change, ActionListener<R> listener) {
        clusterService.submitStateUpdateTask(what, new AckedClusterStateUpdateTask<R>(request, listener) {
            @Override
            public ClusterState execute(ClusterState current) {
                try {
                    ModelDirectory directory = ModelDirectory.of(current);
                    ModelDirectory changed = change.execute(directory, current);
                    return changed.equals(directory) ? current : changed.in(current);
                } catch (RuntimeException e) {
                    change.refused();
                    throw e;
                }
            }

            @Override
            protected R newResponse(boolean acknowledged) {
                return change.response(acknowledged);
            }

            @Override
            public void clusterStateProcessed(String source, ClusterState before, ClusterState after) {
                Set<StoredContent> unnamed = new HashSet<>(ModelDirectory.of(before).stored());
                unnamed.removeAll(ModelDirectory.of(after).stored());
                unnamed.forEach(DirectoryAction.this::dropUnlessNamed);
            }
        });
    }

    /** Deletes a content's chunks, unless the directory names them after all: a call that is made again may have succeeded before. */
    final void dropUnlessNamed(StoredContent content) {
        boolean named = ModelDirectory.of(clusterService.state()).stored().stream().anyMatch(other -> other.storage().equals(content.storage()));
        if (named == false) {
            index.dropChunks(content.storage(), content.chunks());
        }
    }

    @Override
    protected final String executor() {
        return ThreadPool.Names.SAME;
    }

    @Override
    protected final ClusterBlockException checkBlock(Q request, ClusterState state) {
        return state.blocks().globalBlockedException(ClusterBlockLevel.METADATA_WRITE);
    }
}
