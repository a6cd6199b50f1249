package org.neuralranking.model.bundle;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Takes a bundle out of a zip. Every entry is checked, those that do not matter to a bundle too; only those that matter are inflated, and
 * what they inflate to is counted, not believed.
 * <p>
 * Read with our own {@link ZipListing}, because libraries hold all entries in memory before one can count them, and take what
 * contradicts itself.
 */
public final class BundleZip {

    private static final String NESTED_GRAPH = "onnx/" + BundleFiles.GRAPH;
    /** What macOS puts beside everything. */
    private static final String MAC_EXTRAS = "__MACOSX/";
    private static final Set<String> FILES = Set.copyOf(BundleFiles.NAMES);

    private BundleZip() {}

    /**
     * Puts the files of a bundle, and nothing else, into a directory: {@code model.onnx} (also where it lay in {@code onnx/}) and the JSON
     * files beside it. They may lie at the zip's top or all in one directory there.
     *
     * @param into   exists and is empty; after a refusal it is empty again
     * @param limits sizes, number of entries and compression ratio beyond which the zip is refused
     * @throws BundleException if the zip is broken, not a bundle, or of a kind that could do harm
     */
    public static void extract(Path zip, Path into, BundleLimits limits) throws IOException {
        List<Path> written = new ArrayList<>();
        try (SeekableByteChannel channel = Files.newByteChannel(zip)) {
            extract(channel, file -> {
                Path target = into.resolve(file);
                OutputStream out = Files.newOutputStream(target, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                written.add(target);
                return out;
            }, limits);
        } catch (Exception e) {
            for (Path file : written) {
                Files.deleteIfExists(file);
            }
            throw e;
        }
    }

    /** Where files go, by the name that they have in a bundle. */
    interface Target {
        OutputStream open(String file) throws IOException;
    }

    static void extract(SeekableByteChannel zip, Target target, BundleLimits limits) throws IOException {
        List<ZipEntry> entries = ZipListing.read(zip, limits);
        checkAll(entries, limits);
        long left = limits.bundleBytes();
        for (Map.Entry<String, ZipEntry> file : files(entries).entrySet()) {
            try (OutputStream out = target.open(file.getKey())) {
                left -= new ZipInflater(zip, file.getValue(), limits).copy(out, limits.bytes(file.getKey()), left);
            }
        }
    }

    private static void checkAll(List<ZipEntry> entries, BundleLimits limits) {
        Map<String, String> names = new HashMap<>();
        long total = 0;
        for (ZipEntry entry : entries) {
            entry.check(limits);
            String other = names.putIfAbsent(ZipName.folded(entry.name()), entry.name());
            if (other != null) {
                throw new BundleException("zip: got entries [" + other + "] and [" + entry.name() + "], expected names that differ in more than case or spelling");
            }
            if (entry.inflated() > limits.bundleBytes() - total) {
                throw entry.wrong(
                    "of " + entry.inflated() + " bytes after " + total,
                    "at most " + limits.bundleBytes() + " together (" + BundleLimits.MAX_BUNDLE_SIZE.getKey() + ")"
                );
            }
            total += entry.inflated();
        }
    }

    /** The entries that matter, by the name that they have in a bundle. */
    private static Map<String, ZipEntry> files(List<ZipEntry> entries) {
        String top = top(entries);
        Map<String, ZipEntry> files = new LinkedHashMap<>();
        for (ZipEntry entry : entries) {
            if (entry.isDirectory() || entry.name().startsWith(top) == false) {
                continue;
            }
            String name = entry.name().substring(top.length());
            String file = name.equals(NESTED_GRAPH) ? BundleFiles.GRAPH : name;
            if (FILES.contains(file) == false) {
                continue;
            }
            if (files.put(file, entry) != null) {
                throw new BundleException("zip: got both [" + top + BundleFiles.GRAPH + "] and [" + top + NESTED_GRAPH + "], expected one graph");
            }
        }
        if (files.isEmpty()) {
            throw new BundleException(
                "zip: got " + entries.size() + " entries and none of a bundle's files, expected model.onnx (or onnx/model.onnx), tokenizer.json and config.json"
                    + " at the top or all in one directory"
            );
        }
        return files;
    }

    /** Empty, or the one directory with its slash that everything lies in. */
    private static String top(List<ZipEntry> entries) {
        String top = null;
        for (ZipEntry entry : entries) {
            if (entry.name().startsWith(MAC_EXTRAS)) {
                continue;
            }
            String first = entry.name().substring(0, entry.name().indexOf('/') + 1);
            if (first.isEmpty() || top != null && top.equals(first) == false) {
                return "";
            }
            top = first;
        }
        return top == null ? "" : top;
    }
}
