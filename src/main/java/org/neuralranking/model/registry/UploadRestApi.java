package org.neuralranking.model.registry;

import java.io.IOException;
import java.util.List;
import java.util.regex.Pattern;

import org.neuralranking.model.StrictParsing;
import org.opensearch.core.ParseField;
import org.opensearch.core.common.bytes.BytesReference;
import org.opensearch.core.xcontent.ConstructingObjectParser;
import org.opensearch.core.xcontent.MediaTypeRegistry;
import org.opensearch.core.xcontent.XContentParser;
import org.opensearch.rest.BaseRestHandler;
import org.opensearch.rest.RestRequest;
import org.opensearch.rest.action.RestToXContentListener;
import org.opensearch.transport.client.node.NodeClient;

/** Registering a bundle that lies on no node: its zip in parts, then a commit. */
final class UploadRestApi {

    private UploadRestApi() {}

    static final class PutOnePart extends BaseRestHandler {

        @Override
        public String getName() {
            return "neural_ranking_put_model_part";
        }

        @Override
        public List<Route> routes() {
            return List.of(new Route(RestRequest.Method.PUT, ModelRestApi.MODELS + "/{id}/_parts/{part}"));
        }

        @Override
        protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) throws IOException {
            BytesReference body = request.requiredContent();
            if (request.getMediaType() != MediaTypeRegistry.JSON) {
                throw new IllegalArgumentException("got a part in [" + request.getMediaType().mediaType() + "], expected [application/json]");
            }
            PutPart.Request put = new PutPart.Request(request.param("id"), request.paramAsInt("part", -1), PartReader.read(body));
            return channel -> client.execute(PutPart.TYPE, put, new RestToXContentListener<>(channel));
        }

        /** The body is read before {@link #prepareRequest} returns: it need not be copied, as a whole, for those who hold on to it. */
        @Override
        public boolean allowsUnsafeBuffers() {
            return true;
        }
    }

    static final class Commit extends BaseRestHandler {
        private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

        private record Body(String sha256, int parts) {
            private Body {
                if (SHA256.matcher(sha256).matches() == false) {
                    throw new IllegalArgumentException("got sha256 [" + sha256 + "], expected 64 hex digits in lower case");
                }
                if (parts < 1 || parts > PutPart.MOST_PARTS) {
                    throw new IllegalArgumentException("got parts [" + parts + "], expected 1 to " + PutPart.MOST_PARTS);
                }
            }
        }

        private static final ConstructingObjectParser<Body, Void> BODY = new ConstructingObjectParser<>(
            "commit",
            fields -> new Body((String) fields[0], (int) fields[1])
        );
        static {
            BODY.declareString(ConstructingObjectParser.constructorArg(), new ParseField("sha256"));
            BODY.declareInt(ConstructingObjectParser.constructorArg(), new ParseField("parts"));
        }

        @Override
        public String getName() {
            return "neural_ranking_commit_model";
        }

        @Override
        public List<Route> routes() {
            return List.of(new Route(RestRequest.Method.POST, ModelRestApi.MODELS + "/{id}/_commit"));
        }

        @Override
        protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) throws IOException {
            Body body;
            try (XContentParser parser = request.contentParser()) {
                body = StrictParsing.parseWhole(BODY, parser);
            }
            RegisterModel.Request register = RegisterModel.Request.ofUpload(
                request.param("id"),
                body.parts,
                body.sha256,
                ModelRestApi.waitFor(request)
            );
            ModelRestApi.withTimeouts(register, request);
            return channel -> client.execute(RegisterModel.TYPE, register, ModelRestApi.published(channel));
        }
    }
}
