package org.neuralranking.model.registry;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;

import org.neuralranking.model.store.ModelIndex;
import org.opensearch.common.io.stream.BytesStreamOutput;
import org.opensearch.core.common.bytes.BytesArray;
import org.opensearch.core.common.bytes.BytesReference;
import org.opensearch.core.common.bytes.CompositeBytesReference;
import org.opensearch.test.OpenSearchTestCase;

public class PartReaderTests extends OpenSearchTestCase {

    private static List<byte[]> read(String body) throws IOException {
        return PartReader.read(new BytesArray(body));
    }

    private static String body(byte[] part) {
        return "{\"data\": \"" + Base64.getEncoder().encodeToString(part) + "\"}";
    }

    /** As it comes from the network. */
    private static BytesReference inPieces(String body) {
        BytesReference whole = new BytesArray(body.getBytes(StandardCharsets.UTF_8));
        int cut = between(0, whole.length());
        return CompositeBytesReference.of(whole.slice(0, cut), whole.slice(cut, whole.length() - cut));
    }

    private static byte[] joined(List<byte[]> pieces) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (byte[] piece : pieces) {
            bytes.write(piece);
        }
        return bytes.toByteArray();
    }

    private static void assertRefused(String body, String because) {
        IllegalArgumentException refused = expectThrows(IllegalArgumentException.class, () -> read(body));
        assertTrue(refused.getMessage(), refused.getMessage().contains(because));
    }

    public void testAPartComesInPiecesThatAreFullButTheLast() throws IOException {
        for (int bytes : List.of(0, 1, 2, 3, ModelIndex.PIECE_BYTES - 1, ModelIndex.PIECE_BYTES, ModelIndex.PIECE_BYTES + 1, between(4, 2_000_000), PutPart.MOST_BYTES)) {
            byte[] part = randomByteArrayOfLength(bytes);
            List<byte[]> pieces = PartReader.read(inPieces(body(part)));
            assertArrayEquals("size " + bytes, part, joined(pieces));
            assertEquals((bytes + ModelIndex.PIECE_BYTES - 1) / ModelIndex.PIECE_BYTES, pieces.size());
            assertTrue(pieces.stream().limit(Math.max(0, pieces.size() - 1)).allMatch(piece -> piece.length == ModelIndex.PIECE_BYTES));
        }
    }

    public void testTooManyBytesAreCountedAndRefused() {
        for (int bytes : List.of(PutPart.MOST_BYTES + 1, PutPart.MOST_BYTES + between(2, 3_000_000))) {
            assertRefused(body(new byte[bytes]), "got a part of " + bytes + " bytes, expected 1 to 8388608");
        }
    }

    public void testEverythingElseIsRefused() {
        assertRefused("", "got something else as a part");
        assertRefused("null", "got something else as a part");
        assertRefused("[]", "got something else as a part");
        assertRefused("{}", "expected {\"data\": \"<base64>\"}");
        assertRefused("{\"data\": null}", "got key [data] in a part, expected only one [data], a string of base64");
        assertRefused("{\"data\": [\"AAAA\"]}", "a string of base64");
        assertRefused("{\"data\": \"AAAA\", \"data\": \"AAAA\"}", "expected only one [data]");
        assertRefused("{\"data\": \"AAAA\", \"more\": 1}", "got key [more]");
        assertRefused("{\"data\": \"AAAA\"} {}", "got something else as a part");
        for (String broken : List.of("{\"data\": \"*\"}", "{\"data\": \"AAA", "{\"data\": \"AAAA\"", "{\"data\": \"A\"}", "data", "{\"data\": \"AAAA\"} x")) {
            assertRefused(broken, "got a part that is no JSON or whose data is no base64: ");
        }
    }

    public void testARequestSurvivesTheWire() throws IOException {
        byte[] part = randomByteArrayOfLength(between(1, 3 * ModelIndex.PIECE_BYTES));
        PutPart.Request sent = new PutPart.Request("m", 3, read(body(part)));
        assertNull(sent.validate());
        BytesStreamOutput out = new BytesStreamOutput();
        sent.writeTo(out);
        PutPart.Request got = new PutPart.Request(out.bytes().streamInput());
        BytesStreamOutput again = new BytesStreamOutput();
        got.writeTo(again);
        assertEquals(out.bytes(), again.bytes());
        assertNull(got.validate());
    }

    public void testPiecesAreChecked() {
        PutPart.Request large = new PutPart.Request("m", 0, List.of(new byte[ModelIndex.PIECE_BYTES + 1]));
        assertTrue(large.validate().getMessage().contains("got a piece of 262145 bytes, expected at most 262144"));
        assertTrue(new PutPart.Request("m", 0, List.of()).validate().getMessage().contains("got a part of 0 bytes, expected 1 to 8388608"));
    }
}
