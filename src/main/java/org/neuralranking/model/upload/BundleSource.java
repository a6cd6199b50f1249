package org.neuralranking.model.upload;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongConsumer;

/** A bundle on this machine's disk, and the zip that it is sent as. */
interface BundleSource {
    int BUFFER_BYTES = 1 << 16;

    /** How many bytes {@link #writeTo} reads from the disk. */
    long bytes() throws IOException;

    /**
     * Writes the zip, the same bytes at every call.
     *
     * @param read told how many more bytes were read, after they were written to {@code out}
     */
    void writeTo(OutputStream out, LongConsumer read) throws IOException;

    /**
     * @param path a bundle's directory, or a zip of one
     * @throws IllegalArgumentException if nothing is there, or nothing that can be a bundle
     */
    static BundleSource of(Path path) throws IOException {
        if (Files.isDirectory(path)) {
            return BundleDirectory.at(path);
        }
        if (Files.notExists(path)) {
            throw new IllegalArgumentException("got [" + path + "], which does not exist, expected a bundle's directory or a zip of one");
        }
        return PreparedZip.at(path);
    }

    /** Copies a whole file. */
    static void copy(Path file, OutputStream out, LongConsumer read) throws IOException {
        byte[] buffer = new byte[BUFFER_BYTES];
        try (InputStream in = Files.newInputStream(file)) {
            for (int n; (n = in.read(buffer)) > 0;) {
                out.write(buffer, 0, n);
                read.accept(n);
            }
        }
    }
}
