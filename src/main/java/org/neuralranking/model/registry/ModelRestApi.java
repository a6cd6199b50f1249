package org.neuralranking.model.registry;

import java.io.IOException;
import java.util.List;

import org.neuralranking.model.StrictParsing;
import org.opensearch.action.support.clustermanager.AcknowledgedRequest;
import org.opensearch.core.ParseField;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.core.xcontent.ConstructingObjectParser;
import org.opensearch.core.xcontent.XContentParser;
import org.opensearch.rest.BaseRestHandler;
import org.opensearch.rest.RestChannel;
import org.opensearch.rest.RestHandler;
import org.opensearch.rest.RestRequest;
import org.opensearch.rest.action.RestToXContentListener;
import org.opensearch.transport.client.node.NodeClient;

/** {@code /_plugins/_neural_ranking/models}: registering by path, looking, aliases, rollback, deleting. */
public final class ModelRestApi {

    static final String MODELS = "/_plugins/_neural_ranking/models";

    private ModelRestApi() {}

    public static List<RestHandler> handlers() {
        return List.of(new Put(), new UploadRestApi.PutOnePart(), new UploadRestApi.Commit(), new Get(), new Delete(), new Rollback(), new PutAlias());
    }

    static <Q extends AcknowledgedRequest<Q>> Q withTimeouts(Q request, RestRequest rest) {
        request.timeout(rest.paramAsTime("timeout", request.timeout()));
        return request.clusterManagerNodeTimeout(rest.paramAsTime("cluster_manager_timeout", request.clusterManagerNodeTimeout()));
    }

    static WaitFor waitFor(RestRequest rest) {
        return WaitFor.of(rest.param("wait_for", "all"));
    }

    /** Says 201 for a new model. */
    static RestToXContentListener<PublishModel.Response> published(RestChannel channel) {
        return new RestToXContentListener<>(channel) {
            @Override
            protected RestStatus getStatus(PublishModel.Response response) {
                return response.status();
            }
        };
    }

    private static final class Put extends BaseRestHandler {
        private static final ConstructingObjectParser<String, Void> BODY = new ConstructingObjectParser<>("model", fields -> (String) fields[0]);
        static {
            BODY.declareString(ConstructingObjectParser.constructorArg(), new ParseField("path"));
        }

        @Override
        public String getName() {
            return "neural_ranking_put_model";
        }

        @Override
        public List<Route> routes() {
            return List.of(new Route(RestRequest.Method.PUT, MODELS + "/{id}"));
        }

        @Override
        protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) throws IOException {
            String path;
            try (XContentParser parser = request.contentParser()) {
                path = StrictParsing.parseWhole(BODY, parser);
            }
            RegisterModel.Request register = withTimeouts(RegisterModel.Request.ofPath(request.param("id"), path, waitFor(request)), request);
            return channel -> client.execute(RegisterModel.TYPE, register, published(channel));
        }
    }

    private static final class Get extends BaseRestHandler {
        @Override
        public String getName() {
            return "neural_ranking_get_models";
        }

        @Override
        public List<Route> routes() {
            return List.of(new Route(RestRequest.Method.GET, MODELS), new Route(RestRequest.Method.GET, MODELS + "/{id}"));
        }

        @Override
        protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) {
            EveryNode.Question<GetModels.Wanted> get = new EveryNode.Question<>(new GetModels.Wanted(request.param("id")));
            get.timeout(request.paramAsTime("timeout", GetModels.TIMEOUT));
            return channel -> client.execute(GetModels.TYPE, get, new RestToXContentListener<>(channel));
        }
    }

    private static final class Delete extends BaseRestHandler {
        @Override
        public String getName() {
            return "neural_ranking_delete_model";
        }

        @Override
        public List<Route> routes() {
            return List.of(
                new Route(RestRequest.Method.DELETE, MODELS + "/{id}"),
                new Route(RestRequest.Method.DELETE, MODELS + "/{id}/_aliases/{alias}")
            );
        }

        @Override
        protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) {
            boolean force = request.paramAsBoolean("force", false);
            DeleteModel.Request delete = withTimeouts(new DeleteModel.Request(request.param("id"), request.param("alias"), force), request);
            return channel -> client.execute(DeleteModel.TYPE, delete, new RestToXContentListener<>(channel));
        }
    }

    private static final class Rollback extends BaseRestHandler {
        @Override
        public String getName() {
            return "neural_ranking_roll_back_model";
        }

        @Override
        public List<Route> routes() {
            return List.of(new Route(RestRequest.Method.POST, MODELS + "/{id}/_rollback"));
        }

        @Override
        protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) {
            PublishModel.Request rollback = withTimeouts(
                new PublishModel.Request(request.param("id"), new DirectoryChange.Rollback(), waitFor(request)),
                request
            );
            return channel -> client.execute(PublishModel.TYPE, rollback, published(channel));
        }
    }

    private static final class PutAlias extends BaseRestHandler {
        private static final ConstructingObjectParser<String, Void> BODY = new ConstructingObjectParser<>("alias", fields -> (String) fields[0]);
        static {
            BODY.declareString(ConstructingObjectParser.optionalConstructorArg(), new ParseField("hash"));
        }

        @Override
        public String getName() {
            return "neural_ranking_put_model_alias";
        }

        @Override
        public List<Route> routes() {
            return List.of(new Route(RestRequest.Method.PUT, MODELS + "/{id}/_aliases/{alias}"));
        }

        @Override
        protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) throws IOException {
            String hash = null;
            if (request.hasContent()) {
                try (XContentParser parser = request.contentParser()) {
                    hash = StrictParsing.parseWhole(BODY, parser);
                }
            }
            PublishModel.Request alias = withTimeouts(
                new PublishModel.Request(request.param("id"), new DirectoryChange.Alias(request.param("alias"), hash), waitFor(request)),
                request
            );
            return channel -> client.execute(PublishModel.TYPE, alias, published(channel));
        }
    }
}
