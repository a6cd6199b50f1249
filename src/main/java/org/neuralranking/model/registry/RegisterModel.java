package org.neuralranking.model.registry;

import static org.opensearch.action.ValidateActions.addValidationError;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import org.neuralranking.model.bundle.BundleException;
import org.neuralranking.model.store.Contents;
import org.neuralranking.model.store.DocumentVersion;
import org.neuralranking.model.store.ModelIndex;
import org.neuralranking.model.store.StoredContent;
import org.opensearch.OpenSearchStatusException;
import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.action.ActionType;
import org.opensearch.action.support.ActionFilters;
import org.opensearch.action.support.ContextPreservingActionListener;
import org.opensearch.action.support.HandledTransportAction;
import org.opensearch.action.support.clustermanager.AcknowledgedRequest;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.inject.Inject;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.core.tasks.TaskCancelledException;
import org.opensearch.core.tasks.TaskId;
import org.opensearch.tasks.Task;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.TransportService;
import org.opensearch.transport.client.Client;

/**
 * Registers a bundle that lies on the node which is asked, or whose parts were uploaded: this node checks it and writes it into the model
 * index, from where {@link PublishModel} brings it to all.
 */
public final class RegisterModel extends HandledTransportAction<RegisterModel.Request, PublishModel.Response> {

    public static final ActionType<PublishModel.Response> TYPE = new ActionType<>(
        "cluster:admin/neural_ranking/models/put",
        PublishModel.Response::new
    );

    /** Reading, hashing and opening gigabytes from a slow disk takes minutes. */
    static final TimeValue LOAD_TIMEOUT = TimeValue.timeValueMinutes(5);

    private static final Pattern ID = Pattern.compile("[a-z0-9][a-z0-9_.-]{0,127}");

    private final Client client;
    private final ClusterService clusterService;
    private final ThreadPool threadPool;
    private final Contents contents;
    private final ModelIndex index;

    @Inject
    public RegisterModel(
        TransportService transportService,
        ActionFilters actionFilters,
        Client client,
        ClusterService clusterService,
        ThreadPool threadPool,
        Contents contents,
        ModelIndex index
    ) {
        super(TYPE.name(), transportService, actionFilters, Request::new);
        this.client = client;
        this.clusterService = clusterService;
        this.threadPool = threadPool;
        this.contents = contents;
        this.index = index;
    }

    static ActionRequestValidationException checkId(String id) {
        return ID.matcher(id).matches() ? null : addValidationError("got model id [" + id + "], expected " + ID.pattern(), null);
    }

    @Override
    protected void doExecute(Task task, Request request, ActionListener<PublishModel.Response> listener) {
        // not on the threads that load: what others wait for must not wait for gigabytes that are being stored
        ActionListener<Stored> stored = ContextPreservingActionListener.wrapPreservingContext(
            ActionListener.wrap(done -> publish((RegistrationTask) task, request, done, listener), listener::onFailure),
            threadPool.getThreadContext()
        );
        threadPool.generic().execute(() -> ActionListener.completeWith(stored, () -> store((RegistrationTask) task, request)));
    }

    /** @param parts of the upload that it was made of */
    private record Stored(StoredContent content, List<DocumentVersion> parts) {}

    private Stored store(RegistrationTask task, Request request) throws IOException {
        task.phase("checking", 0);
        try (Contents.Staged staged = stage(task, request)) {
            task.phase("storing", staged.streamBytes());
            return new Stored(contents.store(staged, task::stored, task::isCancelled), staged.parts());
        } catch (BundleException e) {
            throw new BundleException(notRegistered(request, e), e);
        } catch (IOException e) { // a full disk, an index that cannot be read: it may work later
            throw new OpenSearchStatusException(notRegistered(request, e), RestStatus.SERVICE_UNAVAILABLE, e);
        }
    }

    private String notRegistered(Request request, Exception e) {
        return "model [" + request.id + "] is not registered; node [" + clusterService.getNodeName() + "]: " + e.getMessage();
    }

    private Contents.Staged stage(RegistrationTask task, Request request) throws IOException {
        return request.path != null
            ? contents.stagePath(request.path)
            : contents.stageUpload(request.id, request.parts, request.sha256, task::isCancelled);
    }

    private void publish(RegistrationTask task, Request request, Stored stored, ActionListener<PublishModel.Response> listener) {
        StoredContent content = stored.content;
        if (task.isCancelled()) {
            index.dropChunks(content.storage(), content.chunks());
            throw new TaskCancelledException("cancelled before model [" + request.id + "] was brought to the nodes");
        }
        PublishModel.Request publish = new PublishModel.Request(request.id, new DirectoryChange.Register(content), request.waitFor);
        publish.setParentTask(clusterService.localNode().getId(), task.getId());
        publish.timeout(request.timeout());
        publish.clusterManagerNodeTimeout(request.clusterManagerNodeTimeout());
        client.execute(PublishModel.TYPE, publish, ActionListener.wrap(response -> {
            index.dropParts(stored.parts);
            listener.onResponse(response);
        }, listener::onFailure));
    }

    /** id, and either where the bundle lies or what was uploaded. */
    static final class Request extends AcknowledgedRequest<Request> {
        private final String id;
        private final String path;
        private final int parts;
        private final String sha256;
        private final WaitFor waitFor;

        private Request(String id, String path, int parts, String sha256, WaitFor waitFor) {
            this.id = id;
            this.path = path;
            this.parts = parts;
            this.sha256 = sha256;
            this.waitFor = waitFor;
            timeout(LOAD_TIMEOUT);
        }

        /** @param path below config/neural-ranking/models of the node that is asked */
        static Request ofPath(String id, String path, WaitFor waitFor) {
            return new Request(id, path, 0, null, waitFor);
        }

        /** @param sha256 of the parts' bytes in order */
        static Request ofUpload(String id, int parts, String sha256, WaitFor waitFor) {
            return new Request(id, null, parts, sha256, waitFor);
        }

        Request(StreamInput in) throws IOException {
            super(in);
            id = in.readString();
            path = in.readOptionalString();
            parts = in.readVInt();
            sha256 = in.readOptionalString();
            waitFor = in.readEnum(WaitFor.class);
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeString(id);
            out.writeOptionalString(path);
            out.writeVInt(parts);
            out.writeOptionalString(sha256);
            out.writeEnum(waitFor);
        }

        @Override
        public ActionRequestValidationException validate() {
            return checkId(id);
        }

        @Override
        public Task createTask(long taskId, String type, String action, TaskId parent, Map<String, String> headers) {
            return new RegistrationTask(taskId, type, action, "model [" + id + "]", parent, headers);
        }
    }
}
