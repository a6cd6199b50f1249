package org.neuralranking.model.registry;

import static org.opensearch.action.ValidateActions.addValidationError;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import org.neuralranking.model.store.ModelIndex;
import org.neuralranking.model.store.StoredContent;
import org.opensearch.ExceptionsHelper;
import org.opensearch.OpenSearchStatusException;
import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.action.ActionType;
import org.opensearch.action.FailedNodeException;
import org.opensearch.action.support.ActionFilters;
import org.opensearch.action.support.clustermanager.AcknowledgedRequest;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.metadata.IndexNameExpressionResolver;
import org.opensearch.cluster.node.DiscoveryNode;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.action.ActionResponse;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.core.tasks.TaskCancelledException;
import org.opensearch.core.tasks.TaskId;
import org.opensearch.core.xcontent.ToXContentObject;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.tasks.CancellableTask;
import org.opensearch.tasks.Task;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.TransportException;
import org.opensearch.transport.TransportService;
import org.opensearch.transport.client.Client;

/**
 * Gives an id or an alias a content that is stored: nodes load it first, then the directory names it in one step. Whatever goes wrong
 * before leaves the directory as it was.
 */
public final class PublishModel extends DirectoryAction<PublishModel.Request, PublishModel.Response> {

    public static final ActionType<Response> TYPE = new ActionType<>("cluster:admin/neural_ranking/models/publish", Response::new);

    private static final Pattern ALIAS = Pattern.compile("[a-z0-9][a-z0-9_.-]{0,63}");

    private final Client client;

    @Inject
    public PublishModel(
        TransportService transportService,
        ClusterService clusterService,
        ThreadPool threadPool,
        ActionFilters actionFilters,
        IndexNameExpressionResolver resolver,
        Client client,
        ModelIndex index
    ) {
        super(TYPE, Request::new, transportService, clusterService, threadPool, actionFilters, resolver, index);
        this.client = client;
    }

    /** A rollback says what it found on the node that was asked: made again after its answer was lost, it must not roll back twice. */
    @Override
    protected void doExecute(Task task, Request request, ActionListener<Response> listener) {
        request.pin(ModelDirectory.of(clusterService.state()).get(request.id));
        super.doExecute(task, request, listener);
    }

    @Override
    protected void clusterManagerOperation(Task task, Request request, ClusterState state, ActionListener<Response> listener) {
        StoredContent content;
        try {
            content = request.change.content(request.id, ModelDirectory.of(state).get(request.id));
        } catch (RuntimeException e) {
            refused(request);
            throw e;
        }
        ActionListener<Void> prepared = ActionListener.wrap(ready -> change((CancellableTask) task, request, content, listener), e -> {
            try {
                refused(request);
                giveUp(content);
            } finally {
                listener.onFailure(e);
            }
        });
        switch (request.waitFor) {
            case ALL -> prepareOnAll(request, content, prepared);
            case ANY -> prepareOnOneOf(new ArrayList<>(state.nodes().getNodes().values()), request, content, null, prepared);
            case NONE -> prepared.onResponse(null);
        }
    }

    @Override
    protected void clusterManagerOperation(Request request, ClusterState state, ActionListener<Response> listener) {
        throw new UnsupportedOperationException("with a task");
    }

    private void giveUp(StoredContent content) {
        client.execute(PrepareModel.TYPE, new EveryNode.Question<>(new PrepareModel.Wish(content, false)), ActionListener.wrap(() -> {}));
    }

    private void prepareOnAll(Request request, StoredContent content, ActionListener<Void> prepared) {
        EveryNode.Question<PrepareModel.Wish> question = new EveryNode.Question<>(new PrepareModel.Wish(content, true));
        client.execute(PrepareModel.TYPE, question.timeout(request.timeout()), ActionListener.wrap(answer -> {
            List<OpenSearchStatusException> failures = answer.failures()
                .stream()
                // a node that has left meanwhile loads the model when it comes back
                .filter(failure -> clusterService.state().nodes().nodeExists(failure.nodeId()))
                .map(failure -> notPrepared(request, failure))
                .toList();
            if (failures.isEmpty()) {
                prepared.onResponse(null);
            } else {
                // what is wrong with the bundle says more than what is wrong with a node
                throw failures.stream().filter(e -> e.status() == RestStatus.BAD_REQUEST).findFirst().orElse(failures.getFirst());
            }
        }, prepared::onFailure));
    }

    /**
     * Asks one node after the other until one has it; a bundle that one refuses is refused.
     *
     * @param failure of a node that was asked before, or null
     */
    private void prepareOnOneOf(
        List<DiscoveryNode> nodes,
        Request request,
        StoredContent content,
        OpenSearchStatusException failure,
        ActionListener<Void> prepared
    ) {
        if (nodes.isEmpty()) {
            if (failure == null) {
                prepared.onResponse(null); // no node holds such models
            } else {
                prepared.onFailure(failure);
            }
            return;
        }
        String node = nodes.removeLast().getId();
        EveryNode.Question<PrepareModel.Wish> question = new EveryNode.Question<>(new PrepareModel.Wish(content, true), node);
        client.execute(PrepareModel.TYPE, question.timeout(request.timeout()), ActionListener.wrap(answer -> {
            if (answer.getNodes().stream().anyMatch(ready -> ready.ready)) {
                prepared.onResponse(null);
                return;
            }
            OpenSearchStatusException last = failure;
            for (FailedNodeException failed : answer.failures()) {
                last = notPrepared(request, failed);
                if (last.status() == RestStatus.BAD_REQUEST) {
                    throw last;
                }
            }
            prepareOnOneOf(nodes, request, content, last, prepared);
        }, prepared::onFailure));
    }

