package org.neuralranking.model.registry;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.neuralranking.model.bundle.BundleFacts;
import org.opensearch.ResourceNotFoundException;
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

/** What is registered, what detection found, and how it stands on every node. */
public final class GetModels extends TransportNodesAction<GetModels.Request, GetModels.Response, GetModels.NodeRequest, GetModels.NodeStates> {

    public static final ActionType<Response> TYPE = new ActionType<>("cluster:admin/neural_ranking/models/get", Response::new);

    private final LocalModels models;

    @Inject
    public GetModels(
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
            ThreadPool.Names.MANAGEMENT,
            NodeStates.class
        );
        this.models = models;
    }

    @Override
    protected NodeStates nodeOperation(NodeRequest request) {
        Map<String, ModelState> states = new HashMap<>();
        for (String hash : request.hashes) {
            states.put(hash, models.state(hash));
        }
        return new NodeStates(clusterService.localNode(), states);
    }

    @Override
    protected Response newResponse(Request request, List<NodeStates> nodes, List<FailedNodeException> failures) {
        return new Response(clusterService.getClusterName(), nodes, failures, entries(request));
    }

    @Override
    protected NodeRequest newNodeRequest(Request request) {
        return new NodeRequest(entries(request).stream().map(entry -> entry.ref().hash()).distinct().toList());
    }

    private List<ModelEntry> entries(Request request) {
        ModelDirectory directory = ModelDirectory.of(clusterService.state());
        if (request.id == null) {
            return new ArrayList<>(directory.entries());
        }
        ModelEntry entry = directory.get(request.id);
        if (entry == null) {
            throw new ResourceNotFoundException("model [{}] is not registered", request.id);
        }
        return List.of(entry);
    }

    @Override
    protected NodeStates newNodeResponse(StreamInput in) throws IOException {
        return new NodeStates(in);
    }

    static final class Request extends BaseNodesRequest<Request> {
        private final String id; // null for all

        Request(String id) {
            super(new String[0]);
            this.id = id;
        }

        Request(StreamInput in) throws IOException {
            super(in);
            id = in.readOptionalString();
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeOptionalString(id);
        }
    }

    static final class NodeRequest extends TransportRequest {
        private final List<String> hashes;

        NodeRequest(List<String> hashes) {
            this.hashes = hashes;
        }

        NodeRequest(StreamInput in) throws IOException {
            super(in);
            hashes = in.readStringList();
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeStringCollection(hashes);
        }
    }

    /** States by content hash on one node. */
    static final class NodeStates extends BaseNodeResponse {
        private final Map<String, ModelState> states;

        NodeStates(DiscoveryNode node, Map<String, ModelState> states) {
            super(node);
            this.states = states;
        }

        NodeStates(StreamInput in) throws IOException {
            super(in);
            states = in.readMap(StreamInput::readString, ModelState::new);
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeMap(states, StreamOutput::writeString, (o, state) -> state.writeTo(o));
        }
    }

    static final class Response extends BaseNodesResponse<NodeStates> implements ToXContentObject {
        private final List<ModelEntry> entries;

        Response(ClusterName name, List<NodeStates> nodes, List<FailedNodeException> failures, List<ModelEntry> entries) {
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
        protected List<NodeStates> readNodesFrom(StreamInput in) throws IOException {
            return in.readList(NodeStates::new);
        }

        @Override
        protected void writeNodesTo(StreamOutput out, List<NodeStates> nodes) throws IOException {
            out.writeList(nodes);
        }

        @Override
        public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
            builder.startObject().startArray("models");
            for (ModelEntry entry : entries) {
                builder.startObject().field("id", entry.id()).field("hash", entry.ref().hash()).field("path", entry.path());
                BundleFacts facts = facts(entry.ref().hash());
                if (facts == null) {
                    builder.field("task", entry.task().id());
                } else {
                    facts.toXContent(builder, params);
                }
                builder.startObject("nodes");
                for (NodeStates node : getNodes()) {
                    builder.startObject(node.getNode().getId()).field("name", node.getNode().getName());
                    node.states.getOrDefault(entry.ref().hash(), ModelState.ABSENT).toXContent(builder, params);
                    builder.endObject();
                }
                for (FailedNodeException failure : failures()) {
                    builder.startObject(failure.nodeId()).field("state", "unknown").field("reason", failure.getDetailedMessage()).endObject();
                }
                builder.endObject().endObject();
            }
            return builder.endArray().endObject();
        }

        /** From any node that has it ready; they are a function of the content. */
        private BundleFacts facts(String hash) {
            for (NodeStates node : getNodes()) {
                ModelState state = node.states.get(hash);
                if (state != null && state.facts() != null) {
                    return state.facts();
                }
            }
            return null;
        }
    }
}
