package org.neuralranking.inference;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;

/** Loads ONNX Runtime's native libraries, once per JVM, from the plugin's own directory or from its jar. */
public final class OnnxLibrary {

    private static final String NATIVE_PATH = "onnxruntime.native.path";

    private static Path nativeDirectory;
    private static boolean keptToTheEnd;

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
            OrtEnvironment environment = OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, "neural-ranking");
            keepToTheEnd();
            environment.setTelemetry(false); // on Windows it is on by default; elsewhere this version has none
            return environment;
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime cannot be told to send no telemetry, so it is not used", e);
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

    /**
     * Takes a reference to the native environment that nobody gives back. ONNX Runtime's own shutdown hook releases the environment while
     * inference may still be running, on threads that no hook can wait for in time, and the JVM of a node that is being stopped crashes.
     * The native environment counts its references, but no public method takes one.
     */
    private static void keepToTheEnd() {
        if (keptToTheEnd) {
            return;
        }
        try {
            Field api = Class.forName("ai.onnxruntime.OnnxRuntime").getDeclaredField("ortApiHandle");
            api.setAccessible(true);
            Method create = OrtEnvironment.class.getDeclaredMethod("createHandle", long.class, int.class, String.class);
            create.setAccessible(true);
            create.invoke(null, api.getLong(null), OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR.getValue(), "neural-ranking");
            keptToTheEnd = true;
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this version of ONNX Runtime keeps its environment in another way", e);
        }
    }
}
