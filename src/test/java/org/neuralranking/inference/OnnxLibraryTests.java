package org.neuralranking.inference;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.opensearch.test.OpenSearchTestCase;

import ai.onnxruntime.OrtEnvironment;

public class OnnxLibraryTests extends OpenSearchTestCase {

    /** What another plugin may have set and left, and would be wrong for us. */
    private static final Map<String, String> OF_OTHERS = Map.of(
        "onnxruntime.native.path", "/nowhere",
        "onnxruntime.native.onnxruntime.path", "/nowhere/libonnxruntime.so",
        "onnxruntime.native.onnxruntime.skip", "true",
        "onnxruntime.native.onnxruntime4j_jni.path", "/nowhere/libonnxruntime4j_jni.so",
        "onnxruntime.native.onnxruntime4j_jni.skip", "true"
    );

    /**
     * From 1.29.0 on the Linux builds of ONNX Runtime report to Microsoft unless the environment says ORT_DISABLE_TELEMETRY=1, which a plugin
     * cannot set; and the part that reports crashes the JVM where the command line is long, as a node's may be.
     */
    public void testTheRuntimeHasNoTelemetry() throws IOException {
        String bytes = new String(published("libonnxruntime.so"), StandardCharsets.ISO_8859_1);
        assertTrue("this is the library", bytes.contains("OrtGetApiBase"));
        assertFalse(bytes.contains("events.data.microsoft.com"));
    }

    public void testLoadingFromTheJarLeavesPropertiesAndTemporaryFilesAsTheyWere() throws Exception {
        loadingLeavesNothingBehind(null);
    }

    public void testLoadingFromTheOwnDirectoryLeavesPropertiesAndTemporaryFilesAsTheyWere() throws Exception {
        assumeTrue("the libraries of this test are for Linux on x86-64", onLinuxX64());
        Path own = createTempDir();
        for (String library : List.of("libonnxruntime.so", "libonnxruntime4j_jni.so")) {
            Files.write(own.resolve(library), published(library));
        }
        loadingLeavesNothingBehind(own);
    }

    private static void loadingLeavesNothingBehind(Path own) throws Exception {
        try (FreshLibrary library = new FreshLibrary(own)) {
            withPropertiesOfOthers(() -> {
                Object environment = library.environment();
                assertTrue(environment.toString(), environment.toString().contains("version=1.28.0"));
                assertSame(environment, library.environment());
            });
        }
    }

    public void testAFailureSaysWhereAndWhatToDoAndIsLasting() throws Exception {
        Path own = createTempDir();
        Files.writeString(own.resolve(System.mapLibraryName("onnxruntime")), "no library");
        try (FreshLibrary library = new FreshLibrary(own)) {
            withPropertiesOfOthers(() -> {
                Throwable first = expectThrows(InvocationTargetException.class, library::environment).getCause();
                assertEquals("org.opensearch.OpenSearchStatusException", first.getClass().getName());
                assertEquals("SERVICE_UNAVAILABLE", first.getClass().getMethod("status").invoke(first).toString());
                assertTrue(first.getMessage(), first.getMessage().contains(own.toString()));
                assertTrue(first.getMessage(), first.getMessage().contains("restart the node"));
                Files.delete(own.resolve(System.mapLibraryName("onnxruntime"))); // from the jar it would work, but the JVM may not try again
                Throwable second = expectThrows(InvocationTargetException.class, library::environment).getCause();
                assertSame(first.getCause(), second.getCause());
            });
        }
    }

    private interface Action {
        void run() throws Exception;
    }

    private static void withPropertiesOfOthers(Action action) throws Exception {
        OF_OTHERS.forEach(System::setProperty);
        try {
            Map<Object, Object> properties = Map.copyOf(System.getProperties());
            Set<Path> temporary = temporaryDirectories();
            action.run();
            assertEquals(properties, Map.copyOf(System.getProperties()));
            assertEquals(temporary, temporaryDirectories());
        } finally {
            OF_OTHERS.keySet().forEach(System::clearProperty);
        }
    }

    private static Set<Path> temporaryDirectories() throws IOException {
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return files.filter(file -> file.getFileName().toString().startsWith("onnxruntime-java")).collect(Collectors.toSet());
        }
    }

    private static byte[] published(String library) throws IOException {
        try (InputStream in = OrtEnvironment.class.getResourceAsStream("/ai/onnxruntime/native/linux-x64/" + library)) {
            assertNotNull(library, in);
            return in.readAllBytes();
        }
    }

    private static boolean onLinuxX64() {
        return System.getProperty("os.name").equals("Linux") && System.getProperty("os.arch").equals("amd64");
    }

    /** The class under test and all it needs, once more, in a class loader of its own as a plugin has. */
    private static final class FreshLibrary implements AutoCloseable {
        private final URLClassLoader loader;
        private final Method environment;

        FreshLibrary(Path nativeDirectory) throws ReflectiveOperationException, MalformedURLException {
            List<URL> classPath = new ArrayList<>();
            for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
                classPath.add(new File(entry).toURI().toURL());
            }
            loader = new URLClassLoader(classPath.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
            Class<?> library = loader.loadClass(OnnxLibrary.class.getName());
            assertNotSame(OnnxLibrary.class, library);
            library.getMethod("useNativeDirectory", Path.class).invoke(null, nativeDirectory);
            environment = library.getDeclaredMethod("environment");
            environment.setAccessible(true);
        }

        Object environment() throws ReflectiveOperationException {
            return environment.invoke(null);
        }

        @Override
        public void close() throws IOException {
            loader.close();
        }
    }
}
