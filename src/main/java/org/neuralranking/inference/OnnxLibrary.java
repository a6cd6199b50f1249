package org.neuralranking.inference;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.opensearch.OpenSearchStatusException;
import org.opensearch.core.rest.RestStatus;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;

/**
 * Loads ONNX Runtime's native libraries, once per JVM, from the plugin's own directory or from its jar.
 * <p>
 * Another plugin of the node may carry ONNX Runtime, too. Its settings are properties of the whole JVM: what others have set does not count
 * here, what is set here is gone again when loading ends, and once loaded nothing is touched. On Linux our libraries have a name of their
 * own (see the pom) and do not mix with other copies. Elsewhere, or with other libraries in our places, the copy that was loaded first may
 * be used by both, or by one and not the other.
 * <p>
 * A failure is lasting: the JVM does not try again to initialise a class, and no library is unloaded.
 */
public final class OnnxLibrary {

    private static final String NAME = "neural-ranking";
    private static final OrtLoggingLevel LEVEL = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR;

    /** In the order in which they need each other. */
    private static final List<String> LIBRARIES = List.of("onnxruntime", "onnxruntime4j_jni");

    private static final String NATIVE_PATH = "onnxruntime.native.path";
    /** Everything that ONNX Runtime's loader reads. */
    private static final List<String> PROPERTIES = List.of(
        NATIVE_PATH,
        "onnxruntime.native.onnxruntime.path",
        "onnxruntime.native.onnxruntime.skip",
        "onnxruntime.native.onnxruntime4j_jni.path",
        "onnxruntime.native.onnxruntime4j_jni.skip"
    );

    private static Path nativeDirectory;
    private static OrtEnvironment environment;
    private static Throwable failure;

    private OnnxLibrary() {}

    /** Called by the plugin before anything is loaded; a directory without the library means: from the jar. */
    public static synchronized void useNativeDirectory(Path directory) {
        nativeDirectory = directory;
    }

    /**
     * The environment, with the libraries loaded.
     *
     * @throws OpenSearchStatusException (503) if they cannot be used; the same at every later call
     */
    static synchronized OrtEnvironment environment() {
        if (environment == null && failure == null) {
            try {
                environment = load();
            } catch (OrtException | ReflectiveOperationException | RuntimeException | LinkageError e) {
                // a class that fails to initialise may wrap its reason
                failure = e instanceof ExceptionInInitializerError && e.getCause() != null ? e.getCause() : e;
            }
        }
        if (failure != null) {
            throw new OpenSearchStatusException(reason(), RestStatus.SERVICE_UNAVAILABLE, failure);
        }
        return environment;
    }

    private static OrtEnvironment load() throws OrtException, ReflectiveOperationException {
        Map<String, String> properties = new HashMap<>();
        PROPERTIES.forEach(name -> properties.put(name, null));
        if (hasOwnFiles()) {
            // ONNX Runtime finds them loaded, so that its property is there for a moment only
            for (String library : LIBRARIES) {
                System.load(nativeDirectory.resolve(System.mapLibraryName(library)).toAbsolutePath().toString());
            }
            properties.put(NATIVE_PATH, nativeDirectory.toString());
        }
        try (JvmProperties ignored = new JvmProperties(properties)) {
            OrtEnvironment loaded = OrtEnvironment.getEnvironment(LEVEL, NAME);
            OnnxInternals.keepEnvironmentToTheEnd(LEVEL, NAME);
            loaded.setTelemetry(false); // on Windows it is on by default; elsewhere this version has none
            return loaded;
        } finally {
            deleteTemporaryDirectory();
        }
    }

    private static boolean hasOwnFiles() {
        return nativeDirectory != null && Files.exists(nativeDirectory.resolve(System.mapLibraryName(LIBRARIES.getFirst())));
    }

    /** Nothing is extracted later: the jar has no more providers. A loaded library needs its file no longer, except on Windows. */
    private static void deleteTemporaryDirectory() {
        try {
            Path directory = OnnxInternals.temporaryDirectory();
            if (directory == null) {
                return;
            }
            try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
                for (Path file : files) {
                    Files.delete(file);
                }
            }
            Files.delete(directory);
        } catch (IOException | ReflectiveOperationException | LinkageError | SecurityException e) {
            // on Windows, ONNX Runtime deletes the files when the JVM ends
        }
    }

    private static String reason() {
        StringBuilder reason = new StringBuilder("ONNX Runtime cannot be loaded on this node, looked in ");
        reason.append(hasOwnFiles() ? "[" + nativeDirectory + "]" : "the plugin's jars").append(": ").append(failure.getMessage());
        List<Path> others = OtherCopies.inThisProcess(ours());
        if (others.isEmpty()) {
            reason.append("; put this right");
        } else {
            reason.append("; another ONNX Runtime is in this process, and the one that was loaded first counts: ").append(others);
            reason.append("; remove or upgrade the plugin that has it");
        }
        return reason.append(", then restart the node; until then it loads no model").toString();
    }

    private static List<Path> ours() {
        List<Path> ours = new ArrayList<>();
        if (nativeDirectory != null) {
            ours.add(nativeDirectory.toAbsolutePath());
        }
        try {
            Path temporary = OnnxInternals.temporaryDirectory();
            if (temporary != null) {
                ours.add(temporary.toAbsolutePath());
            }
        } catch (ReflectiveOperationException | LinkageError unknown) {
            // then the list says a copy more
        }
        return ours;
    }
}
