package org.neuralranking.inference;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;

import org.opensearch.test.OpenSearchTestCase;

import ai.onnxruntime.OrtEnvironment;

public class OnnxLibraryTests extends OpenSearchTestCase {

    /** What the collector's address ends with in every release that reports to its maker on Linux; such a release must not be shipped. */
    private static final String COLLECTOR = "events.data.microsoft.com";

    public void testTheNativeLibraryKnowsNoTelemetryServer() throws Exception {
        try (InputStream library = OrtEnvironment.class.getResourceAsStream("/ai/onnxruntime/native/linux-x64/libonnxruntime.so")) {
            assertNotNull("the jar has the library of this platform", library);
            // one char a byte: searching is all that is done with it
            String bytes = new String(library.readAllBytes(), StandardCharsets.ISO_8859_1);
            assertTrue("it is the library", bytes.contains("onnxruntime"));
            assertFalse("it reports to " + COLLECTOR, bytes.contains(COLLECTOR));
        }
    }

    public void testPropertiesOfTheWholeJvmAreAsBefore() {
        String before = System.getProperty("onnxruntime.native.path");
        assertNotNull(OnnxLibrary.environment());
        assertEquals(before, System.getProperty("onnxruntime.native.path"));
    }
}
