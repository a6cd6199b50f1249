package org.neuralranking.model.store;

import java.io.IOException;

import org.opensearch.common.xcontent.XContentFactory;
import org.opensearch.common.xcontent.cbor.CborXContent;
import org.opensearch.core.common.bytes.BytesReference;
import org.opensearch.core.xcontent.DeprecationHandler;
import org.opensearch.core.xcontent.NamedXContentRegistry;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.core.xcontent.XContentParser;

/**
 * The bytes of one document of the model index: a chunk of a content, or a piece of an upload's part. In CBOR, which has binary.
 * <p>
 * A part of {@code k} pieces is the documents {@code PART:MODEL:N:0} to {@code PART:MODEL:N:(k-2)} and, written last, {@code PART:MODEL:N}
 * with the last bytes and {@code k}. All bear the name of their write: a part whose pieces are of two writes was not written whole.
 *
 * @param data   at most {@link #MOST_BYTES}
 * @param write  name of the request that wrote a part; null for a chunk
 * @param pieces of a part, in the last of them; otherwise 0
 */
record Piece(byte[] data, String write, int pieces) {

    /**
     * A quarter of the smallest region of the heap's collector, 1 MiB: arrays of half a region and more are allocated apart, and each brings
     * a collection nearer. A document in memory is little more than its data, and is copied into arrays as a whole.
     */
    static final int MOST_BYTES = 256 << 10;

    /** What a piece belongs to; its owner is a storage or a model id, neither of which has a colon. */
    enum Kind {
        CHUNK,
        PART;

        /** Of chunk {@code n}, or of the last piece of part {@code n}. */
        String id(String owner, int n) {
            return name() + ":" + owner + ":" + n;
        }
    }

    /** Of a piece of a part before the last. */
    static String partId(String modelId, int n, int piece) {
        return Kind.PART.id(modelId, n) + ":" + piece;
    }

    static Piece ofChunk(byte[] data) {
        return new Piece(data, null, 0);
    }

    XContentBuilder document(Kind kind, String owner, int n, long writtenAtMillis) throws IOException {
        XContentBuilder builder = XContentFactory.cborBuilder()
            .startObject()
            .field("kind", kind.name())
            .field("owner", owner)
            .field("number", n)
            .field("written_at", writtenAtMillis);
        if (write != null) {
            builder.field("write", write);
        }
        if (pieces > 0) {
            builder.field("pieces", pieces);
        }
        return builder.field("data", data).endObject();
    }

    /** @param id of the document, for messages */
    static Piece parse(String id, BytesReference document) throws IOException {
        byte[] data = null;
        String write = null;
        int pieces = 0;
        try (
            XContentParser parser = CborXContent.cborXContent.createParser(
                NamedXContentRegistry.EMPTY,
                DeprecationHandler.IGNORE_DEPRECATIONS,
                document.streamInput()
            )
        ) {
            parser.nextToken();
            while (parser.nextToken() == XContentParser.Token.FIELD_NAME) {
                String name = parser.currentName();
                parser.nextToken();
                switch (name) {
                    case "data" -> data = parser.binaryValue();
                    case "write" -> write = parser.text();
                    case "pieces" -> pieces = parser.intValue();
                    default -> parser.skipChildren();
                }
            }
        }
        if (data == null) {
            throw new IOException("[" + ModelIndex.NAME + "] has a document [" + id + "] without data");
        }
        return new Piece(data, write, pieces);
    }
}
