package org.neuralranking.model.upload;

import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Iterator;

/**
 * The body <code>{"data": "BASE64"}</code> of a part, encoded piece by piece while it is sent: a part is held once, not again as base64 and
 * once more in the client's buffers, which copy whatever array they are given as a whole.
 */
final class PartBody {
    /** A multiple of three, so that only the last piece is padded. */
    static final int PIECE_BYTES = 3 << 12;

    private static final byte[] BEGIN = "{\"data\":\"".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] END = "\"}".getBytes(StandardCharsets.US_ASCII);

    private PartBody() {}

    /** @param bytes the first {@code length} are the part; they must stay as they are until the request is answered */
    static BodyPublisher of(byte[] bytes, int length) {
        int encoded = (length + 2) / 3 * 4;
        return BodyPublishers.concat(
            BodyPublishers.ofByteArray(BEGIN),
            BodyPublishers.fromPublisher(BodyPublishers.ofByteArrays(() -> pieces(bytes, length)), encoded),
            BodyPublishers.ofByteArray(END)
        );
    }

    private static Iterator<byte[]> pieces(byte[] bytes, int length) {
        return new Iterator<>() {
            private int from;

            @Override
            public boolean hasNext() {
                return from < length;
            }

            @Override
            public byte[] next() {
                int to = Math.min(length, from + PIECE_BYTES);
                byte[] piece = Base64.getEncoder().encode(Arrays.copyOfRange(bytes, from, to));
                from = to;
                return piece;
            }
        };
    }
}
