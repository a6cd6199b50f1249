package org.neuralranking.model.bundle;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;

/**
 * A bounded cursor over protobuf wire format (protobuf.dev, "Encoding"), straight from a file: a window of a few kilobytes is all that is
 * ever in memory, whatever the size of the model, and nothing is believed that does not fit into the bytes that are there.
 * Not for several threads.
 */
final class ProtobufReader {

    static final int VARINT = 0;
    static final int FIXED64 = 1;
    static final int BYTES = 2;
    static final int FIXED32 = 5;

    private final Window window;
    private final long end;
    private long position;
    private int wireType;

    private ProtobufReader(Window window, long position, long end) {
        this.window = window;
        this.position = position;
        this.end = end;
    }

    static ProtobufReader over(SeekableByteChannel channel, String where) throws IOException {
        return new ProtobufReader(new Window(channel, where), 0, channel.size());
    }

    boolean hasNext() {
        return position < end;
    }

    /** Reads the next tag and returns its field number. The value must then be read or skipped. */
    int nextField() throws IOException {
        long tag = varint();
        wireType = (int) (tag & 7);
        long field = tag >>> 3;
        if (field == 0 || field > 0x1FFFFFFF) {
            throw broken("field number " + field);
        }
        if (wireType != VARINT && wireType != FIXED64 && wireType != BYTES && wireType != FIXED32) {
            throw broken("wire type " + wireType);
        }
        return (int) field;
    }

    /** Whether the value of the current field has this wire type. */
    boolean is(int expected) {
        return wireType == expected;
    }

    long varint() throws IOException {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            byte b = next();
            value |= (long) (b & 0x7F) << shift;
            if (b >= 0) {
                return value;
            }
        }
        throw broken("a varint longer than ten bytes");
    }

    /** A cursor over the sub-message of the current field; this one moves behind it. */
    ProtobufReader message() throws IOException {
        long length = length();
        ProtobufReader inner = new ProtobufReader(window, position, position + length);
        position += length;
        return inner;
    }

    String string(int maxBytes) throws IOException {
        long length = length();
        if (length > maxBytes) {
            throw broken("a name of " + length + " bytes, expected at most " + maxBytes);
        }
        byte[] bytes = new byte[(int) length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = next();
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }

    void skip() throws IOException {
        switch (wireType) {
            case VARINT -> varint();
            case FIXED64 -> advance(8);
            case FIXED32 -> advance(4);
            case BYTES -> advance(length());
            default -> throw broken("wire type " + wireType);
        }
    }

    private long length() throws IOException {
        if (wireType != BYTES) {
            throw broken("wire type " + wireType + " where bytes are expected");
        }
        long length = varint();
        if (length < 0 || length > end - position) {
            throw broken("a length of " + Long.toUnsignedString(length) + " bytes where " + (end - position) + " are left (truncated?)");
        }
        return length;
    }

    private void advance(long bytes) {
        if (bytes > end - position) {
            throw broken("a value of " + bytes + " bytes where " + (end - position) + " are left (truncated?)");
        }
        position += bytes;
    }

    private byte next() throws IOException {
        if (position >= end) {
            throw broken("the end of the message inside a value (truncated?)");
        }
        return window.at(position++);
    }

    private BundleException broken(String got) {
        return new BundleException(window.where + " is not an ONNX model: got " + got + " at byte " + position + ", expected protobuf");
    }

    /** The part of the file that is in memory. */
    private static final class Window {
        private static final int BYTES = 1 << 14;

        private final SeekableByteChannel channel;
        private final String where;
        private final ByteBuffer buffer = ByteBuffer.allocate(BYTES).limit(0);
        private long start;

        Window(SeekableByteChannel channel, String where) {
            this.channel = channel;
            this.where = where;
        }

        byte at(long position) throws IOException {
            if (position < start || position >= start + buffer.limit()) {
                buffer.clear();
                channel.position(position);
                while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
                    // fill up
                }
                buffer.flip();
                start = position;
                if (buffer.limit() == 0) {
                    throw new BundleException(where + ": got a file that became shorter while it was read, expected one that nobody writes to");
                }
            }
            return buffer.get((int) (position - start));
        }
    }
}
