package org.neuralranking.model.registry;

import java.io.IOException;
import java.util.List;

import org.neuralranking.model.store.ModelIndex;
import org.opensearch.action.ActionRequest;
import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.action.ActionType;
import org.opensearch.action.ValidateActions;
import org.opensearch.action.support.ActionFilters;
import org.opensearch.action.support.HandledTransportAction;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.action.ActionResponse;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.xcontent.ToXContentObject;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.tasks.Task;
import org.opensearch.transport.TransportService;

/** Stores one part of a model's zip until all are there. Sent again, a part replaces what was sent before. */
public final class PutPart extends HandledTransportAction<PutPart.Request, PutPart.Response> {

    public static final ActionType<Response> TYPE = new ActionType<>("cluster:admin/neural_ranking/models/parts/put", Response::new);

    /** A part is held in memory, some times over, while it is received, stored and replicated. */
    static final int MOST_BYTES = 8 << 20;
    static final int MOST_PARTS = 10_000;

    private final ModelIndex index;

    @Inject
    public PutPart(TransportService transportService, ActionFilters actionFilters, ModelIndex index) {
        super(TYPE.name(), transportService, actionFilters, Request::new);
        this.index = index;
    }

    @Override
    protected void doExecute(Task task, Request request, ActionListener<Response> listener) {
        Response answer = new Response(request.id, request.part, request.bytes());
        index.putPart(request.id, request.part, request.pieces, ActionListener.map(listener, stored -> answer));
    }

    static String wrongSize(long bytes) {
        return "got a part of " + bytes + " bytes, expected 1 to " + MOST_BYTES;
    }

    static final class Request extends ActionRequest {
        private final String id;
        private final int part;
        private final List<byte[]> pieces;

        /**
         * @param part   from 0
         * @param pieces the part's bytes in order, none larger than {@link ModelIndex#PIECE_BYTES}
         */
        Request(String id, int part, List<byte[]> pieces) {
            this.id = id;
            this.part = part;
            this.pieces = pieces;
        }

        Request(StreamInput in) throws IOException {
            super(in);
            id = in.readString();
            part = in.readVInt();
            pieces = in.readList(StreamInput::readByteArray);
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeString(id);
            out.writeVInt(part);
            out.writeCollection(pieces, StreamOutput::writeByteArray);
        }

        @Override
        public ActionRequestValidationException validate() {
            ActionRequestValidationException wrong = RegisterModel.checkId(id);
            if (part < 0 || part >= MOST_PARTS) {
                wrong = ValidateActions.addValidationError("got part " + part + ", expected 0 to " + (MOST_PARTS - 1), wrong);
            }
            long bytes = pieces.stream().mapToLong(piece -> piece.length).sum();
            if (bytes == 0 || bytes > MOST_BYTES) {
                wrong = ValidateActions.addValidationError(wrongSize(bytes), wrong);
            }
            for (byte[] piece : pieces) {
                if (piece.length > ModelIndex.PIECE_BYTES) {
                    wrong = ValidateActions.addValidationError("got a piece of " + piece.length + " bytes, expected at most " + ModelIndex.PIECE_BYTES, wrong);
                }
            }
            return wrong;
        }

        /** Once validated, it fits. */
        private int bytes() {
            return pieces.stream().mapToInt(piece -> piece.length).sum();
        }
    }

    static final class Response extends ActionResponse implements ToXContentObject {
        private final String id;
        private final int part;
        private final int bytes;

        private Response(String id, int part, int bytes) {
            this.id = id;
            this.part = part;
            this.bytes = bytes;
        }

        private Response(StreamInput in) throws IOException {
            this(in.readString(), in.readVInt(), in.readVInt());
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            out.writeString(id);
            out.writeVInt(part);
            out.writeVInt(bytes);
        }

        @Override
        public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
            return builder.startObject().field("id", id).field("part", part).field("bytes", bytes).endObject();
        }
    }
}
