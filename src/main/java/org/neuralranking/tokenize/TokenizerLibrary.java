package org.neuralranking.tokenize;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;

import ai.djl.huggingface.tokenizers.jni.LibUtils;

/**
 * Loads the native tokenizer library, once per JVM.
 *
 * <p>DJL's loader finds its files through the thread's context class loader and its settings in system properties, and it
 * remembers a failed first attempt until the JVM ends. So the first attempt is made here, under a lock, with the plugin's class
 * loader and with the settings that keep it off the network and inside {@code java.io.tmpdir}; both are put back afterwards.
 *
 * <p>Only the JNI classes of DJL are used: its own tokenizer class reports each use to the network unless told not to.
 */
public final class TokenizerLibrary {

    private static final String FILE_NAME = System.mapLibraryName("tokenizers");

    private static Path nativeDirectory;
    private static boolean loaded;
    private static IllegalStateException failure;

    private TokenizerLibrary() {}

    /**
     * Names a directory that may hold the native library; without the library there, it is extracted from DJL's jar.
     * No effect once the library is loaded.
     */
    public static synchronized void useNativeDirectory(Path directory) {
        nativeDirectory = directory;
    }

    /** @throws IllegalStateException if this platform has no usable native library; the same on every later call */
    static synchronized void load() {
        if (loaded) {
            return;
        }
        if (failure != null) {
            throw failure; // DJL's class stays broken after a failure, so another attempt would only hide the first cause
        }
        try {
            Path file = nativeDirectory == null ? null : nativeDirectory.resolve(FILE_NAME);
            if (file != null && Files.isRegularFile(file)) {
                initialise(Map.of("RUST_LIBRARY_PATH", file.toString())); // the file: DJL fails on the directory form without a GPU
            } else {
                extractAndInitialise();
            }
            loaded = true;
        } catch (IOException | RuntimeException | LinkageError | AssertionError e) {
            failure = new IllegalStateException(
                "could not load the tokenizer library [" + FILE_NAME + "] on " + System.getProperty("os.name") + " "
                    + System.getProperty("os.arch") + ", looked in [" + nativeDirectory + "] and in the plugin's jars: " + e,
                e
            );
            throw failure;
        }
    }

    private static void extractAndInitialise() throws IOException {
        // a directory nobody else can write: DJL loads whatever it finds under the name it expects
        Path cache = Files.createTempDirectory("neural-ranking-tokenizers");
        try {
            initialise(Map.of("DJL_CACHE_DIR", cache.toString(), "ENGINE_CACHE_DIR", cache.toString()));
        } finally {
            deleteQuietly(cache);
        }
    }

    private static void initialise(Map<String, String> where) {
        Map<String, String> settings = new LinkedHashMap<>(where);
        settings.put("ai.djl.offline", "true");
        settings.put("OPT_OUT_TRACKING", "true");
        settings.put("RUST_FLAVOR", "cpu");
        Thread thread = Thread.currentThread();
        ClassLoader callersLoader = thread.getContextClassLoader();
        Map<String, String> callersProperties = new LinkedHashMap<>();
        settings.forEach((name, value) -> callersProperties.put(name, System.setProperty(name, value)));
        try {
            thread.setContextClassLoader(TokenizerLibrary.class.getClassLoader());
            LibUtils.checkStatus();
        } finally {
            thread.setContextClassLoader(callersLoader);
            callersProperties.forEach((name, value) -> {
                if (value == null) {
                    System.clearProperty(name);
                } else {
                    System.setProperty(name, value);
                }
            });
        }
    }

    /** A loaded library needs its file no longer, except on Windows, where the file stays until someone empties the directory. */
    private static void deleteQuietly(Path directory) {
        try (Stream<Path> below = Files.walk(directory)) {
            for (Path path : below.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException | UncheckedIOException | SecurityException e) {
            // 12 MB left in the node's own temporary directory do no harm
        }
    }
}
