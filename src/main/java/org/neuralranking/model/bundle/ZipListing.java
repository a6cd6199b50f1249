package org.neuralranking.model.bundle;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The entries of a zip as its central directory lists them (PKWARE's APPNOTE 6.3.10; the section numbers below are its own), read strictly:
 * a zip that two readers could read in two ways is refused. So is one with bytes that belong to two entries, the way to write a small
 * zip that inflates to petabytes. Nothing is kept but the entries, and those are counted first.
 */
final class ZipListing {

    private static final int LOCAL_HEADER = 0x04034b50;
    private static final int CENTRAL_HEADER = 0x02014b50;
    private static final int END = 0x06054b50;
    private static final int END_64 = 0x06064b50;
    private static final int END_64_LOCATOR = 0x07064b50;
    private static final int LOCAL_HEADER_BYTES = 30;
    private static final int CENTRAL_HEADER_BYTES = 46;
    private static final int END_BYTES = 22;
    private static final int END_64_BYTES = 56;
    private static final int END_64_LOCATOR_BYTES = 20;
    private static final int MAX_COMMENT_BYTES = 0xFFFF;
    private static final int ZIP_64_EXTRA = 1;
    /** The bits that change what an entry is; the others say how hard its writer tried, and where its sizes stand once more. */
    private static final int FLAGS_THAT_MATTER = ZipEntry.ENCRYPTED | ZipName.UTF_8;
    /** In a field of 32 or 16 bits: look in the field of 64 bits. */
    private static final long SEE_64 = 0xFFFFFFFFL;
    private static final int SEE_64_SHORT = 0xFFFF;

    private final SeekableByteChannel zip;
    private final long size;
    private final BundleLimits limits;

    private ZipListing(SeekableByteChannel zip, BundleLimits limits) throws IOException {
        this.zip = zip;
        this.size = zip.size();
        this.limits = limits;
    }

    /** Where the central directory lies, and how many entries it has. */
    private record Directory(long offset, long end, long entries) {}

    /** @throws BundleException if the file is no whole, unambiguous zip */
    static List<ZipEntry> read(SeekableByteChannel zip, BundleLimits limits) throws IOException {
        ZipListing listing = new ZipListing(zip, limits);
        Directory directory = listing.directory();
        if (directory.entries > limits.zipEntries()) {
            throw new BundleException("zip: got " + directory.entries + " entries, expected at most " + limits.zipEntries());
        }
        List<ZipEntry> entries = listing.entries(directory);
        checkApart(entries, directory.offset);
        return entries;
    }

    /** 4.3.16: the end record is the last thing in the file, but for a comment of up to 64 KiB. */
    private Directory directory() throws IOException {
        int tailBytes = (int) Math.min(size, END_BYTES + MAX_COMMENT_BYTES);
        if (tailBytes < END_BYTES) {
            throw new BundleException("zip: got a file of " + size + " bytes, expected a zip");
        }
        ByteBuffer tail = bytes(size - tailBytes, tailBytes);
        int found = -1;
        for (int at = tailBytes - END_BYTES; at >= 0; at--) {
            if (tail.getInt(at) == END && unsigned(tail.getShort(at + 20)) == tailBytes - END_BYTES - at) {
                if (found >= 0) {
                    throw new BundleException("zip: got two records that could be the end of the list of entries, expected one");
                }
                found = at;
            }
        }
        if (found < 0) {
            throw new BundleException("zip: got a file without a list of entries at its end (truncated?), expected a zip");
        }
        long endOffset = size - tailBytes + found;
        int disk = unsigned(tail.getShort(found + 4));
        int entriesHere = unsigned(tail.getShort(found + 8));
        int entries = unsigned(tail.getShort(found + 10));
        long bytes = unsigned(tail.getInt(found + 12));
        long offset = unsigned(tail.getInt(found + 16));
        if (disk != 0 || entriesHere != entries) {
            throw new BundleException("zip: got one part of a zip that is split over several files, expected a whole zip");
        }
        Directory directory = directory64(endOffset);
        if (directory == null) {
            return directory(offset, bytes, entries, endOffset);
        }
        if (entries != SEE_64_SHORT && entries != directory.entries || offset != SEE_64 && offset != directory.offset) {
            throw new BundleException("zip: got two end records that contradict each other, expected one list of entries");
        }
        return directory;
    }

    /** 4.3.14 and 4.3.15; null where there is none */
    private Directory directory64(long endOffset) throws IOException {
        long locatorOffset = endOffset - END_64_LOCATOR_BYTES;
        if (locatorOffset < END_64_BYTES) {
            return null;
        }
        ByteBuffer locator = bytes(locatorOffset, END_64_LOCATOR_BYTES);
        if (locator.getInt(0) != END_64_LOCATOR) {
            return null;
        }
        long recordOffset = locator.getLong(8);
        if (recordOffset != locatorOffset - END_64_BYTES) {
            throw new BundleException("zip: got the record of 64-bit sizes at byte " + recordOffset + ", expected it before the end, at byte " + (locatorOffset - END_64_BYTES));
        }
        ByteBuffer record = bytes(recordOffset, END_64_BYTES);
        if (record.getInt(0) != END_64 || record.getInt(16) != 0 || record.getLong(24) != record.getLong(32)) {
            throw new BundleException("zip: got a broken record of 64-bit sizes at byte " + recordOffset + ", expected that of a whole zip");
        }
        return directory(record.getLong(48), record.getLong(40), record.getLong(32), recordOffset);
    }

    private static Directory directory(long offset, long bytes, long entries, long end) {
        if (offset < 0 || bytes < 0 || entries < 0 || offset > end || bytes != end - offset) {
            throw new BundleException(
                "zip: got a list of entries of " + bytes + " bytes from byte " + offset + ", expected it to end where its end record begins, at byte " + end
            );
        }
        return new Directory(offset, end, entries);
    }

    /** 4.3.12 */
    private List<ZipEntry> entries(Directory directory) throws IOException {
        List<ZipEntry> entries = new ArrayList<>();
        long at = directory.offset;
        for (long i = 0; i < directory.entries; i++) {
            ByteBuffer header = within(at, CENTRAL_HEADER_BYTES, directory.end);
            if (header.getInt(0) != CENTRAL_HEADER) {
                throw new BundleException("zip: got something else at byte " + at + ", expected entry " + (i + 1) + " of " + directory.entries);
            }
            int nameBytes = unsigned(header.getShort(28));
            int extraBytes = unsigned(header.getShort(30));
            int commentBytes = unsigned(header.getShort(32));
            at += CENTRAL_HEADER_BYTES;
            String name = ZipName.of(within(at, nameBytes, directory.end), flag(header.getShort(8), ZipName.UTF_8));
            ByteBuffer extra = within(at + nameBytes, extraBytes, directory.end);
            at += nameBytes + extraBytes + commentBytes;
            entries.add(entry(name, header, extra, directory));
        }
        if (at != directory.end) {
            throw new BundleException("zip: got " + (directory.end - at) + " bytes behind " + directory.entries + " entries, expected none");
        }
        return entries;
    }

    private ZipEntry entry(String name, ByteBuffer header, ByteBuffer extra, Directory directory) throws IOException {
        long inflated = unsigned(header.getInt(24));
        long compressed = unsigned(header.getInt(20));
        long local = unsigned(header.getInt(42));
        int disk = unsigned(header.getShort(34));
        if (inflated == SEE_64 || compressed == SEE_64 || local == SEE_64) {
            ByteBuffer sizes = sizes64(name, extra);
            inflated = inflated == SEE_64 ? next64(sizes, name) : inflated;
            compressed = compressed == SEE_64 ? next64(sizes, name) : compressed;
            local = local == SEE_64 ? next64(sizes, name) : local;
        }
        if (disk != 0 && disk != SEE_64_SHORT) {
            throw new BundleException("zip: got entry [" + name + "] in part " + disk + " of a zip that is split over several files, expected a whole zip");
        }
        int flags = unsigned(header.getShort(8));
        int method = unsigned(header.getShort(10));
        if (local > directory.offset) {
            throw new BundleException("zip: got entry [" + name + "] at byte " + local + ", expected it before the list of entries, at byte " + directory.offset);
        }
        // 4.3.7: the same things once more, before the data
        ByteBuffer again = within(local, LOCAL_HEADER_BYTES, directory.offset);
        int nameBytes = unsigned(again.getShort(26));
        long data = local + LOCAL_HEADER_BYTES + nameBytes + unsigned(again.getShort(28));
        boolean sameFlags = ((unsigned(again.getShort(6)) ^ flags) & FLAGS_THAT_MATTER) == 0;
        if (again.getInt(0) != LOCAL_HEADER || sameFlags == false || unsigned(again.getShort(8)) != method) {
            throw new BundleException("zip: got entry [" + name + "] that is another one at byte " + local + ", expected what the list of entries says");
        }
        String nameAgain = ZipName.of(within(local + LOCAL_HEADER_BYTES, nameBytes, directory.offset), flag(again.getShort(6), ZipName.UTF_8));
        if (nameAgain.equals(name) == false) {
            throw new BundleException("zip: got entry [" + name + "] that is called [" + nameAgain + "] at byte " + local + ", expected one name");
        }
        if (compressed < 0 || inflated < 0 || data > directory.offset || compressed > directory.offset - data) {
            throw new BundleException(
                "zip: got entry [" + name + "] of " + compressed + " bytes from byte " + data + ", expected it to end before the list of entries, at byte " + directory.offset
            );
        }
        int mode = header.getInt(38) >>> 16;
        return new ZipEntry(name, flags, method, header.getInt(16), compressed, inflated, local, data, mode);
    }

    /** 4.5.3 */
    private static ByteBuffer sizes64(String name, ByteBuffer extra) {
        while (extra.remaining() >= 4) {
            int id = unsigned(extra.getShort());
            int bytes = unsigned(extra.getShort());
            if (bytes > extra.remaining()) {
                break;
            }
            if (id == ZIP_64_EXTRA) {
                return extra.slice(extra.position(), bytes).order(ByteOrder.LITTLE_ENDIAN);
            }
            extra.position(extra.position() + bytes);
        }
        throw new BundleException("zip: got entry [" + name + "] without its 64-bit sizes, expected them");
    }

    private static long next64(ByteBuffer sizes, String name) {
        if (sizes.remaining() < Long.BYTES) {
            throw new BundleException("zip: got entry [" + name + "] without its 64-bit sizes, expected them");
        }
        return sizes.getLong();
    }

    private static void checkApart(List<ZipEntry> entries, long end) {
        List<ZipEntry> inOrder = new ArrayList<>(entries);
        inOrder.sort(Comparator.comparingLong(ZipEntry::local));
        for (int i = 1; i < inOrder.size(); i++) {
            ZipEntry before = inOrder.get(i - 1);
            ZipEntry entry = inOrder.get(i);
            if (entry.local() < before.data() + before.compressed()) {
                throw new BundleException(
                    "zip: got entries [" + before.name() + "] and [" + entry.name() + "] that share bytes from byte " + entry.local() + ", expected entries one after the other"
                );
            }
        }
    }

    private ByteBuffer within(long offset, int bytes, long end) throws IOException {
        if (offset < 0 || bytes > end - offset) {
            throw new BundleException("zip: got " + bytes + " bytes from byte " + offset + ", expected no more than up to byte " + end + " (truncated?)");
        }
        return bytes(offset, bytes);
    }

    private ByteBuffer bytes(long offset, int bytes) throws IOException {
        if (offset < 0 || bytes > size - offset) {
            throw new BundleException("zip: got a file of " + size + " bytes, expected more (truncated?)");
        }
        ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        zip.position(offset);
        while (buffer.hasRemaining() && zip.read(buffer) >= 0) {
            // fill up
        }
        if (buffer.hasRemaining()) {
            throw new BundleException("zip: got a file that became shorter while it was read, expected one that nobody writes to");
        }
        return buffer.flip();
    }

    private static boolean flag(short flags, int bit) {
        return (flags & bit) != 0;
    }

    private static int unsigned(short value) {
        return Short.toUnsignedInt(value);
    }

    private static long unsigned(int value) {
        return Integer.toUnsignedLong(value);
    }
}
