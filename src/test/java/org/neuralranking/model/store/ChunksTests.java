package org.neuralranking.model.store;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.opensearch.test.OpenSearchTestCase;

/** {@link ChunkOutput} and {@link ChunkInput} beside cutting and joining whole arrays; the runner prints the seed of a failure. */
public class ChunksTests extends OpenSearchTestCase {

    private static final int ROUNDS = 1000;

    private static List<byte[]> cutByHand(byte[] bytes, int chunkBytes) {
        List<byte[]> chunks = new ArrayList<>();
        for (int from = 0; from < bytes.length; from += chunkBytes) {
            chunks.add(Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + chunkBytes)));
        }
        return chunks;
    }

    /** Writes in pieces of random sizes, some of them single bytes, some empty. */
    private static List<byte[]> cut(byte[] bytes, int chunkBytes) throws IOException {
        List<byte[]> chunks = new ArrayList<>();
        ChunkOutput out = new ChunkOutput(chunkBytes, (n, chunk) -> {
            assertEquals(chunks.size(), n);
            chunks.add(chunk);
        });
        for (int at = 0; at < bytes.length;) {
            int n = between(0, bytes.length - at);
            if (n == 1 && randomBoolean()) {
                out.write(bytes[at]);
            } else {
                out.write(bytes, at, n);
            }
            at += n;
        }
        out.close();
        assertEquals(chunks.size(), out.chunks());
        return chunks;
    }

    private static byte[] join(List<byte[]> chunks, int atOnce) throws IOException {
        int[] asked = new int[1];
        ChunkInput in = new ChunkInput((from, to) -> {
            assertEquals("in order, each once", asked[0], from);
            assertTrue(to > from && to - from <= atOnce && to <= chunks.size());
            asked[0] = to;
            return chunks.subList(from, to);
        }, chunks.size(), atOnce);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        byte[] buffer = new byte[50];
        while (true) {
            if (randomBoolean()) {
                int b = in.read();
                if (b < 0) {
                    break;
                }
                bytes.write(b);
            } else {
                int offset = between(0, buffer.length - 1);
                int length = between(0, buffer.length - offset);
                int n = in.read(buffer, offset, length);
                assertTrue("got " + n + " of " + length, length == 0 ? n == 0 : n != 0 && n <= length);
                if (n < 0) {
                    break;
                }
                bytes.write(buffer, offset, n);
            }
        }
        assertEquals("all were read", chunks.size(), asked[0]);
        assertEquals("the end stays the end", -1, in.read());
        assertEquals("the end stays the end", -1, in.read(buffer, 0, 1));
        return bytes.toByteArray();
    }

    private static void assertSame(byte[] bytes, int chunkBytes) throws IOException {
        List<byte[]> expected = cutByHand(bytes, chunkBytes);
        List<byte[]> got = cut(bytes, chunkBytes);
        assertEquals(expected.size(), got.size());
        for (int i = 0; i < got.size(); i++) {
            assertArrayEquals(expected.get(i), got.get(i));
        }
        assertArrayEquals(bytes, join(got, between(1, 5)));
    }

    public void testCutAndJoined() throws IOException {
        for (int round = 0; round < ROUNDS; round++) {
            assertSame(randomByteArrayOfLength(between(0, 200)), between(1, 40));
        }
    }

    public void testEdges() throws IOException {
        for (int chunkBytes : new int[] { 1, 2, 7 }) {
            assertSame(new byte[0], chunkBytes);
            assertSame(new byte[] { -1 }, chunkBytes);
            for (int chunks = 1; chunks < 10; chunks++) {
                assertSame(randomByteArrayOfLength(chunks * chunkBytes), chunkBytes);
            }
        }
    }

    public void testEmptyChunksAreSkipped() throws IOException {
        for (int round = 0; round < ROUNDS; round++) {
            List<byte[]> chunks = new ArrayList<>();
            ByteArrayOutputStream expected = new ByteArrayOutputStream();
            for (int n = between(0, 10); n > 0; n--) {
                byte[] chunk = randomByteArrayOfLength(between(0, 2));
                chunks.add(chunk);
                expected.write(chunk);
            }
            assertArrayEquals(expected.toByteArray(), join(chunks, between(1, 4)));
        }
    }

    public void testAFailureIsTheReaders() throws IOException {
        ChunkInput in = new ChunkInput((from, to) -> {
            if (from == 1) {
                throw new IOException("gone");
            }
            return List.of(new byte[] { 5 });
        }, 2, 1);
        assertEquals(5, in.read());
        assertEquals("gone", expectThrows(IOException.class, in::read).getMessage());
    }
}
