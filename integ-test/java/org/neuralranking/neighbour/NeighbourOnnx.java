package org.neuralranking.neighbour;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;

/** The neighbour's ONNX Runtime, loaded at the first use, running the toy cross-encoder on the first pair of its golden file. */
final class NeighbourOnnx {

    static final String MODEL = "model.onnx";

    private static final long[] IDS = { 2, 60, 3, 5, 60, 9, 5, 59, 3 };
    private static final long[] TYPES = { 0, 0, 0, 1, 1, 1, 1, 1, 1 };
    private static final long[] MASK = { 1, 1, 1, 1, 1, 1, 1, 1, 1 };

    private static OrtSession session;

    private NeighbourOnnx() {}

    static synchronized Map<?, ?> run() {
        try {
            OrtEnvironment environment = OrtEnvironment.getEnvironment();
            if (session == null) {
                session = environment.createSession(model());
                System.setProperty("onnxruntime.native.path", "/nowhere"); // rude, but who would forbid it
            }
            try (
                OnnxTensor ids = OnnxTensor.createTensor(environment, new long[][] { IDS });
                OnnxTensor types = OnnxTensor.createTensor(environment, new long[][] { TYPES });
                OnnxTensor mask = OnnxTensor.createTensor(environment, new long[][] { MASK });
                OrtSession.Result result = session.run(Map.of("input_ids", ids, "token_type_ids", types, "attention_mask", mask))
            ) {
                return Map.of("version", environment.getVersion(), "logit", ((float[][]) result.get(0).getValue())[0][0]);
            }
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] model() {
        try (InputStream in = NeighbourOnnx.class.getResourceAsStream(MODEL)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
