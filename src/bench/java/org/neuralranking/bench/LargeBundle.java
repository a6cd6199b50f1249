package org.neuralranking.bench;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

import org.neuralranking.node.FileTree;
import org.neuralranking.node.ProjectFiles;

/** The toy encoder with as many bytes of weights as one likes, random and used by nothing, so that they cannot be compressed away. */
final class LargeBundle {

    private static final int GRAPH_FIELD = 7;
    private static final int INITIALIZER_FIELD = 5;
    private static final int BLOCK = 1 << 20;

    private LargeBundle() {}

    /** Makes the bundle {@code target/large-bundles/NAME}. */
    static Path make(String name, long weightBytes, long seed) {
        Path bundle = ProjectFiles.target().resolve("large-bundles").resolve(name);
        FileTree.delete(bundle);
        FileTree.copy(ProjectFiles.testModel("toy-sparse"), bundle);
        try {
            byte[] model = Files.readAllBytes(bundle.resolve("model.onnx"));
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(bundle.resolve("model.onnx")), BLOCK)) {
                write(model, weightBytes, new Random(seed), out);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bundle;
    }

    /** Copies the fields of a ModelProto; the graph gets one more initializer (onnx.proto3: TensorProto of uint8). */
    private static void write(byte[] model, long weightBytes, Random random, OutputStream out) throws IOException {
        ByteArrayOutputStream tensor = new ByteArrayOutputStream();
        tag(tensor, 1, 0); // dims
        varint(tensor, weightBytes);
        tag(tensor, 2, 0); // data_type
        varint(tensor, 2); // UINT8
        bytes(tensor, 8, "unused".getBytes(StandardCharsets.UTF_8)); // name
        tag(tensor, 9, 2); // raw_data
        varint(tensor, weightBytes);
        long tensorBytes = tensor.size() + weightBytes;
        ByteArrayOutputStream initializer = new ByteArrayOutputStream();
        tag(initializer, INITIALIZER_FIELD, 2);
        varint(initializer, tensorBytes);

        int[] at = { 0 };
        while (at[0] < model.length) {
            int start = at[0];
            long tag = varint(model, at);
            int length = (tag & 7) == 2 ? (int) varint(model, at) : 0;
            if ((tag & 7) == 0) {
                varint(model, at);
            }
            int value = at[0];
            at[0] += length;
            if (tag >>> 3 != GRAPH_FIELD) {
                out.write(model, start, at[0] - start);
                continue;
            }
            tag(out, GRAPH_FIELD, 2);
            varint(out, length + initializer.size() + tensorBytes);
            out.write(model, value, length);
            initializer.writeTo(out);
            tensor.writeTo(out);
            byte[] block = new byte[BLOCK];
            for (long left = weightBytes; left > 0; left -= BLOCK) {
                random.nextBytes(block);
                out.write(block, 0, (int) Math.min(BLOCK, left));
            }
        }
    }

    private static void tag(OutputStream out, int field, int wireType) throws IOException {
        varint(out, (long) field << 3 | wireType);
    }

    private static void bytes(OutputStream out, int field, byte[] value) throws IOException {
        tag(out, field, 2);
        varint(out, value.length);
        out.write(value);
    }

    private static void varint(OutputStream out, long value) throws IOException {
        long rest = value;
        for (; (rest & ~0x7FL) != 0; rest >>>= 7) {
            out.write((int) (rest & 0x7F | 0x80));
        }
        out.write((int) rest);
    }

    private static long varint(byte[] from, int[] at) {
        long value = 0;
        for (int shift = 0;; shift += 7) {
            byte b = from[at[0]++];
            value |= (long) (b & 0x7F) << shift;
            if (b >= 0) {
                return value;
            }
        }
    }
}
