package org.neuralranking.model.bundle;

import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;

/** Bytes that are read as if they were a file, over and over again if the file is to be longer. */
final class InMemory implements SeekableByteChannel {

    private final byte[] bytes;
    private final long size;
    private long position;
    private long read;

    InMemory(byte[] bytes) {
        this(bytes, bytes.length);
    }

    InMemory(byte[] bytes, long size) {
        this.bytes = bytes;
        this.size = size;
    }

    @Override
    public int read(ByteBuffer target) {
        if (position >= size) {
            return -1;
        }
        int from = (int) (position % bytes.length);
        int n = (int) Math.min(Math.min(target.remaining(), bytes.length - from), size - position);
        target.put(bytes, from, n);
        position += n;
        read += n;
        return n;
    }

    /** Bytes handed out so far. */
    long bytesRead() {
        return read;
    }

    @Override
    public int write(ByteBuffer source) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long position() {
        return position;
    }

    @Override
    public SeekableByteChannel position(long newPosition) {
        position = newPosition;
        return this;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public SeekableByteChannel truncate(long size) {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public void close() {}
}
