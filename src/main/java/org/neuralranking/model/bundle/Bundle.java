package org.neuralranking.model.bundle;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A model's directory in the layout of a Hugging Face ONNX export, checked in pure Java.
 *
 * @param directory where the files lie
 * @param hash      SHA-256 of {@link BundleFiles}' stream, lower-case hex
 * @param facts     what detection found
 */
public record Bundle(Path directory, String hash, BundleFacts facts) {

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
        return read(directory, BundleFiles.in(root.toRealPath(), directory, limits), limits);
    }

    /** As {@link #read(Path, String, BundleLimits)}, of a directory that is the plugin's own. */
    public static Bundle read(Path directory, BundleLimits limits) throws IOException {
        return read(directory, BundleFiles.in(directory.toRealPath(), directory, limits), limits);
    }

    private static Bundle read(Path directory, BundleFiles files, BundleLimits limits) throws IOException {
        BundleFacts facts = TaskDetection.detect(files.paths(), limits);
        return new Bundle(directory, files.hash(), facts);
    }

    public Path graph() {
        Path nested = directory.resolve("onnx").resolve(BundleFiles.GRAPH);
        Path plain = directory.resolve(BundleFiles.GRAPH);
        return Files.exists(plain) ? plain : nested;
    }

    public Path tokenizer() {
        return directory.resolve(BundleFiles.TOKENIZER);
    }

    /** {@code idf.json}; exists where {@link BundleFacts#queryWeights()}. */
    public Path queryWeights() {
        return directory.resolve(BundleFiles.QUERY_WEIGHTS);
    }
}
