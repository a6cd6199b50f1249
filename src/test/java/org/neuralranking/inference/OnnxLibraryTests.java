package org.neuralranking.inference;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

import org.opensearch.test.OpenSearchTestCase;

import ai.onnxruntime.OrtEnvironment;

public class OnnxLibraryTests extends OpenSearchTestCase {

    /**
     * From 1.29.0 on the Linux builds of ONNX Runtime report to Microsoft unless the environment says ORT_DISABLE_TELEMETRY=1, which a plugin
     * cannot set; and the part that reports crashes the JVM where the command line is long, as a node's may be.
     */
    public void testTheRuntimeHasNoTelemetry() throws IOException {
        try (InputStream library = OrtEnvironment.class.getResourceAsStream("/ai/onnxruntime/native/linux-x64/libonnxruntime.so")) {
            assertNotNull(library);
            String bytes = new String(library.readAllBytes(), StandardCharsets.ISO_8859_1);
            assertTrue("this is the library", bytes.contains("OrtGetApiBase"));
            assertFalse(bytes.contains("events.data.microsoft.com"));
        }
    }

    public void testTheNativePathOfOtherPluginsIsLeftAlone() {
        String before = System.getProperty("onnxruntime.native.path");
        OnnxLibrary.environment();
        assertEquals(before, System.getProperty("onnxruntime.native.path"));
    }
}
