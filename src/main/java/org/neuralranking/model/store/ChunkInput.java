package org.neuralranking.model.store;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.Queue;

/** A stored content's stream, read a few chunks at a time: never more than these are in memory. */
final class ChunkInput extends InputStream {

    /** Where chunks come from. */
    interface Chunks {
        /**
         * Chunks {@code from} to {@code to - 1}.
         *
         * @throws IOException if one is not there or cannot be read now
         */
        List<byte[]> read(int from, int to) throws IOException;
    }

    private final Chunks chunks;
    private final int count;
    private final int atOnce;
    private final Queue<byte[]> ready = new ArrayDeque<>();
    private byte[] chunk = new byte[0];
    private int position;
    private int next;

    ChunkInput(Chunks chunks, int count, int atOnce) {
        this.chunks = chunks;
        this.count = count;
        this.atOnce = atOnce;
    }

    @Override
    public int read() throws IOException {
        return available() == 0 && advance() == false ? -1 : chunk[position++] & 0xFF;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, into.length);
        if (length == 0) {
            return 0;
        }
        if (available() == 0 && advance() == false) {
            return -1;
        }
        int n = Math.min(length, available());
        System.arraycopy(chunk, position, into, offset, n);
        position += n;
        return n;
    }

    @Override
    public int available() {
        return chunk.length - position;
    }

    /** To the next chunk that is not empty; false at the end. */
    private boolean advance() throws IOException {
        do {
            if (ready.isEmpty() && next < count) {
                chunk = new byte[0]; // not one more than these
                position = 0;
                int to = Math.min(count, next + atOnce);
                ready.addAll(chunks.read(next, to));
                next = to;
            }
            if (ready.isEmpty()) {
                return false;
            }
            chunk = ready.remove();
            position = 0;
        } while (chunk.length == 0);
        return true;
    }
}
