package org.neuralranking.model.bundle;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.Map;

import org.opensearch.common.hash.MessageDigests;

/**
 * A model's directory in the layout of a Hugging Face ONNX export, checked in pure Java.
 *
 * @param directory where the files lie
 * @param hash      SHA-256 over names, lengths and bytes of the files that matter, lower-case hex
 * @param facts     what detection found
 */
public record Bundle(Path directory, String hash, BundleFacts facts) {

    static final String GRAPH = "model.onnx";
    static final String TOKENIZER = "tokenizer.json";
    static final String CONFIG = "config.json";
    static final String TOKENIZER_CONFIG = "tokenizer_config.json";
    static final String QUERY_WEIGHTS = "idf.json";
    static final String OVERRIDES = "neural-ranking.json";

    /**
     * Finds, checks and hashes a bundle.
     *
     * @param root      directory that the bundle must lie in, links resolved
     * @param path      the bundle, relative to {@code root}
     * @param limits    sizes beyond which files are refused
     * @throws BundleException if anything is missing, outside or does not fit together
     */
    public static Bundle read(Path root, String path, BundleLimits limits) throws IOException {
        Path directory = BundlePath.resolve(root, path);
        Map<String, Path> files = files(root.toRealPath(), directory, limits);
        BundleFacts facts = TaskDetection.detect(files, limits);
        return new Bundle(directory, hash(files), facts);
    }

    public Path graph() {
        Path nested = directory.resolve("onnx").resolve(GRAPH);
        Path plain = directory.resolve(GRAPH);
        return Files.exists(plain) ? plain : nested;
    }

    public Path tokenizer() {
        return directory.resolve(TOKENIZER);
    }

    /** {@code idf.json}; exists where {@link BundleFacts#queryWeights()}. */
    public Path queryWeights() {
        return directory.resolve(QUERY_WEIGHTS);
    }

    /** The files that matter, by the name they count under, in the order they are hashed. */
    private static Map<String, Path> files(Path realRoot, Path directory, BundleLimits limits) throws IOException {
        Map<String, Path> files = new LinkedHashMap<>();
        for (String name : new String[] { GRAPH, TOKENIZER, CONFIG, TOKENIZER_CONFIG, QUERY_WEIGHTS, OVERRIDES }) {
            Path file = directory.resolve(name);
            if (name.equals(GRAPH) && Files.notExists(file)) {
                file = directory.resolve("onnx").resolve(GRAPH);
            }
            if (Files.notExists(file)) {
                continue;
            }
            Path real = file.toRealPath();
            if (real.startsWith(realRoot) == false || Files.isRegularFile(real) == false) {
                throw new BundleException("got [" + name + "] that is no plain file inside the models directory, expected one");
            }
            long bytes = Files.size(real);
            long limit = limits.bytes(name);
            if (bytes > limit) {
                throw new BundleException("got [" + name + "] of " + bytes + " bytes, expected at most " + limit);
            }
            files.put(name, real);
        }
        for (String required : new String[] { GRAPH, TOKENIZER, CONFIG }) {
            if (files.containsKey(required) == false) {
                throw new BundleException(
                    "got a bundle [" + directory.getFileName() + "] without [" + required + "], expected model.onnx (or onnx/model.onnx), tokenizer.json and config.json"
                );
            }
        }
        return files;
    }

    private static String hash(Map<String, Path> files) throws IOException {
        MessageDigest sha256 = MessageDigests.sha256();
        byte[] chunk = new byte[1 << 16];
        for (Map.Entry<String, Path> file : files.entrySet()) {
            String header = file.getKey() + '\n' + Files.size(file.getValue()) + '\n';
            sha256.update(header.getBytes(StandardCharsets.UTF_8));
            try (InputStream in = Files.newInputStream(file.getValue())) {
                for (int n; (n = in.read(chunk)) > 0;) {
                    sha256.update(chunk, 0, n);
                }
            }
        }
        return MessageDigests.toHexString(sha256.digest());
    }
}
