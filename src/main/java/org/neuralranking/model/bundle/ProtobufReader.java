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

    /**
     * Most fields in one file: twice what a decision forest of ten thousand trees has, and two seconds of reading. The lists of numbers
     * in attributes have a field an entry.
     */
    private static final long MAX_FIELDS = 30_000_000;

    private final Window window;
    private final long start;
    private final long end;
    private long position;
    private int field;
    private int wireType;
    private long seenOnce;

    private ProtobufReader(Window window, long position, long end) {
        this.window = window;
        this.start = position;
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
        if (++window.fields > MAX_FIELDS) {
            throw new BundleException(window.where + ": got more than " + MAX_FIELDS + " protobuf fields, expected no more");
        }
        long tag = rawVarint();
        wireType = (int) (tag & 7);
        long number = tag >>> 3;
        if (number == 0 || number > 0x1FFFFFFF) {
            throw broken("field number " + number);
        }
        field = (int) number;
        if (wireType != VARINT && wireType != FIXED64 && wireType != BYTES && wireType != FIXED32) {
            throw broken("wire type " + wireType);
        }
        return field;
    }

    /** A cursor over the same message from its beginning. */
    ProtobufReader again() {
        return new ProtobufReader(window, start, end);
    }

    /** Whether the value of the current field has this wire type. */
    boolean is(int expected) {
        return wireType == expected;
    }

    /** The number at the current field. */
    long varint() throws IOException {
        if (wireType != VARINT) {
            throw broken("wire type " + wireType + " where a number is expected");
        }
        return rawVarint();
    }

    private long rawVarint() throws IOException {
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

    /**
     * As {@link #message}, of a field that a message has at most once. Protobuf joins the two where it comes twice, so a reader that takes
     * one of them sees another model than the runtime does.
     *
     * @param name what the field is called; its number is below 64
     */
    ProtobufReader only(String name) throws IOException {
        if ((seenOnce >>> field & 1) != 0) {
            throw new BundleException(window.where + ": got field [" + name + "] twice in one message, at byte " + position + ", expected it once");
        }
        seenOnce |= 1L << field;
        return message();
    }

    /** A cursor over the numbers that are packed into the current field: {@link #varint} alone, as long as {@link #hasNext}. */
    ProtobufReader packed() throws IOException {
        ProtobufReader numbers = message();
        numbers.wireType = VARINT;
        return numbers;
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
            case VARINT -> rawVarint();
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
        long length = rawVarint();
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
        private long fields;

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
