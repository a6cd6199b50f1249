package org.neuralranking.model.registry;

import java.io.IOException;
import java.util.List;

import org.neuralranking.model.Task;
import org.neuralranking.model.bundle.Bundle;
import org.opensearch.OpenSearchException;
import org.opensearch.action.ActionType;
import org.opensearch.action.FailedNodeException;
import org.opensearch.action.support.ActionFilters;
import org.opensearch.action.support.nodes.BaseNodeResponse;
import org.opensearch.cluster.ClusterName;
import org.opensearch.cluster.node.DiscoveryNode;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.TransportService;

/** First half of a registration: every node reads, checks and loads the bundle, and says which content it found. */
public final class PrepareModel extends EveryNode<PrepareModel.BundlePath, PrepareModel.Prepared, PrepareModel.AllPrepared> {

    public static final ActionType<AllPrepared> TYPE = new ActionType<>("cluster:admin/neural_ranking/models/prepare", AllPrepared::new);

    private final LocalModels models;

    @Inject
    public PrepareModel(
        ThreadPool threadPool,
        ClusterService clusterService,
        TransportService transportService,
        ActionFilters actionFilters,
        LocalModels models
    ) {
        super(
            TYPE,
            ModelThreads.BUILD,
            BundlePath::new,
            Prepared::new,
            Prepared.class,
            threadPool,
            clusterService,
            transportService,
            actionFilters
        );
        this.models = models;
    }

    @Override
    protected Prepared answer(BundlePath bundlePath) {
        try {
            Bundle bundle = models.stage(bundlePath.path);
            return new Prepared(clusterService.localNode(), bundle.hash(), bundle.facts().task());
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception | LinkageError e) {
            throw new OpenSearchException(e.getMessage(), e);
        }
    }

    @Override
    protected AllPrepared gather(BundlePath path, ClusterName cluster, List<Prepared> answers, List<FailedNodeException> failures) {
        return new AllPrepared(cluster, answers, failures);
    }

    /** Below config/neural-ranking/models. */
    record BundlePath(String path) implements Writeable {
        private BundlePath(StreamInput in) throws IOException {
            this(in.readString());
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            out.writeString(path);
        }
    }

    /** What one node found. */
    static final class Prepared extends BaseNodeResponse {
        final String hash;
        final Task task;

        private Prepared(DiscoveryNode node, String hash, Task task) {
            super(node);
            this.hash = hash;
            this.task = task;
        }

        private Prepared(StreamInput in) throws IOException {
            super(in);
            hash = in.readString();
            task = in.readEnum(Task.class);
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeString(hash);
            out.writeEnum(task);
        }
    }

    static final class AllPrepared extends EveryNode.Answers<Prepared> {
        private AllPrepared(ClusterName cluster, List<Prepared> answers, List<FailedNodeException> failures) {
            super(cluster, answers, failures);
        }

        private AllPrepared(StreamInput in) throws IOException {
            super(in);
        }

        @Override
        protected Writeable.Reader<Prepared> reader() {
            return Prepared::new;
        }
    }
}
