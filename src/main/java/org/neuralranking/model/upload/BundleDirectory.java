package org.neuralranking.model.upload;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

import org.neuralranking.model.bundle.BundleException;
import org.neuralranking.model.bundle.BundleFiles;

/**
 * A bundle's directory, zipped while it is sent: only the files that belong to a bundle, always in one order and with one time, so that the
 * same files make the same zip. Links are followed, because the cache of the Hugging Face client is made of them.
 *
 * @param files by their name in the zip
 */
record BundleDirectory(Map<String, Path> files) implements BundleSource {
    /**
     * Entries need a time, and ours must not depend on when a model was downloaded. Zips begin in 1980; for its first second Java writes a
     * second time beside it, which depends on the time zone.
     */
    private static final LocalDateTime ENTRY_TIME = LocalDateTime.of(1980, 2, 1, 0, 0);

    /** @throws BundleException if a file is missing that every bundle has */
    static BundleDirectory at(Path directory) {
        return new BundleDirectory(BundleFiles.find(directory));
    }

    @Override
    public long bytes() throws IOException {
        long bytes = 0;
        for (Path file : files.values()) {
            bytes += Files.size(file);
        }
        return bytes;
    }

    @Override
    public void writeTo(OutputStream out, LongConsumer read) throws IOException {
        try (ZipOutputStream zip = new ZipOutputStream(out)) {
            zip.setLevel(Deflater.NO_COMPRESSION); // weights hardly shrink, and even the fastest level is slower than a network
            for (Map.Entry<String, Path> file : files.entrySet()) {
                ZipEntry entry = new ZipEntry(file.getKey());
                entry.setTimeLocal(ENTRY_TIME);
                zip.putNextEntry(entry);
                BundleSource.copy(file.getValue(), zip, read);
                zip.closeEntry();
            }
        }
    }
}
