package org.neuralranking.model.registry;

import java.io.IOException;
import java.util.List;

import org.neuralranking.ranking.StrictParsing;
import org.opensearch.core.ParseField;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.core.xcontent.ConstructingObjectParser;
import org.opensearch.core.xcontent.XContentParser;
import org.opensearch.rest.BaseRestHandler;
import org.opensearch.rest.RestHandler;
import org.opensearch.rest.RestRequest;
import org.opensearch.rest.action.RestToXContentListener;
import org.opensearch.transport.client.node.NodeClient;

/** {@code /_plugins/_neural_ranking/models}: PUT, GET, DELETE. */
public final class ModelRestApi {

    private static final String MODELS = "/_plugins/_neural_ranking/models";

    private ModelRestApi() {}

    public static List<RestHandler> handlers() {
        return List.of(new Put(), new Get(), new Delete());
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
            RegisterModel.Request register = new RegisterModel.Request(request.param("id"), path);
            register.timeout(request.paramAsTime("timeout", register.timeout()));
            register.clusterManagerNodeTimeout(request.paramAsTime("cluster_manager_timeout", register.clusterManagerNodeTimeout()));
            return channel -> client.execute(
                RegisterModel.TYPE,
                register,
                new RestToXContentListener<>(channel) {
                    @Override
                    protected RestStatus getStatus(RegisterModel.Response response) {
                        return response.status();
                    }
                }
            );
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
            return List.of(new Route(RestRequest.Method.DELETE, MODELS + "/{id}"));
        }

        @Override
        protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) {
            DeleteModel.Request delete = new DeleteModel.Request(request.param("id"));
            delete.timeout(request.paramAsTime("timeout", delete.timeout()));
            delete.clusterManagerNodeTimeout(request.paramAsTime("cluster_manager_timeout", delete.clusterManagerNodeTimeout()));
            return channel -> client.execute(DeleteModel.TYPE, delete, new RestToXContentListener<>(channel));
        }
    }
}
