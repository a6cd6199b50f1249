package org.neuralranking.model.upload;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.LongConsumer;

/** A zip that exists, sent as it is. What is in it, the server checks. */
record PreparedZip(Path file) implements BundleSource {
    /** How every zip with an entry in it begins; whoever confuses files hears it before gigabytes were sent. */
    private static final byte[] MAGIC = "PK\003\004".getBytes(StandardCharsets.US_ASCII);

    static PreparedZip at(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            if (Arrays.equals(in.readNBytes(MAGIC.length), MAGIC) == false) {
                throw new IllegalArgumentException("got [" + file + "] that is no zip, expected a bundle's directory or a zip of one");
            }
        }
        return new PreparedZip(file);
    }

    @Override
    public long bytes() throws IOException {
        return Files.size(file);
    }

    @Override
    public void writeTo(OutputStream out, LongConsumer read) throws IOException {
        BundleSource.copy(file, out, read);
    }
}
