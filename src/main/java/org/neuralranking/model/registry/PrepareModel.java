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
import org.opensearch.action.support.nodes.BaseNodesRequest;
import org.opensearch.action.support.nodes.BaseNodesResponse;
import org.opensearch.action.support.nodes.TransportNodesAction;
import org.opensearch.cluster.ClusterName;
import org.opensearch.cluster.node.DiscoveryNode;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.TransportRequest;
import org.opensearch.transport.TransportService;

/** First half of a registration: every node reads, checks and loads the bundle, and says which content it found. */
public final class PrepareModel extends TransportNodesAction<PrepareModel.Request, PrepareModel.Response, PrepareModel.NodeRequest, PrepareModel.Prepared> {

    public static final ActionType<Response> TYPE = new ActionType<>("cluster:admin/neural_ranking/models/prepare", Response::new);

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
            TYPE.name(),
            threadPool,
            clusterService,
            transportService,
            actionFilters,
            Request::new,
            NodeRequest::new,
            ModelThreads.BUILD,
            Prepared.class
        );
        this.models = models;
    }

    @Override
    protected Prepared nodeOperation(NodeRequest request) {
        try {
            Bundle bundle = models.stage(request.path);
            return new Prepared(clusterService.localNode(), bundle.hash(), bundle.facts().task());
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception | LinkageError e) {
            throw new OpenSearchException(e.getMessage(), e);
        }
    }

    @Override
    protected Response newResponse(Request request, List<Prepared> nodes, List<FailedNodeException> failures) {
        return new Response(clusterService.getClusterName(), nodes, failures);
    }

    @Override
    protected NodeRequest newNodeRequest(Request request) {
        return new NodeRequest(request.path);
    }

    @Override
    protected Prepared newNodeResponse(StreamInput in) throws IOException {
        return new Prepared(in);
    }

    static final class Request extends BaseNodesRequest<Request> {
        private final String path;

        /** To all nodes. */
        Request(String path) {
            super(new String[0]);
            this.path = path;
        }

        Request(StreamInput in) throws IOException {
            super(in);
            path = in.readString();
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeString(path);
        }
    }

    static final class NodeRequest extends TransportRequest {
        private final String path;

        NodeRequest(String path) {
            this.path = path;
        }

        NodeRequest(StreamInput in) throws IOException {
            super(in);
            path = in.readString();
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeString(path);
        }
    }

    /** What one node found. */
    static final class Prepared extends BaseNodeResponse {
        final String hash;
        final Task task;

        Prepared(DiscoveryNode node, String hash, Task task) {
            super(node);
            this.hash = hash;
            this.task = task;
        }

        Prepared(StreamInput in) throws IOException {
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

    static final class Response extends BaseNodesResponse<Prepared> {
        Response(ClusterName name, List<Prepared> nodes, List<FailedNodeException> failures) {
            super(name, nodes, failures);
        }

        Response(StreamInput in) throws IOException {
            super(in);
        }

        @Override
        protected List<Prepared> readNodesFrom(StreamInput in) throws IOException {
            return in.readList(Prepared::new);
        }

        @Override
        protected void writeNodesTo(StreamOutput out, List<Prepared> nodes) throws IOException {
            out.writeList(nodes);
        }
    }
}
