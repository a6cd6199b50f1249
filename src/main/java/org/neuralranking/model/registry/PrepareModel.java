package org.neuralranking.model.registry;

import java.io.IOException;
import java.util.List;

import org.neuralranking.model.store.StoredContent;
import org.opensearch.OpenSearchException;
import org.opensearch.OpenSearchStatusException;
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
import org.opensearch.core.rest.RestStatus;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.TransportService;

/** Before the directory names a content: nodes fetch, check and load it; or give it up, because the directory will not. */
public final class PrepareModel extends EveryNode<PrepareModel.Wish, PrepareModel.Prepared, PrepareModel.AllPrepared> {

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
            Wish::new,
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
    protected Prepared answer(Wish wish) {
        if (wish.prepare == false) {
            models.giveUp(wish.content);
            return new Prepared(clusterService.localNode(), false);
        }
        try {
            return new Prepared(clusterService.localNode(), models.prepare(wish.content));
        } catch (IOException e) {
            throw new OpenSearchStatusException(e.getMessage(), RestStatus.SERVICE_UNAVAILABLE, e);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception | LinkageError e) {
            throw new OpenSearchException(e.getMessage(), e);
        }
    }

    @Override
    protected AllPrepared gather(Wish wish, ClusterName cluster, List<Prepared> answers, List<FailedNodeException> failures) {
        return new AllPrepared(cluster, answers, failures);
    }

    /** @param prepare false to give it up */
    record Wish(StoredContent content, boolean prepare) implements Writeable {
        private Wish(StreamInput in) throws IOException {
            this(new StoredContent(in), in.readBoolean());
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            content.writeTo(out);
            out.writeBoolean(prepare);
        }
    }

    /** Whether one node has it ready, or does not want it. */
    static final class Prepared extends BaseNodeResponse {
        final boolean ready;

        private Prepared(DiscoveryNode node, boolean ready) {
            super(node);
            this.ready = ready;
        }

        private Prepared(StreamInput in) throws IOException {
            super(in);
            ready = in.readBoolean();
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeBoolean(ready);
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
