package org.neuralranking.model.registry;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.neuralranking.model.bundle.BundleFacts;
import org.neuralranking.model.store.StoredContent;
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
        Map<String, ModelState> states = new HashMap<>();
        for (String hash : ModelDirectory.of(clusterService.state()).loaded().keySet()) {
            states.put(hash, models.state(hash));
        }
        return new NodeStates(clusterService.localNode(), states);
    }

    @Override
    protected Response gather(Wanted wanted, ClusterName cluster, List<NodeStates> nodes, List<FailedNodeException> failures) {
        ModelDirectory directory = ModelDirectory.known(clusterService.state());
        if (wanted.name == null) {
            return new Response(cluster, nodes, failures, directory.entries().stream().map(entry -> new Shown(entry.id(), entry)).toList());
        }
        ModelEntry entry = directory.get(ModelEntry.idOf(wanted.name));
        if (entry == null || entry.meaning(wanted.name) == null) {
            throw new ResourceNotFoundException("model [{}] is not registered", wanted.name);
        }
        return new Response(cluster, nodes, failures, List.of(new Shown(wanted.name, entry)));
    }

    /** {@code id} or {@code id@alias}, and what it is a name in. */
    private record Shown(String name, ModelEntry entry) implements Writeable {
        private Shown(StreamInput in) throws IOException {
            this(in.readString(), new ModelEntry(in));
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            out.writeString(name);
            entry.writeTo(out);
        }
    }

    /** One id or {@code id@alias}, or null for all. */
    record Wanted(String name) implements Writeable {
        private Wanted(StreamInput in) throws IOException {
            this(in.readOptionalString());
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            out.writeOptionalString(name);
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
        private final List<Shown> shown;

        private Response(ClusterName cluster, List<NodeStates> nodes, List<FailedNodeException> failures, List<Shown> shown) {
            super(cluster, nodes, failures);
            this.shown = shown;
        }

        private Response(StreamInput in) throws IOException {
            super(in);
            shown = in.readList(Shown::new);
        }

        @Override
        protected Writeable.Reader<NodeStates> reader() {
            return NodeStates::new;
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeList(shown);
        }

        @Override
        public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
            builder.startObject().startArray("models");
            for (Shown model : shown) {
                StoredContent content = model.entry.meaning(model.name);
                builder.startObject().field("id", model.name).field("hash", content.hash());
                if (model.entry.previous() != null) {
                    builder.field("previous_hash", model.entry.previous().hash());
                }
                if (model.entry.aliases().isEmpty() == false) {
                    builder.startObject("aliases");
                    for (Map.Entry<String, StoredContent> alias : new TreeMap<>(model.entry.aliases()).entrySet()) {
                        builder.field(alias.getKey(), alias.getValue().hash());
                    }
                    builder.endObject();
                }
                String hash = content.hash();
                BundleFacts facts = facts(hash);
                if (facts == null) {
                    builder.field("task", content.task().id());
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
