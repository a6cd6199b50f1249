package org.neuralranking.model.upload;

import java.io.ByteArrayOutputStream;
import java.net.http.HttpRequest.BodyPublisher;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.Flow;

import org.opensearch.test.OpenSearchTestCase;

public class PartBodyTests extends OpenSearchTestCase {

    public void testTheBodyIsTheWholePartInBase64() {
        int piece = PartBody.PIECE_BYTES;
        for (int length : new int[] { 1, 2, 3, 4, piece - 1, piece, piece + 1, 5 * piece, between(1, 10 * piece) }) {
            byte[] bytes = randomByteArrayOfLength(length + between(0, 2)); // longer than the part, as for a last one
            BodyPublisher body = PartBody.of(bytes, length);
            String expected = "{\"data\":\"" + Base64.getEncoder().encodeToString(Arrays.copyOf(bytes, length)) + "\"}";
            assertEquals(expected, published(body));
            assertEquals("a second attempt", expected, published(body));
            assertEquals(expected.length(), body.contentLength());
        }
    }

    private static String published(BodyPublisher body) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        body.subscribe(new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                subscription.request(Long.MAX_VALUE);
            }

            @Override
            public void onNext(ByteBuffer buffer) {
                byte[] bytes = new byte[buffer.remaining()];
                buffer.get(bytes);
                all.writeBytes(bytes);
            }

            @Override
            public void onError(Throwable failure) {
                throw new AssertionError(failure);
            }

            @Override
            public void onComplete() {}
        });
        return all.toString(StandardCharsets.US_ASCII);
    }
}
