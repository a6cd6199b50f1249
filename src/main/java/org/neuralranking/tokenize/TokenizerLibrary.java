package org.neuralranking.tokenize;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

import org.opensearch.OpenSearchStatusException;
import org.opensearch.core.rest.RestStatus;

/**
 * Loads the native tokenizer library, once per JVM, from the plugin's own directory or from its jar.
 *
 * <p>A native method belongs to the class loader that loaded the library, so it is enough that this class, which shares the plugin's class
 * loader with DJL's JNI classes, loads the file. DJL's own loader is never called: it takes its settings from the environment and from
 * properties of the whole JVM, which another plugin with a tokenizer library of its own reads and sets, too. DJL's tokenizer class is not
 * used either: it reports each use to the network unless told not to.
 */
public final class TokenizerLibrary {

    private static final String FILE_NAME = System.mapLibraryName("tokenizers");
    /** What the library needs on Windows, in this order. */
    private static final List<String> NEEDED_ON_WINDOWS = List.of("libwinpthread-1.dll", "libgcc_s_seh-1.dll", "libstdc++-6.dll");

    private static Path nativeDirectory;
    private static boolean loaded;

    private TokenizerLibrary() {}

    /**
     * Names a directory that may hold the native library; without the library there, it is extracted from DJL's jar.
     * No effect once the library is loaded.
     */
    public static synchronized void useNativeDirectory(Path directory) {
        nativeDirectory = directory;
    }

    /**
     * Tries again at every call until it succeeds.
     *
     * @throws OpenSearchStatusException (503) if this platform has no usable native library
     */
    static synchronized void load() {
        if (loaded) {
            return;
        }
        try {
            Path own = nativeDirectory == null ? null : nativeDirectory.resolve(FILE_NAME);
            if (own != null && Files.isRegularFile(own)) {
                System.load(own.toAbsolutePath().toString());
            } else {
                extractAndLoad();
            }
            loaded = true;
        } catch (IOException | RuntimeException | LinkageError e) {
            throw new OpenSearchStatusException(
                "the tokenizer library [" + FILE_NAME + "] cannot be loaded on " + System.getProperty("os.name") + " "
                    + System.getProperty("os.arch") + ", looked in [" + nativeDirectory + "] and in the plugin's jars: " + e,
                RestStatus.SERVICE_UNAVAILABLE,
                e
            );
        }
    }

    private static void extractAndLoad() throws IOException {
        // a directory nobody else can write
        Path directory = Files.createTempDirectory("neural-ranking-tokenizers");
        try {
            String platform = platform();
            if (platform.startsWith("win-")) {
                for (String needed : NEEDED_ON_WINDOWS) {
                    System.load(extract(platform, needed, directory).toString());
                }
            }
            System.load(extract(platform, FILE_NAME, directory).toString());
        } finally {
            deleteQuietly(directory);
        }
    }

    private static Path extract(String platform, String fileName, Path directory) throws IOException {
        String resource = "/native/lib/" + platform + "/cpu/" + fileName;
        try (InputStream in = TokenizerLibrary.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new FileNotFoundException("no " + resource + " in them");
            }
            Path file = directory.resolve(fileName).toAbsolutePath();
            Files.copy(in, file);
            return file;
        }
    }

    /** As DJL names the directories in its jar, for example {@code linux-x86_64}. */
    private static String platform() {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String arch = System.getProperty("os.arch");
        return (os.startsWith("win") ? "win" : os.startsWith("mac") ? "osx" : "linux") + "-" + (arch.equals("amd64") ? "x86_64" : arch);
    }

    /** A loaded library needs its file no longer, except on Windows, where the file stays until someone empties the directory. */
    private static void deleteQuietly(Path directory) {
        try (Stream<Path> below = Files.walk(directory)) {
            for (Path path : below.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException | UncheckedIOException | SecurityException e) {
            // 15 MB left in the node's own temporary directory do no harm
        }
    }
}
