package org.neuralranking.model.registry;

import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Pattern;

import org.neuralranking.model.ModelRef;
import org.neuralranking.model.bundle.BundleException;
import org.opensearch.ExceptionsHelper;
import org.opensearch.OpenSearchStatusException;
import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.action.ActionType;
import org.opensearch.action.FailedNodeException;
import org.opensearch.action.support.ActionFilters;
import org.opensearch.action.support.clustermanager.AcknowledgedRequest;
import org.opensearch.action.support.clustermanager.TransportClusterManagerNodeAction;
import org.opensearch.cluster.AckedClusterStateUpdateTask;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.block.ClusterBlockException;
import org.opensearch.cluster.block.ClusterBlockLevel;
import org.opensearch.cluster.metadata.IndexNameExpressionResolver;
import org.opensearch.cluster.node.DiscoveryNodes;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.inject.Inject;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.action.ActionResponse;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.core.xcontent.ToXContentObject;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.TransportException;
import org.opensearch.transport.TransportService;
import org.opensearch.transport.client.Client;

import static org.opensearch.action.ValidateActions.addValidationError;

/**
 * Registers a bundle that lies below config/neural-ranking/models on every node: all nodes prepare it, and only when all of them found the
 * same content does the directory name it. Whatever goes wrong before leaves the directory as it was.
 */
public final class RegisterModel extends TransportClusterManagerNodeAction<RegisterModel.Request, RegisterModel.Response> {

    public static final ActionType<Response> TYPE = new ActionType<>("cluster:admin/neural_ranking/models/put", Response::new);

    /** Reading, hashing and opening gigabytes from a slow disk takes minutes. */
    private static final TimeValue LOAD_TIMEOUT = TimeValue.timeValueMinutes(5);

    private static final Pattern ID = Pattern.compile("[a-z0-9][a-z0-9_.-]{0,127}");

    private final Client client;

    @Inject
    public RegisterModel(
        TransportService transportService,
        ClusterService clusterService,
        ThreadPool threadPool,
        ActionFilters actionFilters,
        IndexNameExpressionResolver resolver,
        Client client
    ) {
        super(TYPE.name(), transportService, clusterService, threadPool, actionFilters, Request::new, resolver);
        this.client = client;
    }

    @Override
    protected void clusterManagerOperation(Request request, ClusterState state, ActionListener<Response> listener) {
        EveryNode.Question<PrepareModel.BundlePath> question = new EveryNode.Question<>(new PrepareModel.BundlePath(request.path));
        client.execute(
            PrepareModel.TYPE,
            question.timeout(request.timeout()),
            ActionListener.wrap(prepared -> store(request, agreed(request, prepared, state.nodes()), listener), listener::onFailure)
        );
    }

    /** What all nodes found, if it is the same. */
    private static PrepareModel.Prepared agreed(Request request, PrepareModel.AllPrepared prepared, DiscoveryNodes nodes) {
        for (FailedNodeException failure : prepared.failures()) {
            Throwable cause = ExceptionsHelper.unwrapCause(failure.getCause());
            String name = nodes.nodeExists(failure.nodeId()) ? nodes.get(failure.nodeId()).getName() : failure.nodeId();
            String message = "model [" + request.id + "] is not registered; node [" + name + "]: " + cause.getMessage();
            // a node that left or did not answer in time says nothing about the bundle
            RestStatus status = cause instanceof TransportException ? RestStatus.SERVICE_UNAVAILABLE : ExceptionsHelper.status(cause);
            throw new OpenSearchStatusException(message, status, cause);
        }
        Set<String> hashes = new HashSet<>();
        StringBuilder found = new StringBuilder();
        for (PrepareModel.Prepared node : prepared.getNodes()) {
            hashes.add(node.hash);
            found.append(' ').append(node.getNode().getName()).append('=').append(node.hash);
        }
        if (hashes.size() != 1) {
            throw new BundleException(
                "model [" + request.id + "] is not registered: got different contents at [" + request.path + "]:" + found + ", expected the same on every node"
            );
        }
        return prepared.getNodes().getFirst();
    }

    private void store(Request request, PrepareModel.Prepared found, ActionListener<Response> listener) {
        ModelEntry entry = new ModelEntry(new ModelRef(request.id, found.hash), found.task, request.path);
        clusterService.submitStateUpdateTask("register neural ranking model " + request.id, new AckedClusterStateUpdateTask<Response>(request, listener) {
            private boolean created;

            @Override
            public ClusterState execute(ClusterState current) {
                ModelDirectory directory = ModelDirectory.of(current);
                ModelEntry before = directory.get(request.id);
                created = before == null;
                return entry.equals(before) ? current : directory.with(entry).in(current);
            }

            @Override
            protected Response newResponse(boolean acknowledged) {
                return new Response(acknowledged, created, entry);
            }
        });
    }

    @Override
    protected String executor() {
        return ThreadPool.Names.SAME;
    }

    @Override
    protected Response read(StreamInput in) throws IOException {
        return new Response(in);
    }

    @Override
    protected ClusterBlockException checkBlock(Request request, ClusterState state) {
        return state.blocks().globalBlockedException(ClusterBlockLevel.METADATA_WRITE);
    }

    /** id and where the bundle lies. */
    static final class Request extends AcknowledgedRequest<Request> {
        private final String id;
        private final String path;

        Request(String id, String path) {
            this.id = id;
            this.path = path;
            timeout(LOAD_TIMEOUT);
        }

        Request(StreamInput in) throws IOException {
            super(in);
            id = in.readString();
            path = in.readString();
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeString(id);
            out.writeString(path);
        }

        @Override
        public ActionRequestValidationException validate() {
            return ID.matcher(id).matches()
                ? null
                : addValidationError("got model id [" + id + "], expected " + ID.pattern(), null);
        }
    }

    static final class Response extends ActionResponse implements ToXContentObject {
        private final boolean acknowledged;
        private final boolean created;
        private final ModelEntry entry;

        Response(boolean acknowledged, boolean created, ModelEntry entry) {
            this.acknowledged = acknowledged;
            this.created = created;
            this.entry = entry;
        }

        Response(StreamInput in) throws IOException {
            acknowledged = in.readBoolean();
            created = in.readBoolean();
            entry = new ModelEntry(in);
        }

        RestStatus status() {
            return created ? RestStatus.CREATED : RestStatus.OK;
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            out.writeBoolean(acknowledged);
            out.writeBoolean(created);
            entry.writeTo(out);
        }

        @Override
        public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
            return builder.startObject()
                .field("acknowledged", acknowledged)
                .field("id", entry.id())
                .field("result", created ? "created" : "updated")
                .field("task", entry.task().id())
                .field("hash", entry.ref().hash())
                .endObject();
        }
    }
}
