package org.neuralranking.model.registry;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;

import org.neuralranking.model.store.ChunkOutput;
import org.neuralranking.model.store.ModelIndex;
import org.opensearch.core.common.bytes.BytesReference;

import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Decodes the body <code>{"data": "BASE64"}</code> of a part into the pieces that are stored, and holds nothing else of it. With the JSON
 * library itself, because the platform's parsers make a string or an array of the data as a whole.
 */
final class PartReader {

    private static final JsonFactory JSON = new JsonFactory();

    private PartReader() {}

    /**
     * @return none for a part of no bytes
     * @throws IllegalArgumentException if the body is something else, or more than {@link PutPart#MOST_BYTES}
     */
    static List<byte[]> read(BytesReference body) throws IOException {
        Pieces pieces = null;
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), body.streamInput())) {
            boolean object = parser.nextToken() == JsonToken.START_OBJECT;
            while (object && parser.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = parser.currentName();
                if (name.equals("data") == false || pieces != null || parser.nextToken() != JsonToken.VALUE_STRING) {
                    throw new IllegalArgumentException("got key [" + name + "] in a part, expected only one [data], a string of base64");
                }
                pieces = new Pieces();
                parser.readBinaryValue(pieces);
            }
            if (pieces == null || parser.currentToken() != JsonToken.END_OBJECT || parser.nextToken() != null) {
                throw new IllegalArgumentException("got something else as a part, expected {\"data\": \"<base64>\"}");
            }
        } catch (JacksonException e) {
            throw new IllegalArgumentException("got a part that is no JSON or whose data is no base64: " + e.getOriginalMessage(), e);
        }
        return pieces.all();
    }

    /** Keeps what a part may have, and counts the rest for the message. */
    private static final class Pieces extends OutputStream {
        private final List<byte[]> kept = new ArrayList<>();
        private final ChunkOutput cut = new ChunkOutput(ModelIndex.PIECE_BYTES, (n, piece) -> kept.add(piece));
        private long bytes;

        @Override
        public void write(int b) throws IOException {
            write(new byte[] { (byte) b }, 0, 1);
        }

        @Override
        public void write(byte[] from, int offset, int length) throws IOException {
            bytes += length;
            if (bytes <= PutPart.MOST_BYTES) {
                cut.write(from, offset, length);
            } else {
                kept.clear();
            }
        }

        private List<byte[]> all() throws IOException {
            if (bytes > PutPart.MOST_BYTES) {
                throw new IllegalArgumentException(PutPart.wrongSize(bytes));
            }
            cut.close();
            return kept;
        }
    }
}