    private OpenSearchStatusException notPrepared(Request request, FailedNodeException failure) {
        Throwable cause = ExceptionsHelper.unwrapCause(failure.getCause());
        DiscoveryNode node = clusterService.state().nodes().get(failure.nodeId());
        String still = ModelDirectory.of(clusterService.state()).get(request.id) == null ? "is not registered" : "stays as it was";
        String message = "model [" + request.id + "] " + still + "; node [" + (node == null ? failure.nodeId() : node.getName()) + "]: " + cause.getMessage();
        // a node that left or did not answer in time says nothing about the bundle
        RestStatus status = cause instanceof TransportException ? RestStatus.SERVICE_UNAVAILABLE : ExceptionsHelper.status(cause);
        return new OpenSearchStatusException(message, status, cause);
    }

    private void change(CancellableTask task, Request request, StoredContent content, ActionListener<Response> listener) {
        submit("neural ranking model " + request.id, request, new Change<>() {
            private String result;
            private ModelEntry entry;

            @Override
            ModelDirectory execute(ModelDirectory directory, ClusterState state) {
                if (task.isCancelled()) {
                    throw new TaskCancelledException("cancelled before model [" + request.id + "] was changed");
                }
                ModelEntry before = directory.get(request.id);
                entry = request.change.apply(request.id, before, content);
                boolean same = before != null && before.current().hash().equals(entry.current().hash());
                boolean alias = request.change instanceof DirectoryChange.Alias;
                result = before == null ? "created" : same && alias == false ? "unchanged" : "updated";
                return directory.with(entry);
            }

            @Override
            Response response(boolean acknowledged) {
                return new Response(acknowledged, result, entry.id(), content);
            }

            @Override
            void refused() {
                PublishModel.this.refused(request);
                giveUp(content);
            }
        }, listener);
    }

    /** The directory will not name it: what was stored for it goes. */
    private void refused(Request request) {
        if (request.change instanceof DirectoryChange.Register(StoredContent stored)) {
            dropUnlessNamed(stored);
        }
    }

    @Override
    protected Response read(StreamInput in) throws IOException {
        return new Response(in);
    }

    static final class Request extends AcknowledgedRequest<Request> {
        private final String id;
        private DirectoryChange change;
        private final WaitFor waitFor;

        Request(String id, DirectoryChange change, WaitFor waitFor) {
            this.id = id;
            this.change = change;
            this.waitFor = waitFor;
            timeout(RegisterModel.LOAD_TIMEOUT);
        }

        Request(StreamInput in) throws IOException {
            super(in);
            id = in.readString();
            change = DirectoryChange.read(in);
            waitFor = in.readEnum(WaitFor.class);
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeString(id);
            change.writeTo(out);
            out.writeEnum(waitFor);
        }

        private void pin(ModelEntry entry) {
            if (change instanceof DirectoryChange.Rollback rollback && entry != null) {
                change = rollback.pinned(entry);
            }
        }

        @Override
        public Task createTask(long taskId, String type, String action, TaskId parent, Map<String, String> headers) {
            return new CancellableTask(taskId, type, action, "model [" + id + "]", parent, headers) {
                @Override
                public boolean shouldCancelChildrenOnCancellation() {
                    return false; // a node that loads is not interrupted, it is told to give up
                }
            };
        }

        @Override
        public ActionRequestValidationException validate() {
            ActionRequestValidationException wrong = RegisterModel.checkId(id);
            if (change instanceof DirectoryChange.Alias(String alias, String hash) && ALIAS.matcher(alias).matches() == false) {
                wrong = addValidationError("got alias [" + alias + "], expected " + ALIAS.pattern(), wrong);
            }
            return wrong;
        }
    }

    static final class Response extends ActionResponse implements ToXContentObject {
        private final boolean acknowledged;
        private final String result;
        private final String id;
        private final StoredContent content;

        private Response(boolean acknowledged, String result, String id, StoredContent content) {
            this.acknowledged = acknowledged;
            this.result = result;
            this.id = id;
            this.content = content;
        }

        Response(StreamInput in) throws IOException {
            this(in.readBoolean(), in.readString(), in.readString(), new StoredContent(in));
        }

        RestStatus status() {
            return result.equals("created") ? RestStatus.CREATED : RestStatus.OK;
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            out.writeBoolean(acknowledged);
            out.writeString(result);
            out.writeString(id);
            content.writeTo(out);
        }

        @Override
        public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
            return builder.startObject()
                .field("acknowledged", acknowledged)
                .field("id", id)
                .field("result", result)
                .field("task", content.task().id())
                .field("hash", content.hash())
                .endObject();
        }
    }
}
