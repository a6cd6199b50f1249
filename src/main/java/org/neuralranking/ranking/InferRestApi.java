package org.neuralranking.ranking;

import java.io.IOException;
import java.util.List;

import org.opensearch.core.xcontent.XContentParser;
import org.opensearch.rest.BaseRestHandler;
import org.opensearch.rest.RestRequest;
import org.opensearch.rest.action.RestToXContentListener;
import org.opensearch.transport.client.node.NodeClient;

/** {@code POST /_plugins/_neural_ranking/models/{id}/_infer}. */
public final class InferRestApi extends BaseRestHandler {

    @Override
    public String getName() {
        return "neural_ranking_infer";
    }

    @Override
    public List<Route> routes() {
        return List.of(new Route(RestRequest.Method.POST, "/_plugins/_neural_ranking/models/{id}/_infer"));
    }

    @Override
    protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) throws IOException {
        InferInput input;
        try (XContentParser parser = request.contentParser()) {
            input = InferInput.parse(parser);
        }
        Infer.Request infer = new Infer.Request(request.param("id"), input);
        return channel -> client.execute(Infer.TYPE, infer, new RestToXContentListener<>(channel));
    }
}
