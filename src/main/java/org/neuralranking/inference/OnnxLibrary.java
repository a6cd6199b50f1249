package org.neuralranking.inference;

import java.nio.file.Files;
import java.nio.file.Path;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtLoggingLevel;

/** Loads ONNX Runtime's native libraries, once per JVM, from the plugin's own directory or from its jar. */
public final class OnnxLibrary {

    private static final String NATIVE_PATH = "onnxruntime.native.path";

    private static Path nativeDirectory;

    private OnnxLibrary() {}

    /** Called by the plugin before anything is loaded; a directory without the library means: from the jar. */
    public static synchronized void useNativeDirectory(Path directory) {
        nativeDirectory = directory;
    }

    /**
     * The environment, with the libraries loaded.
     *
     * @throws LinkageError if the library does not fit this platform
     */
    static synchronized OrtEnvironment environment() {
        // the property is JVM-wide: another plugin with its own ONNX Runtime must not see ours
        String before = System.getProperty(NATIVE_PATH);
        boolean own = nativeDirectory != null && Files.exists(nativeDirectory.resolve(System.mapLibraryName("onnxruntime")));
        try {
            if (own) {
                System.setProperty(NATIVE_PATH, nativeDirectory.toString());
            }
            return OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, "neural-ranking");
        } finally {
            if (own) {
                if (before == null) {
                    System.clearProperty(NATIVE_PATH);
                } else {
                    System.setProperty(NATIVE_PATH, before);
                }
            }
        }
    }
}
