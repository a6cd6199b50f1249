package org.neuralranking.model.store;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Objects;

/** Cuts a stream into chunks of one size, the last one shorter; one of them is in memory. */
public final class ChunkOutput extends OutputStream {

    /** Where chunks go. */
    public interface Sink {
        /** @param chunk valid after the call, too */
        void write(int n, byte[] chunk) throws IOException;
    }

    private final Sink sink;
    private final byte[] chunk;
    private int filled;
    private int written;

    public ChunkOutput(int chunkBytes, Sink sink) {
        this.chunk = new byte[chunkBytes];
        this.sink = sink;
    }

    /** Chunks written so far; all of them after {@link #close}. */
    int chunks() {
        return written;
    }

    @Override
    public void write(int b) throws IOException {
        if (filled == chunk.length) {
            pass();
        }
        chunk[filled++] = (byte) b;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        int from = offset;
        int left = length;
        while (left > 0) {
            if (filled == chunk.length) {
                pass();
            }
            int n = Math.min(left, chunk.length - filled);
            System.arraycopy(bytes, from, chunk, filled, n);
            filled += n;
            from += n;
            left -= n;
        }
    }

    private void pass() throws IOException {
        sink.write(written++, Arrays.copyOf(chunk, filled));
        filled = 0;
    }

    @Override
    public void close() throws IOException {
        if (filled > 0) {
            pass();
        }
    }
}
