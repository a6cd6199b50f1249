package org.neuralranking.model.bundle;

/**
 * What a zip says of one of its entries; nothing of it is believed before it has been seen.
 *
 * @param name       as {@link ZipName} lets it through; directories end with a slash
 * @param flags      general purpose bits
 * @param method     of compression
 * @param crc        CRC-32 of the inflated bytes
 * @param compressed bytes in the zip
 * @param inflated   bytes of the file
 * @param local      where its own header begins
 * @param data       where its compressed bytes begin
 * @param mode       Unix mode, 0 where none is given
 */
record ZipEntry(String name, int flags, int method, int crc, long compressed, long inflated, long local, long data, int mode) {

    /** Bit of the flags. */
    static final int ENCRYPTED = 1;
    static final int STORED = 0;
    static final int DEFLATED = 8;

    private static final int FILE_TYPE = 0xF000;
    private static final int REGULAR = 0x8000;
    private static final int DIRECTORY = 0x4000;

    boolean isDirectory() {
        return name.endsWith("/");
    }

    /** @throws BundleException if the entry is of a kind that has no place in a bundle, whether it matters there or not */
    void check(BundleLimits limits) {
        int type = mode & FILE_TYPE;
        if (type != 0 && type != (isDirectory() ? DIRECTORY : REGULAR)) {
            throw wrong("of Unix type " + Integer.toOctalString(type), "plain files and directories, no links");
        }
        if ((flags & ENCRYPTED) != 0) {
            throw wrong("encrypted", "a zip without a password");
        }
        if (method != STORED && method != DEFLATED) {
            throw wrong("compressed with method " + method, "stored (0) or deflated (8)");
        }
        if (isDirectory() && (compressed > 2 || inflated != 0)) { // deflating nothing takes two bytes
            throw wrong("a directory of " + inflated + " bytes", "directories without bytes");
        }
        if (method == STORED && compressed != inflated) {
            throw wrong("stored in " + compressed + " bytes for a file of " + inflated, "equal sizes");
        }
        if (tooDense(inflated, compressed, limits)) {
            throw tooDense(limits);
        }
    }

    /** Whether so many bytes are more than so many compressed ones may become. */
    static boolean tooDense(long inflated, long compressed, BundleLimits limits) {
        return inflated > BundleLimits.RATIO_FREE_BYTES && inflated / limits.compressionRatio() > compressed;
    }

    BundleException tooDense(BundleLimits limits) {
        return wrong(
            "that inflates more than " + limits.compressionRatio() + " times",
            "less (" + BundleLimits.MAX_COMPRESSION_RATIO.getKey() + ")"
        );
    }

    BundleException wrong(String got, String expected) {
        return new BundleException("zip: got entry [" + name + "] " + got + ", expected " + expected);
    }
}
