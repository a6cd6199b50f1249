package org.neuralranking;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes graphs for tests as onnx.proto3 says. Weights that are all zero are holes in a sparse file, so a graph of a gigabyte is written at
 * once and takes no room on most disks.
 */
public final class OnnxFile {

    public static final int FLOAT = 1;
    public static final int INT64 = 7;
    public static final int BOOL = 9;

    private static final int IR_VERSION = 8;
    private static final int OPSET = 13;
    private static final int VARINT = 0;
    private static final int LENGTH_DELIMITED = 2;

    /** Bytes of a field of the graph, and how many zeros follow them. */
    private record Part(byte[] bytes, long zeros) {}

    private final List<Part> parts = new ArrayList<>();

    /** An input or, with {@code field} 12, an output. */
    private OnnxFile value(int field, String name, int type, Object... shape) {
        Message dimensions = new Message();
        for (Object axis : shape) {
            dimensions.message(1, axis instanceof String free ? new Message().text(2, free) : new Message().number(1, (Integer) axis));
        }
        Message tensor = new Message().number(1, type).message(2, dimensions);
        return part(new Message().message(field, new Message().text(1, name).message(2, new Message().message(1, tensor))), 0);
    }

    /** @param shape a number, or a name for an axis of any length */
    public OnnxFile input(String name, int type, Object... shape) {
        return value(11, name, type, shape);
    }

    public OnnxFile output(String name, int type, Object... shape) {
        return value(12, name, type, shape);
    }

    /** What every text model takes: {@code input_ids} and {@code attention_mask}. */
    public OnnxFile textInputs() {
        return input("input_ids", INT64, "batch", "tokens").input("attention_mask", INT64, "batch", "tokens");
    }

    public OnnxFile node(String operator, List<String> inputs, String output, Object... attributes) {
        return node(operator, inputs, List.of(output), attributes);
    }

    /** @param attributes name, value, name, value, …; a value is an int, int[] or a graph without holes */
    public OnnxFile node(String operator, List<String> inputs, List<String> outputs, Object... attributes) {
        Message node = new Message();
        inputs.forEach(input -> node.text(1, input));
        outputs.forEach(output -> node.text(2, output));
        node.text(4, operator);
        for (int i = 0; i < attributes.length; i += 2) {
            Message attribute = new Message().text(1, (String) attributes[i]);
            if (attributes[i + 1] instanceof int[] list) {
                for (int entry : list) {
                    attribute.number(8, entry);
                }
                node.message(5, attribute.number(20, 7));
            } else if (attributes[i + 1] instanceof OnnxFile graph) {
                Message body = new Message().text(2, "body");
                graph.parts.forEach(part -> body.raw(part.bytes));
                node.message(5, attribute.message(6, body).number(20, 5));
            } else {
                node.message(5, attribute.number(3, (Integer) attributes[i + 1]).number(20, 2));
            }
        }
        return part(new Message().message(1, node), 0);
    }

    public OnnxFile weights(String name, int[] shape, float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return part(new Message().message(5, tensor(name, FLOAT, shape).bytes(9, bytes.array())), 0);
    }

    public OnnxFile whole(String name, long... values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asLongBuffer().put(values);
        return part(new Message().message(5, tensor(name, INT64, values.length).bytes(9, bytes.array())), 0);
    }

    /** Float weights of any size, all 0. */
    public OnnxFile zeros(String name, int... shape) {
        long bytes = Float.BYTES;
        for (int axis : shape) {
            bytes = Math.multiplyExact(bytes, axis);
        }
        byte[] tensor = tensor(name, FLOAT, shape).tag(9, LENGTH_DELIMITED).varint(bytes).done();
        return part(new Message().tag(5, LENGTH_DELIMITED).varint(tensor.length + bytes).raw(tensor), bytes);
    }

    private static Message tensor(String name, int type, int... shape) {
        Message tensor = new Message();
        for (int axis : shape) {
            tensor.number(1, axis);
        }
        return tensor.number(2, type).text(8, name);
    }

    private OnnxFile part(Message field, long zeros) {
        parts.add(new Part(field.done(), zeros));
        return this;
    }

    public void write(Path file) throws IOException {
        long size = parts.stream().mapToLong(part -> part.bytes.length + part.zeros).sum();
        Message head = new Message().number(1, IR_VERSION)
            .message(8, new Message().text(1, "").number(2, OPSET))
            .tag(7, LENGTH_DELIMITED)
            .varint(size);
        try (
            SeekableByteChannel channel = Files.newByteChannel(
                file,
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.WRITE,
                StandardOpenOption.SPARSE
            )
        ) {
            writeFully(channel, head.done());
            for (Part part : parts) {
                writeFully(channel, part.bytes);
                if (part.zeros > 0) {
                    channel.position(channel.position() + part.zeros - 1);
                    writeFully(channel, new byte[1]); // the hole has an end
                }
            }
        }
    }

    private static void writeFully(SeekableByteChannel channel, byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    /** One protobuf message, field after field. */
    private static final class Message {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Message varint(long value) {
            for (; (value & ~0x7fL) != 0; value >>>= 7) {
                out.write((int) (value & 0x7f | 0x80));
            }
            out.write((int) value);
            return this;
        }

        Message tag(int field, int wireType) {
            return varint((long) field << 3 | wireType);
        }

        Message number(int field, long value) {
            return tag(field, VARINT).varint(value);
        }

        Message bytes(int field, byte[] bytes) {
            return tag(field, LENGTH_DELIMITED).varint(bytes.length).raw(bytes);
        }

        Message raw(byte[] bytes) {
            out.writeBytes(bytes);
            return this;
        }

        Message text(int field, String text) {
            return bytes(field, text.getBytes(StandardCharsets.UTF_8));
        }

        Message message(int field, Message message) {
            return bytes(field, message.done());
        }

        byte[] done() {
            return out.toByteArray();
        }
    }
}
