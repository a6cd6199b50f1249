package org.neuralranking.stats;

import java.io.IOException;
import java.util.List;
import java.util.Map;

import org.neuralranking.model.registry.ModelDirectory;
import org.neuralranking.model.registry.ModelEntry;
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
import org.opensearch.core.xcontent.ToXContentObject;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.TransportRequest;
import org.opensearch.transport.TransportService;

/** The counters of every node. */
public final class GetStats extends TransportNodesAction<GetStats.Request, GetStats.Response, GetStats.NodeRequest, GetStats.NodeCounters> {

    public static final ActionType<Response> TYPE = new ActionType<>("cluster:admin/neural_ranking/stats", Response::new);

    private final NodeStats stats;

    @Inject
    public GetStats(
        ThreadPool threadPool,
        ClusterService clusterService,
        TransportService transportService,
        ActionFilters actionFilters,
        NodeStats stats
    ) {
        super(
            TYPE.name(),
            threadPool,
            clusterService,
            transportService,
            actionFilters,
            Request::new,
            NodeRequest::new,
            ThreadPool.Names.MANAGEMENT,
            NodeCounters.class
        );
        this.stats = stats;
    }

    @Override
    protected NodeCounters nodeOperation(NodeRequest request) {
        return new NodeCounters(clusterService.localNode(), stats.modelSnapshots(), stats.rescore().snapshot());
    }

    @Override
    protected Response newResponse(Request request, List<NodeCounters> nodes, List<FailedNodeException> failures) {
        List<ModelEntry> entries = List.copyOf(ModelDirectory.of(clusterService.state()).entries());
        return new Response(clusterService.getClusterName(), nodes, failures, entries);
    }

    @Override
    protected NodeRequest newNodeRequest(Request request) {
        return new NodeRequest();
    }

    @Override
    protected NodeCounters newNodeResponse(StreamInput in) throws IOException {
        return new NodeCounters(in);
    }

    static final class Request extends BaseNodesRequest<Request> {
        Request() {
            super(new String[0]);
        }

        Request(StreamInput in) throws IOException {
            super(in);
        }
    }

    static final class NodeRequest extends TransportRequest {
        NodeRequest() {}

        NodeRequest(StreamInput in) throws IOException {
            super(in);
        }
    }

    static final class NodeCounters extends BaseNodeResponse {
        private final Map<String, Snapshot> models;
        private final Map<String, Long> rescore;

        NodeCounters(DiscoveryNode node, Map<String, Snapshot> models, Map<String, Long> rescore) {
            super(node);
            this.models = models;
            this.rescore = rescore;
        }

        NodeCounters(StreamInput in) throws IOException {
            super(in);
            models = in.readMap(StreamInput::readString, Snapshot::new);
            rescore = in.readOrderedMap(StreamInput::readString, StreamInput::readVLong);
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeMap(models, StreamOutput::writeString, (o, snapshot) -> snapshot.writeTo(o));
            out.writeMap(rescore, StreamOutput::writeString, StreamOutput::writeVLong);
        }
    }

    static final class Response extends BaseNodesResponse<NodeCounters> implements ToXContentObject {
        private final List<ModelEntry> entries;

        Response(ClusterName name, List<NodeCounters> nodes, List<FailedNodeException> failures, List<ModelEntry> entries) {
            super(name, nodes, failures);
            this.entries = entries;
        }

        Response(StreamInput in) throws IOException {
            super(in);
            entries = in.readList(ModelEntry::new);
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeList(entries);
        }

        @Override
        protected List<NodeCounters> readNodesFrom(StreamInput in) throws IOException {
            return in.readList(NodeCounters::new);
        }

        @Override
        protected void writeNodesTo(StreamOutput out, List<NodeCounters> nodes) throws IOException {
            out.writeList(nodes);
        }

        @Override
        public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
            builder.startObject().startObject("nodes");
            for (NodeCounters node : getNodes()) {
                builder.startObject(node.getNode().getId()).field("name", node.getNode().getName()).startObject("models");
                for (ModelEntry entry : entries) {
                    Snapshot snapshot = node.models.get(entry.ref().hash());
                    if (snapshot != null) {
                        builder.startObject(entry.id());
                        snapshot.toXContent(builder, params);
                        builder.endObject();
                    }
                }
                builder.endObject().field("rescore", node.rescore).endObject();
            }
            return builder.endObject().endObject();
        }
    }
}
