package org.neuralranking.model.bundle;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** Inflates one entry of a zip and stops at the first byte too many. */
final class ZipInflater {

    private static final int CHUNK_BYTES = 1 << 16;

    private final SeekableByteChannel zip;
    private final ZipEntry entry;
    private final BundleLimits limits;
    private final CRC32 crc = new CRC32();
    private final ByteBuffer in = ByteBuffer.allocate(CHUNK_BYTES);
    private long taken;
    private long given;

    ZipInflater(SeekableByteChannel zip, ZipEntry entry, BundleLimits limits) {
        this.zip = zip;
        this.entry = entry;
        this.limits = limits;
    }

    /**
     * @param fileLimit most bytes of this file
     * @param left      bytes that are left of the bundle's limit
     * @return bytes written
     * @throws BundleException if there are more, or other ones than the zip says
     */
    long copy(OutputStream out, long fileLimit, long left) throws IOException {
        zip.position(entry.data());
        if (entry.method() == ZipEntry.STORED) {
            while (fill()) {
                write(in.array(), in.limit(), out, fileLimit, left);
            }
        } else {
            inflate(out, fileLimit, left);
        }
        if (given != entry.inflated() || (int) crc.getValue() != entry.crc()) {
            throw entry.wrong("of " + given + " bytes with another checksum or length than the zip says", "an undamaged file of " + entry.inflated() + " bytes");
        }
        return given;
    }

    private void inflate(OutputStream out, long fileLimit, long left) throws IOException {
        Inflater inflater = new Inflater(true);
        try {
            byte[] chunk = new byte[CHUNK_BYTES];
            while (inflater.finished() == false) {
                int inflated = inflater.inflate(chunk);
                if (inflated > 0) {
                    write(chunk, inflated, out, fileLimit, left);
                    if (ZipEntry.tooDense(given, taken - inflater.getRemaining(), limits)) {
                        throw entry.tooDense(limits);
                    }
                } else if (inflater.needsInput() && inflater.finished() == false) {
                    if (fill() == false) {
                        throw entry.wrong("that ends in the middle", "all of it");
                    }
                    inflater.setInput(in.array(), 0, in.limit());
                } else if (inflater.finished() == false) {
                    throw entry.wrong("that does not inflate", "deflated bytes");
                }
            }
            if (inflater.getRemaining() > 0 || taken < entry.compressed()) {
                throw entry.wrong("with bytes behind its end", "none");
            }
        } catch (DataFormatException e) {
            throw new BundleException("zip: got entry [" + entry.name() + "] that does not inflate, expected deflated bytes: " + e.getMessage(), e);
        } finally {
            inflater.end();
        }
    }

    private void write(byte[] bytes, int length, OutputStream out, long fileLimit, long left) throws IOException {
        given += length;
        if (given > fileLimit) {
            throw entry.wrong("of more than " + fileLimit + " bytes", "at most so many");
        }
        if (given > left) {
            throw entry.wrong(
                "that makes the bundle larger than " + limits.bundleBytes() + " bytes",
                "at most so many (" + BundleLimits.MAX_BUNDLE_SIZE.getKey() + ")"
            );
        }
        if (given > entry.inflated()) {
            throw entry.wrong("of more than the " + entry.inflated() + " bytes that the zip says", "so many");
        }
        crc.update(bytes, 0, length);
        out.write(bytes, 0, length);
    }

    /** Reads the next compressed bytes; false where there are no more. */
    private boolean fill() throws IOException {
        in.clear().limit((int) Math.min(CHUNK_BYTES, entry.compressed() - taken));
        if (in.hasRemaining() == false) {
            return false;
        }
        while (in.hasRemaining() && zip.read(in) >= 0) {
            // fill up
        }
        if (in.hasRemaining()) {
            throw new BundleException("zip: got a file that became shorter while it was read, expected one that nobody writes to");
        }
        in.flip();
        taken += in.limit();
        return true;
    }
}
