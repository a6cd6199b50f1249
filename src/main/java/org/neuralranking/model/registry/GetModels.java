package org.neuralranking.model.registry;

import java.io.IOException;
import java.util.List;
import java.util.Map;

import org.neuralranking.model.bundle.BundleFacts;
import org.opensearch.ResourceNotFoundException;
import org.opensearch.action.ActionType;
import org.opensearch.action.FailedNodeException;
import org.opensearch.action.support.ActionFilters;
import org.opensearch.action.support.nodes.BaseNodeResponse;
import org.opensearch.cluster.ClusterName;
import org.opensearch.cluster.node.DiscoveryNode;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.inject.Inject;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.xcontent.ToXContentObject;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.TransportService;

/** What is registered, what detection found, and how it stands on every node. */
public final class GetModels extends EveryNode<GetModels.Wanted, GetModels.NodeStates, GetModels.Response> {

    public static final ActionType<Response> TYPE = new ActionType<>("cluster:admin/neural_ranking/models/get", Response::new);

    /** A node that does not answer is shown as unknown after this. */
    static final TimeValue TIMEOUT = TimeValue.timeValueSeconds(30);

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
            TYPE,
            ThreadPool.Names.MANAGEMENT,
            Wanted::new,
            NodeStates::new,
            NodeStates.class,
            threadPool,
            clusterService,
            transportService,
            actionFilters
        );
        this.models = models;
    }

    @Override
    protected NodeStates answer(Wanted wanted) {
        return new NodeStates(clusterService.localNode(), models.states());
    }

    @Override
    protected Response gather(Wanted wanted, ClusterName cluster, List<NodeStates> nodes, List<FailedNodeException> failures) {
        ModelDirectory directory = ModelDirectory.of(clusterService.state());
        if (wanted.id == null) {
            return new Response(cluster, nodes, failures, List.copyOf(directory.entries()));
        }
        ModelEntry entry = directory.get(wanted.id);
        if (entry == null) {
            throw new ResourceNotFoundException("model [{}] is not registered", wanted.id);
        }
        return new Response(cluster, nodes, failures, List.of(entry));
    }

    /** One id, or null for all. */
    record Wanted(String id) implements Writeable {
        private Wanted(StreamInput in) throws IOException {
            this(in.readOptionalString());
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            out.writeOptionalString(id);
        }
    }

    /** States by content hash on one node. */
    static final class NodeStates extends BaseNodeResponse {
        private final Map<String, ModelState> states;

        private NodeStates(DiscoveryNode node, Map<String, ModelState> states) {
            super(node);
            this.states = states;
        }

        private NodeStates(StreamInput in) throws IOException {
            super(in);
            states = in.readMap(StreamInput::readString, ModelState::new);
        }

        private ModelState of(String hash) {
            return states.getOrDefault(hash, ModelState.ABSENT);
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeMap(states, StreamOutput::writeString, (o, state) -> state.writeTo(o));
        }
    }

    static final class Response extends EveryNode.Answers<NodeStates> implements ToXContentObject {
        private final List<ModelEntry> entries;

        private Response(ClusterName cluster, List<NodeStates> nodes, List<FailedNodeException> failures, List<ModelEntry> entries) {
            super(cluster, nodes, failures);
            this.entries = entries;
        }

        private Response(StreamInput in) throws IOException {
            super(in);
            entries = in.readList(ModelEntry::new);
        }

        @Override
        protected Writeable.Reader<NodeStates> reader() {
            return NodeStates::new;
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeList(entries);
        }

        @Override
        public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
            builder.startObject().startArray("models");
            for (ModelEntry entry : entries) {
                String hash = entry.ref().hash();
                builder.startObject().field("id", entry.id()).field("hash", hash).field("path", entry.path());
                BundleFacts facts = facts(hash);
                if (facts == null) {
                    builder.field("task", entry.task().id());
                } else {
                    facts.toXContent(builder, params);
                }
                builder.startObject("nodes");
                for (NodeStates node : getNodes()) {
                    builder.startObject(node.getNode().getId()).field("name", node.getNode().getName());
                    node.of(hash).toXContent(builder, params);
                    builder.endObject();
                }
                for (FailedNodeException failure : failures()) {
                    builder.startObject(failure.nodeId()).field("state", "unknown").field("reason", failure.getDetailedMessage()).endObject();
                }
                builder.endObject().endObject();
            }
            return builder.endArray().endObject();
        }

        /** From any node that has it ready, as they are a function of the content; null if there is none. */
        private BundleFacts facts(String hash) {
            return getNodes().stream().map(node -> node.of(hash).facts()).filter(facts -> facts != null).findFirst().orElse(null);
        }
    }
}
