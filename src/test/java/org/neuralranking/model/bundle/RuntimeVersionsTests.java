package org.neuralranking.model.bundle;

import java.util.Map;

import org.opensearch.test.OpenSearchTestCase;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;

/** The versions that we let through are those that the runtime reads: not one less, not one more. */
public class RuntimeVersionsTests extends OpenSearchTestCase {

    private static void load(Onnx model) throws OrtException {
        try (
            OrtSession.SessionOptions options = new OrtSession.SessionOptions();
            OrtSession session = OrtEnvironment.getEnvironment().createSession(model.bytes(), options)
        ) {
            assertEquals(1, session.getNumOutputs());
        }
    }

    public void testTheNewestFileFormat() throws OrtException {
        Onnx model = new Onnx();
        model.ir = RuntimeVersions.IR;
        load(model);
        model.ir++;
        OrtException refused = expectThrows(OrtException.class, () -> load(model));
        assertTrue(refused.getMessage(), refused.getMessage().contains("Unsupported model IR version"));
    }

    public void testTheNewestOperatorSets() throws OrtException {
        for (Map.Entry<String, Long> newest : RuntimeVersions.OPSETS.entrySet()) {
            Onnx model = new Onnx();
            model.opset = newest.getKey().equals("ai.onnx") ? 0 : model.opset;
            model.model.message(8, Onnx.opset(newest.getKey(), newest.getValue()));
            load(model);
            if (newest.getKey().equals("ai.onnx")) {
                assertEquals("another name for the same", RuntimeVersions.OPSETS.get(""), newest.getValue());
                continue;
            }
            Onnx later = new Onnx();
            later.model.message(8, Onnx.opset(newest.getKey(), newest.getValue() + 1));
            OrtException refused = expectThrows(OrtException.class, () -> load(later));
            assertTrue(refused.getMessage(), refused.getMessage().contains("is under development and support for this is limited"));
        }
    }

    public void testTheRuntimePrefersItsOwnOperatorToAFunction() throws Exception {
        // why such functions are refused: which of the two runs is not what the model says
        Onnx model = new Onnx();
        model.nodes.clear();
        model.nodes.add(Onnx.node("Neg", "", "input_ids", "t"));
        model.nodes.add(Onnx.node("Cast", "", "t", "out", Onnx.number("to", 1)));
        model.model.message(25, Onnx.function("", "Neg", Onnx.node("Abs", "", "x", "y")));
        try (
            OrtSession.SessionOptions options = new OrtSession.SessionOptions();
            OrtSession session = OrtEnvironment.getEnvironment().createSession(model.bytes(), options);
            OnnxTensor ids = OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), new long[][] { { 3 } });
            OrtSession.Result result = session.run(Map.of("input_ids", ids, "attention_mask", ids))
        ) {
            assertArrayEquals(new float[] { -3 }, ((float[][]) result.get(0).getValue())[0], 0);
        }
    }
}
