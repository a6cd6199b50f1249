package org.neuralranking.model.upload;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.opensearch.test.OpenSearchTestCase;

public class PartStreamTests extends OpenSearchTestCase {

    /** The oracle: all bytes at once, cut afterwards. */
    private static List<byte[]> cut(byte[] bytes, int partBytes) {
        List<byte[]> parts = new ArrayList<>();
        for (int from = 0; from < bytes.length; from += partBytes) {
            parts.add(Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + partBytes)));
        }
        return parts;
    }

    public void testPartsAreTheBytesCutWhereverTheWritesEnd() throws IOException {
        for (int round = 0; round < 500; round++) {
            int partBytes = between(1, 40);
            byte[] bytes = randomByteArrayOfLength(rarely() ? partBytes * between(0, 4) : between(0, 200));
            List<byte[]> parts = new ArrayList<>();
            PartStream stream = new PartStream(partBytes, (number, part, length) -> {
                assertEquals(parts.size(), number);
                parts.add(Arrays.copyOf(part, length));
            });
            for (int written = 0; written < bytes.length;) {
                int n = between(0, bytes.length - written);
                if (n == 1 && randomBoolean()) {
                    stream.write(bytes[written]);
                } else {
                    stream.write(bytes, written, n);
                }
                written += n;
            }
            stream.close();
            assertEquals(bytes.length / partBytes, parts.size());
            stream.finish();
            List<byte[]> expected = cut(bytes, partBytes);
            assertEquals(expected.size(), parts.size());
            for (int i = 0; i < parts.size(); i++) {
                assertArrayEquals(expected.get(i), parts.get(i));
            }
            assertEquals(expected.size(), stream.parts());
            assertEquals(PartsServer.sha256(bytes), stream.sha256());
        }
    }

    public void testNothingIsSentBehindAPartThatFailed() throws IOException {
        ByteArrayOutputStream sent = new ByteArrayOutputStream();
        PartStream stream = new PartStream(4, (number, part, length) -> {
            if (number == 1) {
                throw new IOException("refused");
            }
            sent.write(part, 0, length);
        });
        stream.write(new byte[] { 1, 2, 3, 4, 5 });
        assertEquals("refused", expectThrows(IOException.class, () -> stream.write(new byte[] { 6, 7, 8, 9 })).getMessage());
        assertTrue(expectThrows(IOException.class, stream::finish).getMessage().startsWith("part 1 was not sent"));
        assertArrayEquals(new byte[] { 1, 2, 3, 4 }, sent.toByteArray());
    }
}
