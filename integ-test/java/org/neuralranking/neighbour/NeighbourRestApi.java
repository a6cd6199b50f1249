package org.neuralranking.neighbour;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

import org.opensearch.core.rest.RestStatus;
import org.opensearch.rest.BaseRestHandler;
import org.opensearch.rest.BytesRestResponse;
import org.opensearch.rest.RestRequest;
import org.opensearch.transport.client.node.NodeClient;

/** {@code GET /_neighbour/NAME}: an object. */
final class NeighbourRestApi extends BaseRestHandler {

    private final String name;
    private final Supplier<Map<?, ?>> answer;

    NeighbourRestApi(String name, Supplier<Map<?, ?>> answer) {
        this.name = name;
        this.answer = answer;
    }

    @Override
    public String getName() {
        return "neighbour_" + name;
    }

    @Override
    public List<Route> routes() {
        return List.of(new Route(RestRequest.Method.GET, "/_neighbour/" + name));
    }

    @Override
    protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) {
        return channel -> {
            Map<String, Object> object = new TreeMap<>();
            answer.get().forEach((key, value) -> object.put(key.toString(), value));
            channel.sendResponse(new BytesRestResponse(RestStatus.OK, channel.newBuilder().map(object)));
        };
    }
}
