package org.neuralranking.model.bundle;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Writes zips byte by byte, right unless a field is made wrong. */
public final class RawZip {

    public static final class Entry {
        String name;
        String localName;
        public int flags = ZipName.UTF_8;
        int localFlags = -1;
        int method = ZipEntry.DEFLATED;
        int localMethod = -1;
        int crc;
        byte[] data;
        long compressed;
        long inflated;
        public long mode;
        long local = -1;
        byte[] extra = {};
        int disk;

        public String name() {
            return name;
        }
    }

    public final List<Entry> entries = new ArrayList<>();
    final ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] comment = {};
    /** Whether the end is written with 64-bit sizes too, and the 32-bit ones point there. */
    boolean zip64;
    long listedEntries = -1;
    int disk;
    int gap;

    public Entry add(String name, byte[] content) {
        Entry entry = new Entry();
        entry.name = name;
        CRC32 crc = new CRC32();
        crc.update(content);
        entry.crc = (int) crc.getValue();
        entry.data = deflated(content);
        entry.compressed = entry.data.length;
        entry.inflated = content.length;
        entries.add(entry);
        return entry;
    }

    public Entry add(String name, String content) {
        return add(name, content.getBytes(StandardCharsets.UTF_8));
    }

    Entry stored(String name, byte[] content) {
        Entry entry = add(name, content);
        entry.method = ZipEntry.STORED;
        entry.data = content;
        entry.compressed = content.length;
        return entry;
    }

    Entry directory(String name) {
        return stored(name, new byte[0]);
    }

    static byte[] deflated(byte[] content) {
        Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
        deflater.setInput(content);
        deflater.finish();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] chunk = new byte[1 << 16];
        while (deflater.finished() == false) {
            out.write(chunk, 0, deflater.deflate(chunk));
        }
        deflater.end();
        return out.toByteArray();
    }

    public byte[] bytes() {
        long[] offsets = new long[entries.size()];
        for (int i = 0; i < offsets.length; i++) {
            offsets[i] = out.size();
            local(entries.get(i));
            out.writeBytes(new byte[gap]);
        }
        long directory = out.size();
        for (int i = 0; i < offsets.length; i++) {
            central(entries.get(i), offsets[i]);
        }
        end(directory, out.size() - directory);
        return out.toByteArray();
    }

    private void local(Entry e) {
        byte[] name = (e.localName == null ? e.name : e.localName).getBytes(StandardCharsets.UTF_8);
        four(0x04034b50).two(20).two(e.localFlags < 0 ? e.flags : e.localFlags).two(e.localMethod < 0 ? e.method : e.localMethod).four(0);
        four(e.crc).four(e.compressed).four(e.inflated).two(name.length).two(0);
        out.writeBytes(name);
        out.writeBytes(e.data);
    }

    private void central(Entry e, long offset) {
        byte[] name = e.name.getBytes(StandardCharsets.UTF_8);
        four(0x02014b50).two(3 << 8 | 20).two(20).two(e.flags).two(e.method).four(0);
        four(e.crc).four(e.compressed).four(e.inflated).two(name.length).two(e.extra.length).two(0).two(e.disk).two(0).four(e.mode << 16);
        four(e.local < 0 ? offset : e.local);
        out.writeBytes(name);
        out.writeBytes(e.extra);
    }

    private void end(long directory, long bytes) {
        long count = listedEntries < 0 ? entries.size() : listedEntries;
        if (zip64) {
            long record = out.size();
            four(0x06064b50).eight(44).two(45).two(45).four(0).four(0).eight(count).eight(count).eight(bytes).eight(directory);
            four(0x07064b50).four(0).eight(record).four(1);
        }
        four(0x06054b50).two(disk).two(0).two(zip64 ? 0xFFFF : count).two(zip64 ? 0xFFFF : count);
        four(zip64 ? -1 : bytes).four(zip64 ? -1 : directory).two(comment.length);
        out.writeBytes(comment);
    }

    RawZip two(long value) {
        return number(value, 2);
    }

    RawZip four(long value) {
        return number(value, 4);
    }

    RawZip eight(long value) {
        return number(value, 8);
    }

    private RawZip number(long value, int bytes) {
        for (int i = 0; i < bytes; i++) {
            out.write((int) (value >>> 8 * i));
        }
        return this;
    }
}
