package org.neuralranking.model.upload;

import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Cuts what is written to it into parts of one size, the last one shorter, and hashes them on their way. It holds one part.
 *
 * <p>Closing sends nothing: {@link #finish} does, so that what fails halfway is never completed by whoever closes it. After a part has
 * failed, every further write fails.
 */
final class PartStream extends OutputStream {

    /** Where a part goes. */
    interface Sink {
        /** @param bytes the first {@code length} are the part; they change after this call has returned */
        void part(int number, byte[] bytes, int length) throws IOException;
    }

    private final Sink sink;
    private final MessageDigest sha256;
    private final byte[] part;
    private int length;
    private int parts;
    private boolean failed;

    PartStream(int partBytes, Sink sink) {
        this.part = new byte[partBytes];
        this.sink = sink;
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] { (byte) b }, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int count) throws IOException {
        while (count > 0) {
            int n = Math.min(count, part.length - length);
            System.arraycopy(bytes, offset, part, length, n);
            length += n;
            offset += n;
            count -= n;
            if (length == part.length) {
                send();
            }
        }
    }

    /** Sends what is left. */
    void finish() throws IOException {
        if (length > 0) {
            send();
        }
    }

    /** How many were sent. */
    int parts() {
        return parts;
    }

    /** Of all parts' bytes, lower-case hex; once, at the end. */
    String sha256() {
        return HexFormat.of().formatHex(sha256.digest());
    }

    private void send() throws IOException {
        if (failed) {
            throw new IOException("part " + parts + " was not sent, nothing can come behind it");
        }
        failed = true;
        sink.part(parts, part, length);
        failed = false;
        sha256.update(part, 0, length);
        parts++;
        length = 0;
    }
}
