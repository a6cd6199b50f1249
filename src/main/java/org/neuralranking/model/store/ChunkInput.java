package org.neuralranking.model.store;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/** A stored content's stream, read chunk by chunk: never more than one of them is in memory. */
final class ChunkInput extends InputStream {

    /** Where chunks come from. */
    interface Chunks {
        /** @throws IOException if chunk {@code n} is not there or cannot be read now */
        byte[] read(int n) throws IOException;
    }

    private final Chunks chunks;
    private final int count;
    private byte[] chunk = new byte[0];
    private int position;
    private int next;

    ChunkInput(Chunks chunks, int count) {
        this.chunks = chunks;
        this.count = count;
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
        while (next < count) {
            chunk = new byte[0]; // not two at a time
            chunk = chunks.read(next++);
            position = 0;
            if (chunk.length > 0) {
                return true;
            }
        }
        return false;
    }
}
