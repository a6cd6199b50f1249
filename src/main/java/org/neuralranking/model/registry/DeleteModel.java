package org.neuralranking.model.registry;

import static org.opensearch.action.ValidateActions.addValidationError;

import java.io.IOException;
import java.util.List;

import org.neuralranking.model.store.ModelIndex;
import org.opensearch.OpenSearchStatusException;
import org.opensearch.ResourceNotFoundException;
import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.action.ActionType;
import org.opensearch.action.support.ActionFilters;
import org.opensearch.action.support.clustermanager.AcknowledgedRequest;
import org.opensearch.action.support.clustermanager.AcknowledgedResponse;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.metadata.IndexNameExpressionResolver;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.TransportService;

/** Takes an id, or one alias of it, out of the directory, unless something names it. */
public final class DeleteModel extends DirectoryAction<DeleteModel.Request, AcknowledgedResponse> {

    public static final ActionType<AcknowledgedResponse> TYPE = new ActionType<>(
        "cluster:admin/neural_ranking/models/delete",
        AcknowledgedResponse::new
    );

    /** A message with more of them helps nobody. */
    private static final int MOST_USERS_SHOWN = 20;

    private final ModelUsers users;

    @Inject
    public DeleteModel(
        TransportService transportService,
        ClusterService clusterService,
        ThreadPool threadPool,
        ActionFilters actionFilters,
        IndexNameExpressionResolver resolver,
        ModelIndex index,
        ModelUsers users
    ) {
        super(TYPE, Request::new, transportService, clusterService, threadPool, actionFilters, resolver, index);
        this.users = users;
    }

    @Override
    protected void clusterManagerOperation(Request request, ClusterState state, ActionListener<AcknowledgedResponse> listener) {
        submit("delete neural ranking model " + request.name(), request, new Change<>() {
            @Override
            ModelDirectory execute(ModelDirectory directory, ClusterState current) {
                ModelEntry entry = directory.get(request.id);
                if (entry == null || entry.meaning(request.name()) == null) {
                    throw new ResourceNotFoundException("model [{}] is not registered", request.name());
                }
                if (request.force == false) {
                    refuseIfUsed(request.name(), current);
                }
                return request.alias == null ? directory.without(request.id) : directory.with(entry.withoutAlias(request.alias));
            }

            @Override
            AcknowledgedResponse response(boolean acknowledged) {
                return new AcknowledgedResponse(acknowledged);
            }
        }, listener);
    }

    private void refuseIfUsed(String name, ClusterState state) {
        List<String> found = users.naming(state, name);
        if (found.isEmpty()) {
            return;
        }
        String shown = String.join(", ", found.subList(0, Math.min(found.size(), MOST_USERS_SHOWN)));
        int more = found.size() - MOST_USERS_SHOWN;
        throw new OpenSearchStatusException(
            "model [" + name + "] is named by " + shown + (more > 0 ? " and " + more + " more" : "") + "; expected none, or force=true",
            RestStatus.CONFLICT
        );
    }

    @Override
    protected AcknowledgedResponse read(StreamInput in) throws IOException {
        return new AcknowledgedResponse(in);
    }

    static final class Request extends AcknowledgedRequest<Request> {
        private final String id;
        private final String alias;
        private final boolean force;

        /** @param alias or null for the id with all its aliases */
        Request(String id, String alias, boolean force) {
            this.id = id;
            this.alias = alias;
            this.force = force;
        }

        Request(StreamInput in) throws IOException {
            super(in);
            id = in.readString();
            alias = in.readOptionalString();
            force = in.readBoolean();
        }

        private String name() {
            return alias == null ? id : id + "@" + alias;
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeString(id);
            out.writeOptionalString(alias);
            out.writeBoolean(force);
        }

        @Override
        public ActionRequestValidationException validate() {
            return id.indexOf('@') < 0
                ? null
                : addValidationError("got [" + id + "], expected a model id; an alias is deleted by DELETE …/models/{id}/_aliases/{alias}", null);
        }
    }
}
