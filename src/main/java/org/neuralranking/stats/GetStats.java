package org.neuralranking.stats;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.neuralranking.model.registry.EveryNode;
import org.neuralranking.model.registry.ModelDirectory;
import org.neuralranking.model.registry.ModelEntry;
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
import org.opensearch.core.xcontent.ToXContentObject;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.TransportService;

/** The counters of every node. */
public final class GetStats extends EveryNode<GetStats.Everything, GetStats.NodeCounters, GetStats.Response> {

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
            TYPE,
            ThreadPool.Names.MANAGEMENT,
            in -> new Everything(),
            NodeCounters::new,
            NodeCounters.class,
            threadPool,
            clusterService,
            transportService,
            actionFilters
        );
        this.stats = stats;
    }

    @Override
    protected NodeCounters answer(Everything everything) {
        Map<String, Snapshot> byHash = stats.modelSnapshots();
        Map<String, Snapshot> byId = new HashMap<>();
        for (ModelEntry entry : ModelDirectory.of(clusterService.state()).entries()) {
            for (String name : entry.names()) {
                Snapshot snapshot = byHash.get(entry.meaning(name).hash());
                if (snapshot != null) {
                    byId.put(name, snapshot);
                }
            }
        }
        return new NodeCounters(clusterService.localNode(), byId, stats.memory(), stats.rescore().snapshot(), stats.rescore().lastFailure());
    }

    @Override
    protected Response gather(Everything everything, ClusterName cluster, List<NodeCounters> nodes, List<FailedNodeException> failures) {
        return new Response(cluster, nodes, failures);
    }

    /** There is nothing to choose yet. */
    record Everything() implements Writeable {
        @Override
        public void writeTo(StreamOutput out) {}
    }

    /** Counters of one node, of models by id. */
    static final class NodeCounters extends BaseNodeResponse {
        private final Map<String, Snapshot> models;
        private final MemoryUse memory;
        private final Map<String, Long> rescore;
        private final String lastRescoreFailure; // or null

        private NodeCounters(
            DiscoveryNode node,
            Map<String, Snapshot> models,
            MemoryUse memory,
            Map<String, Long> rescore,
            String lastRescoreFailure
        ) {
            super(node);
            this.models = models;
            this.memory = memory;
            this.rescore = rescore;
            this.lastRescoreFailure = lastRescoreFailure;
        }

        private NodeCounters(StreamInput in) throws IOException {
            super(in);
            models = in.readMap(StreamInput::readString, Snapshot::new);
            memory = new MemoryUse(in);
            rescore = in.readOrderedMap(StreamInput::readString, StreamInput::readVLong);
            lastRescoreFailure = in.readOptionalString();
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeMap(models, StreamOutput::writeString, (o, snapshot) -> snapshot.writeTo(o));
            memory.writeTo(out);
            out.writeMap(rescore, StreamOutput::writeString, StreamOutput::writeVLong);
            out.writeOptionalString(lastRescoreFailure);
        }
    }

    static final class Response extends EveryNode.Answers<NodeCounters> implements ToXContentObject {
        private Response(ClusterName cluster, List<NodeCounters> nodes, List<FailedNodeException> failures) {
            super(cluster, nodes, failures);
        }

        private Response(StreamInput in) throws IOException {
            super(in);
        }

        @Override
        protected Writeable.Reader<NodeCounters> reader() {
            return NodeCounters::new;
        }

        @Override
        public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
            builder.startObject().startObject("nodes");
            for (NodeCounters node : getNodes()) {
                builder.startObject(node.getNode().getId()).field("name", node.getNode().getName()).startObject("models");
                for (Map.Entry<String, Snapshot> model : node.models.entrySet()) {
                    builder.startObject(model.getKey());
                    model.getValue().toXContent(builder, params);
                    builder.endObject();
                }
                builder.endObject().startObject("memory");
                node.memory.toXContent(builder, params);
                builder.endObject().startObject("rescore").mapContents(node.rescore);
                if (node.lastRescoreFailure != null) {
                    builder.field("last_failure", node.lastRescoreFailure);
                }
                builder.endObject().endObject();
            }
            return builder.endObject().endObject();
        }
    }
}
