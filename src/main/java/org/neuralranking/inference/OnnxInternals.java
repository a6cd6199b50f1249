package org.neuralranking.inference;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.file.Path;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtLoggingLevel;

/** What has no public way in ONNX Runtime's Java classes; their version is pinned. */
final class OnnxInternals {

    private OnnxInternals() {}

    /**
     * Takes a reference to the native environment that nobody gives back. ONNX Runtime's own shutdown hook releases the environment while
     * inference may still be running, on threads that no hook can wait for in time, and the JVM of a node that is being stopped crashes.
     * The native environment counts its references, but no public method takes one.
     */
    static void keepEnvironmentToTheEnd(OrtLoggingLevel level, String name) throws ReflectiveOperationException {
        Method create = OrtEnvironment.class.getDeclaredMethod("createHandle", long.class, int.class, String.class);
        create.setAccessible(true);
        create.invoke(null, field("ortApiHandle").getLong(null), level.getValue(), name);
    }

    /**
     * The directory that loading makes in {@code java.io.tmpdir} and extracts into. At the JVM's end only its files are deleted, not the
     * directory. Null before loading.
     */
    static Path temporaryDirectory() throws ReflectiveOperationException {
        return (Path) field("tempDirectory").get(null);
    }

    private static Field field(String name) throws ReflectiveOperationException {
        Field field = Class.forName("ai.onnxruntime.OnnxRuntime").getDeclaredField(name);
        field.setAccessible(true);
        return field;
    }
}
