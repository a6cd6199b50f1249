package org.neuralranking.model.bundle;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.opensearch.common.hash.MessageDigests;

/**
 * The files of a bundle that matter, and the one stream of bytes they amount to.
 * <p>
 * The stream is {@code name \n length \n bytes} for each file in the order of {@link #NAMES}. Its SHA-256 is the content hash, and the same
 * stream, cut into chunks, is what is stored and distributed: whoever receives it can check it against the hash without another list.
 */
public final class BundleFiles {

    static final String GRAPH = "model.onnx";
    static final String TOKENIZER = "tokenizer.json";
    static final String CONFIG = "config.json";
    static final String TOKENIZER_CONFIG = "tokenizer_config.json";
    static final String QUERY_WEIGHTS = "idf.json";
    static final String OVERRIDES = "neural-ranking.json";

    /** In the order in which they are hashed. */
    static final List<String> NAMES = List.of(GRAPH, TOKENIZER, CONFIG, TOKENIZER_CONFIG, QUERY_WEIGHTS, OVERRIDES);

    private final Map<String, Path> files; // by name, in order

    private BundleFiles(Map<String, Path> files) {
        this.files = files;
    }

    /**
     * Finds the files of a bundle.
     *
     * @param root      directory that no file may link out of, links resolved
     * @param directory the bundle
     * @throws BundleException if one is missing, too large or no plain file inside {@code root}
     */
    public static BundleFiles in(Path root, Path directory, BundleLimits limits) throws IOException {
        Map<String, Path> files = find(directory);
        for (Map.Entry<String, Path> file : files.entrySet()) {
            Path real = file.getValue().toRealPath();
            if (real.startsWith(root) == false || Files.isRegularFile(real) == false) {
                throw new BundleException("got [" + file.getKey() + "] that is no plain file inside the models directory, expected one");
            }
            checkSize(file.getKey(), Files.size(real), limits);
            file.setValue(real);
        }
        return new BundleFiles(files);
    }

    /**
     * Looks where the files of a bundle lie, and at nothing else.
     *
     * @return by name, in order; {@code model.onnx} also where it lies in {@code onnx/}
     * @throws BundleException if one is missing that every bundle has
     */
    public static Map<String, Path> find(Path directory) {
        Map<String, Path> files = new LinkedHashMap<>();
        for (String name : NAMES) {
            Path file = directory.resolve(name);
            if (name.equals(GRAPH) && Files.notExists(file)) {
                file = directory.resolve("onnx").resolve(GRAPH);
            }
            if (Files.exists(file)) {
                files.put(name, file);
            }
        }
        for (String required : List.of(GRAPH, TOKENIZER, CONFIG)) {
            if (files.containsKey(required) == false) {
                throw new BundleException(
                    "got a bundle [" + directory.getFileName() + "] without [" + required + "], expected model.onnx (or onnx/model.onnx), tokenizer.json and config.json"
                );
            }
        }
        return files;
    }

    static void checkSize(String name, long bytes, BundleLimits limits) {
        long limit = limits.bytes(name);
        if (bytes > limit) {
            throw new BundleException("got [" + name + "] of " + bytes + " bytes, expected at most " + limit);
        }
    }

    /** By name; {@code model.onnx} also where it lies in {@code onnx/}. */
    Map<String, Path> paths() {
        return files;
    }

    /** Writes the stream. */
    public void writeTo(OutputStream out) throws IOException {
        for (Map.Entry<String, Path> file : files.entrySet()) {
            long bytes = Files.size(file.getValue());
            out.write((file.getKey() + '\n' + bytes + '\n').getBytes(StandardCharsets.UTF_8));
            try (InputStream in = Files.newInputStream(file.getValue())) {
                if (in.transferTo(out) != bytes) {
                    throw new BundleException("got [" + file.getKey() + "] whose size changed while it was read, expected a file that nobody writes to");
                }
            }
        }
    }

    /** Length of the stream. */
    public long streamBytes() throws IOException {
        long total = 0;
        for (Map.Entry<String, Path> file : files.entrySet()) {
            long bytes = Files.size(file.getValue());
            total += bytes + (file.getKey() + '\n' + bytes + '\n').length();
        }
        return total;
    }

    /** SHA-256 of the stream, lower-case hex. */
    String hash() throws IOException {
        MessageDigest sha256 = MessageDigests.sha256();
        try (OutputStream out = new DigestOutputStream(OutputStream.nullOutputStream(), sha256)) {
            writeTo(out);
        }
        return MessageDigests.toHexString(sha256.digest());
    }

    /**
     * SHA-256 of the stream of a directory that is the plugin's own, whatever the sizes of its files.
     *
     * @throws BundleException if a file is missing that every bundle has
     */
    public static String hash(Path directory) throws IOException {
        return new BundleFiles(find(directory)).hash();
    }

    /** Copies the files into an empty directory, in plain layout. */
    public void copyTo(Path directory) throws IOException {
        for (Map.Entry<String, Path> file : files.entrySet()) {
            Files.copy(file.getValue(), directory.resolve(file.getKey()));
        }
    }

    /**
     * Writes the files of a stream into an empty directory, in plain layout. What comes out must still be checked against the hash.
     *
     * @throws BundleException if these bytes are no such stream
     */
    public static void unpack(InputStream in, Path directory, BundleLimits limits) throws IOException {
        byte[] buffer = new byte[1 << 16];
        for (String name = line(in); name != null; name = line(in)) {
            if (NAMES.contains(name) == false) {
                throw new BundleException("got a file [" + name + "] in a stored model, expected one of " + NAMES);
            }
            String length = line(in);
            long left;
            try {
                left = Long.parseLong(String.valueOf(length));
            } catch (NumberFormatException e) {
                throw new BundleException("got a length [" + length + "] of file [" + name + "] in a stored model, expected a number", e);
            }
            if (left < 0) {
                throw new BundleException("got a length [" + length + "] of file [" + name + "] in a stored model, expected at least 0");
            }
            checkSize(name, left, limits);
            if (Files.exists(directory.resolve(name))) {
                throw new BundleException("got file [" + name + "] twice in a stored model, expected it once");
            }
            try (OutputStream out = Files.newOutputStream(directory.resolve(name), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                while (left > 0) {
                    int n = in.read(buffer, 0, (int) Math.min(buffer.length, left));
                    if (n < 0) {
                        throw new BundleException("got the end of a stored model with " + left + " bytes of [" + name + "] missing, expected all of it");
                    }
                    out.write(buffer, 0, n);
                    left -= n;
                }
            }
        }
    }

    /** Up to the next newline, or null at the end. */
    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0 && line.isEmpty()) {
                return null;
            }
            if (b < 0 || line.length() > 64) { // longer than any name or number that is written
                throw new BundleException("got [" + line + "] in a stored model, expected a file's name or length");
            }
            line.append((char) b);
        }
        return line.toString();
    }
}
