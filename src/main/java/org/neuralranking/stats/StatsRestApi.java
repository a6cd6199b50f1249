package org.neuralranking.stats;

import java.util.List;

import org.neuralranking.model.registry.EveryNode;
import org.opensearch.rest.BaseRestHandler;
import org.opensearch.rest.RestRequest;
import org.opensearch.rest.action.RestToXContentListener;
import org.opensearch.transport.client.node.NodeClient;

/** {@code GET /_plugins/_neural_ranking/stats}. */
public final class StatsRestApi extends BaseRestHandler {

    @Override
    public String getName() {
        return "neural_ranking_stats";
    }

    @Override
    public List<Route> routes() {
        return List.of(new Route(RestRequest.Method.GET, "/_plugins/_neural_ranking/stats"));
    }

    @Override
    protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) {
        EveryNode.Question<GetStats.Everything> everything = new EveryNode.Question<>(new GetStats.Everything());
        return channel -> client.execute(GetStats.TYPE, everything, new RestToXContentListener<>(channel));
    }
}
