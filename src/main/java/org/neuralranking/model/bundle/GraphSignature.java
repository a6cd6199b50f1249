package org.neuralranking.model.bundle;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What must be known of an ONNX file before native code sees it: inputs and outputs; that it refers to nothing outside itself, and that the
 * runtime can read it, is checked on the way. Read in pure Java; weights are skipped, not read.
 *
 * @param inputs  inputs that a caller must feed: those without an initializer
 * @param outputs outputs, in graph order
 */
record GraphSignature(List<TensorSpec> inputs, List<TensorSpec> outputs) {

    /** What ONNX Runtime's own format, a flatbuffer, has behind its first four bytes. */
    private static final byte[] ORT_FORMAT = "ORTM".getBytes(StandardCharsets.US_ASCII);

    /** @throws BundleException if the file is no ONNX model, or one that must not be given to the runtime */
    static GraphSignature read(Path file) throws IOException {
        try (SeekableByteChannel channel = Files.newByteChannel(file)) {
            return read(channel, file.getFileName().toString());
        }
    }

    static GraphSignature read(SeekableByteChannel model, String where) throws IOException {
        if (model.size() == 0) {
            throw new BundleException(where + " is not an ONNX model: got an empty file, expected a graph");
        }
        if (inOrtFormat(model)) {
            throw new BundleException(where + " is not an ONNX model: got a file in the ORT format, expected ONNX, from which it was made");
        }
        return new ModelWalk(where).model(ProtobufReader.over(model, where));
    }

    private static boolean inOrtFormat(SeekableByteChannel channel) throws IOException {
        ByteBuffer head = ByteBuffer.allocate(Integer.BYTES + ORT_FORMAT.length);
        while (head.hasRemaining() && channel.read(head) >= 0) {
            // fill up
        }
        return head.hasRemaining() == false && head.slice(Integer.BYTES, ORT_FORMAT.length).equals(ByteBuffer.wrap(ORT_FORMAT))
            && head.get(Integer.BYTES - 1) == 0; // a protobuf's name would have its length there
    }
}
