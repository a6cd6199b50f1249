package org.neuralranking.model.bundle;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

import org.neuralranking.TestModels;
import org.opensearch.common.settings.Settings;
import org.opensearch.test.OpenSearchTestCase;

/** Zips that are bundles, and one wrong thing at a time in those that are none. */
public class BundleZipTests extends OpenSearchTestCase {

    private static final BundleLimits LIMITS = new BundleLimits(Settings.builder().put("neural_ranking.models.max_zip_entries", 20).build());

    /** What comes out of a zip, by name. */
    private static Map<String, String> extract(byte[] zip, BundleLimits limits) throws IOException {
        Map<String, ByteArrayOutputStream> files = new TreeMap<>();
        BundleZip.extract(new InMemory(zip), name -> {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            assertNull(files.put(name, out));
            return out;
        }, limits);
        Map<String, String> contents = new TreeMap<>();
        files.forEach((name, out) -> contents.put(name, out.toString(StandardCharsets.UTF_8)));
        return contents;
    }

    private static RawZip good() {
        RawZip zip = new RawZip();
        zip.add("model.onnx", "graph");
        zip.add("tokenizer.json", "tokens");
        zip.add("config.json", "config");
        return zip;
    }

    private static final Map<String, String> GOOD = Map.of("model.onnx", "graph", "tokenizer.json", "tokens", "config.json", "config");

    /** Where the third entry of {@link #good} begins; how far two letters of text deflate is the library's business. */
    private static final int CONFIG = new String(good().bytes(), StandardCharsets.ISO_8859_1).indexOf("config.json") - 30;
    private static final int LIST = CONFIG + 30 + "config.json".length() + good().entries.get(2).data.length;
    private static final int END = good().bytes().length - 22;

    private void accepted(Consumer<RawZip> change) throws IOException {
        RawZip zip = good();
        change.accept(zip);
        assertEquals(GOOD, extract(zip.bytes(), LIMITS));
    }

    private void refused(String reason, Consumer<RawZip> change) {
        RawZip zip = good();
        change.accept(zip);
        refused(reason, zip.bytes(), LIMITS);
    }

    private void refused(String reason, byte[] zip, BundleLimits limits) {
        BundleException refused = expectThrows(BundleException.class, () -> extract(zip, limits));
        assertEquals(reason, refused.getMessage());
    }

    public void testEachOfABundlesFilesComesOutAndNothingElse() throws IOException {
        accepted(zip -> {});
        accepted(zip -> zip.stored("README.md", "no".getBytes(StandardCharsets.UTF_8)));
        accepted(zip -> zip.directory("onnx/"));
        RawZip empty = new RawZip();
        empty.add("config.json", "");
        empty.stored("tokenizer.json", new byte[0]);
        assertEquals(Map.of("config.json", "", "tokenizer.json", ""), extract(empty.bytes(), LIMITS));
        accepted(zip -> zip.add("sub/model.onnx", "another"));
        accepted(zip -> zip.add("__MACOSX/._model.onnx", "extras"));
        accepted(zip -> zip.add("Ünïcode/日本語 😀.txt", "any"));
        accepted(zip -> zip.add("\u00e9", "one").flags = 0);
        accepted(zip -> zip.comment = "by somebody".getBytes(StandardCharsets.UTF_8));
        accepted(zip -> zip.gap = 16); // what streams put behind their data
        accepted(zip -> zip.zip64 = true);
        accepted(zip -> zip.entries.forEach(entry -> entry.mode = 0100644));
        accepted(zip -> zip.directory("d/").mode = 040755);
        accepted(zip -> zip.entries.forEach(entry -> entry.flags |= 1 << 3));
    }

    public void testTheFilesMayLieInOneDirectoryAndTheGraphInOnnx() throws IOException {
        for (String top : List.of("", "model/", "onnx/", "日本/")) {
            for (String graph : List.of("model.onnx", "onnx/model.onnx")) {
                RawZip zip = new RawZip();
                if (top.isEmpty() == false) {
                    zip.directory(top);
                }
                zip.add(top + graph, "graph");
                zip.add(top + "tokenizer.json", "tokens");
                zip.add(top + "config.json", "config");
                zip.add("__MACOSX/._model", "extras");
                assertEquals(top + graph, GOOD, extract(zip.bytes(), LIMITS));
            }
        }
        RawZip all = new RawZip();
        for (String name : List.of("model.onnx", "tokenizer.json", "config.json", "tokenizer_config.json", "idf.json", "neural-ranking.json", "golden.json")) {
            all.add("m/" + name, name);
        }
        assertEquals(6, extract(all.bytes(), LIMITS).size());
    }

    public void testWhatIsNoBundle() {
        String none = " entries and none of a bundle's files, expected model.onnx (or onnx/model.onnx), tokenizer.json and config.json at the top or all in one directory";
        refused("zip: got 0" + none, new RawZip().bytes(), LIMITS);
        RawZip deep = new RawZip();
        deep.add("a/b/model.onnx", "graph");
        refused("zip: got 1" + none, deep.bytes(), LIMITS);
        RawZip two = new RawZip();
        two.add("a/model.onnx", "graph");
        two.add("b/tokenizer.json", "tokens");
        refused("zip: got 2" + none, two.bytes(), LIMITS);
        refused("zip: got both [model.onnx] and [onnx/model.onnx], expected one graph", zip -> zip.add("onnx/model.onnx", "another"));
    }

    public void testNamesThatLeadElsewhere() {
        Map<String, String> names = new HashMap<>();
        for (String name : List.of("../x", "a/../x", "..", "a/..", "../model.onnx")) {
            names.put(name, "with [..] in its name, expected only names of files and directories");
        }
        for (String name : List.of("./x", "a/./x", ".")) {
            names.put(name, "with [.] in its name, expected only names of files and directories");
        }
        for (String name : List.of("a//x", "", "a//")) {
            names.put(name, "with [] in its name, expected only names of files and directories");
        }
        for (String name : List.of("/etc/passwd", "/", "//server/x", "C:/x", "c:x", "Z:")) {
            names.put(name, "with an absolute name, expected names below the zip's top");
        }
        for (String name : List.of("..\\x", "a\\x", "C:\\x", "\\\\server\\x")) {
            names.put(name, "with a backslash, expected names with slashes");
        }
        names.forEach((name, reason) -> {
            refused("zip: got entry [" + name + "] " + reason, zip -> zip.add(name, "x"));
            refused("zip: got entry [" + name + "] " + reason, zip -> zip.add(name, "x").flags = 0);
        });
        refused("zip: got a name with control characters [model.onnx?.txt], expected none", zip -> zip.add("model.onnx\0.txt", "x"));
        refused("zip: got a name with control characters [a?b], expected none", zip -> zip.add("a\nb", "x"));
        refused("zip: got a name of 5000 bytes, expected at most 4096", zip -> zip.add("n".repeat(5000), "x"));
    }

    public void testNamesThatAreTheSame() {
        String reason = ", expected names that differ in more than case or spelling";
        refused("zip: got entries [model.onnx] and [model.onnx]" + reason, zip -> zip.add("model.onnx", "another"));
        refused("zip: got entries [model.onnx] and [Model.ONNX]" + reason, zip -> zip.add("Model.ONNX", "another"));
        refused("zip: got entries [model.onnx] and [model.onnx/]" + reason, zip -> zip.directory("model.onnx/"));
        refused("zip: got entries [model.onnx] and [ｍodel.onnx]" + reason, zip -> zip.add("ｍodel.onnx", "another"));
        refused("zip: got entries [é] and [é]" + reason, zip -> {
            zip.add("é", "one");
            zip.add("é", "another");
        });
        refused("zip: got entries [straße] and [STRASSE]" + reason, zip -> {
            zip.add("straße", "one");
            zip.add("STRASSE", "another");
        });
    }

    public void testEntriesThatAreNoPlainFiles() {
        String reason = ", expected plain files and directories, no links";
        for (int type : new int[] { 0120000, 020000, 060000, 010000, 0140000 }) {
            String got = "of Unix type " + Integer.toOctalString(type);
            refused("zip: got entry [config.json] " + got + reason, zip -> zip.entries.get(2).mode = type | 0777);
            refused("zip: got entry [other] " + got + reason, zip -> zip.add("other", "/etc/passwd").mode = type | 0777);
        }
        refused("zip: got entry [d] of Unix type 40000" + reason, zip -> zip.add("d", "").mode = 040755);
        refused("zip: got entry [d/] of Unix type 100000" + reason, zip -> zip.directory("d/").mode = 0100644);
        refused("zip: got entry [d/] a directory of 3 bytes, expected directories without bytes", zip -> zip.add("d/", "abc"));
        refused("zip: got entry [other] encrypted, expected a zip without a password", zip -> zip.add("other", "x").flags |= 1);
        for (int method : new int[] { 1, 9, 12, 14, 93, 95, 99 }) {
            refused(
                "zip: got entry [other] compressed with method " + method + ", expected stored (0) or deflated (8)",
                zip -> zip.add("other", "x").method = method
            );
        }
    }

    private static BundleLimits limits(String setting, Object value) {
        return new BundleLimits(Settings.builder().put("neural_ranking.models." + setting, value.toString()).build());
    }

    public void testLimits() throws IOException {
        refused("zip: got entry [model.onnx] of more than 4 bytes, expected at most so many", good().bytes(), limits("max_graph_size", "4b"));
        assertEquals(GOOD, extract(good().bytes(), limits("max_graph_size", "5b")));
        refused("zip: got entry [tokenizer.json] of more than 5 bytes, expected at most so many", good().bytes(), limits("max_json_size", "5b"));
        assertEquals(GOOD, extract(good().bytes(), limits("max_json_size", "6b")));
        refused("zip: got 3 entries, expected at most 2", good().bytes(), limits("max_zip_entries", 2));
        assertEquals(GOOD, extract(good().bytes(), limits("max_zip_entries", 3)));
        refused(
            "zip: got entry [config.json] of 6 bytes after 11, expected at most 16 together (neural_ranking.models.max_bundle_size)",
            good().bytes(),
            limits("max_bundle_size", "16b")
        );
        assertEquals(GOOD, extract(good().bytes(), limits("max_bundle_size", "17b")));
    }

    public void testWhatInflatesTooMuch() throws IOException {
        byte[] zeros = new byte[8 << 20];
        String reason = " that inflates more than 100 times, expected less (neural_ranking.models.max_compression_ratio)";
        refused("zip: got entry [other]" + reason, zip -> zip.add("other", zeros));
        accepted(zip -> zip.add("other", new byte[1 << 20])); // too small to do harm
        RawZip allowed = good();
        allowed.add("other", zeros);
        assertEquals(GOOD, extract(allowed.bytes(), limits("max_compression_ratio", 1032)));
    }

    public void testSizesAreCountedNotBelieved() {
        byte[] zeros = new byte[8 << 20];
        // says that it is small
        refused("zip: got entry [model.onnx] of more than the 5 bytes that the zip says, expected so many", zip -> lie(zip, zeros, 5));
        // says that it has many compressed bytes, which belong to nobody
        refused(
            "zip: got entry [model.onnx] that inflates more than 100 times, expected less (neural_ranking.models.max_compression_ratio)",
            zip -> {
                lie(zip, zeros, zeros.length);
                RawZip.Entry graph = zip.entries.getFirst();
                graph.data = Arrays.copyOf(graph.data, 1 << 20);
                graph.compressed = graph.data.length;
            }
        );
        refused(
            "zip: got entry [model.onnx] of 5 bytes with another checksum or length than the zip says, expected an undamaged file of 6 bytes",
            zip -> zip.entries.getFirst().inflated = 6
        );
        refused(
            "zip: got entry [model.onnx] of 5 bytes with another checksum or length than the zip says, expected an undamaged file of 5 bytes",
            zip -> zip.entries.getFirst().crc++
        );
        refused("zip: got entry [model.onnx] stored in 5 bytes for a file of 9, expected equal sizes", zip -> {
            zip.entries.removeFirst();
            zip.stored("model.onnx", new byte[5]).inflated = 9;
        });
        refused("zip: got entry [model.onnx] with bytes behind its end, expected none", zip -> {
            RawZip.Entry graph = zip.entries.getFirst();
            graph.data = Arrays.copyOf(graph.data, graph.data.length + 1);
            graph.compressed++;
        });
        refused("zip: got entry [model.onnx] that ends in the middle, expected all of it", zip -> zip.entries.getFirst().compressed--);
        BundleException noDeflate = expectThrows(BundleException.class, () -> {
            RawZip zip = good();
            Arrays.fill(zip.entries.getFirst().data, (byte) 0xFF);
            extract(zip.bytes(), LIMITS);
        });
        assertTrue(noDeflate.getMessage(), noDeflate.getMessage().startsWith("zip: got entry [model.onnx] that does not inflate, expected deflated bytes"));
    }

    private static void lie(RawZip zip, byte[] content, int inflated) {
        zip.entries.removeFirst();
        zip.add("model.onnx", content).inflated = inflated;
        zip.entries.addFirst(zip.entries.removeLast());
    }

    public void testEntriesShareNoBytes() {
        refused("zip: got entries [config.json] and [config.json] that share bytes from byte " + CONFIG + ", expected entries one after the other", zip -> {
            zip.add("config.json", "config").local = CONFIG;
        });
        RawZip quoted = new RawZip(); // a stored entry around a whole other one, header included
        RawZip inner = new RawZip();
        inner.add("config.json", "config");
        byte[] whole = inner.bytes();
        quoted.stored("model.onnx", whole);
        RawZip.Entry config = quoted.add("config.json", "config");
        config.local = 30 + "model.onnx".length();
        refused("zip: got entries [model.onnx] and [config.json] that share bytes from byte 40, expected entries one after the other", quoted.bytes(), LIMITS);
    }

    public void testTheTwoHeadersOfAnEntryAgree() {
        refused("zip: got entry [config.json] that is called [secret.json] at byte " + CONFIG + ", expected one name", zip -> zip.entries.get(2).localName = "secret.json");
        refused("zip: got entry [config.json] that is another one at byte " + CONFIG + ", expected what the list of entries says", zip -> zip.entries.get(2).localMethod = 0);
        refused("zip: got entry [config.json] that is another one at byte " + CONFIG + ", expected what the list of entries says", zip -> zip.entries.get(2).localFlags = ZipName.UTF_8 | 1);
        refused("zip: got entry [config.json] that is another one at byte 3, expected what the list of entries says", zip -> zip.entries.get(2).local = 3);
        refused("zip: got entry [config.json] at byte 99999, expected it before the list of entries, at byte " + LIST, zip -> zip.entries.get(2).local = 99999);
        refused("zip: got entry [config.json] in part 1 of a zip that is split over several files, expected a whole zip", zip -> zip.entries.get(2).disk = 1);
        refused("zip: got entry [config.json] without its 64-bit sizes, expected them", zip -> zip.entries.get(2).inflated = 0xFFFFFFFFL);
    }

    public void testLargeSizesMayStandInTheField64() throws IOException {
        accepted(zip -> {
            RawZip.Entry config = zip.entries.get(2);
            RawZip extra = new RawZip().two(0x5455).two(2).two(0).two(1).two(16).eight(config.inflated).eight(config.compressed);
            config.extra = extra.out.toByteArray();
            config.inflated = 0xFFFFFFFFL;
            config.compressed = 0xFFFFFFFFL;
        });
    }

    public void testTheEndOfTheZip() throws IOException {
        refused("zip: got a file of 5 bytes, expected a zip", new byte[5], LIMITS);
        refused("zip: got a file without a list of entries at its end (truncated?), expected a zip", new byte[500], LIMITS);
        refused("zip: got one part of a zip that is split over several files, expected a whole zip", zip -> zip.disk = 1);
        refused("zip: got 46 bytes from byte " + END + ", expected no more than up to byte " + END + " (truncated?)", zip -> zip.listedEntries = 4);
        refused("zip: got 57 bytes behind 2 entries, expected none", zip -> zip.listedEntries = 2);
        refused("zip: got 4294967296 entries, expected at most 20", zip -> {
            zip.zip64 = true;
            zip.listedEntries = 1L << 32;
        });
        refused("zip: got two records that could be the end of the list of entries, expected one", zip -> {
            byte[] second = new RawZip().bytes();
            zip.comment = second;
        });
        byte[] good = good().bytes();
        byte[] before = new byte[good.length + 10];
        System.arraycopy(good, 0, before, 10, good.length);
        BundleException prefixed = expectThrows(BundleException.class, () -> extract(before, LIMITS));
        assertTrue(prefixed.getMessage(), prefixed.getMessage().contains("expected it to end where its end record begins"));
        for (int length = 0; length < good.length; length++) {
            byte[] cut = Arrays.copyOf(good, length);
            expectThrows(BundleException.class, () -> extract(cut, LIMITS));
        }
    }

    public void testARealBundleComesOutAsItWasAndCanBeRead() throws IOException {
        Path zip = createTempDir().resolve("m.zip");
        Path model = TestModels.directory("toy-sparse");
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip)); Stream<Path> files = Files.list(model)) {
            out.putNextEntry(new java.util.zip.ZipEntry("toy/"));
            out.closeEntry();
            for (Path file : files.toList()) {
                out.putNextEntry(new java.util.zip.ZipEntry("toy/" + file.getFileName()));
                out.write(Files.readAllBytes(file));
                out.closeEntry();
            }
        }
        Path root = createTempDir();
        Path into = Files.createDirectory(root.resolve("m"));
        BundleZip.extract(zip, into, BundleLimits.DEFAULT);
        assertEquals(Bundle.read(model.getParent(), "toy-sparse", BundleLimits.DEFAULT).hash(), Bundle.read(root, "m", BundleLimits.DEFAULT).hash());
        assertTrue("nothing else", Files.notExists(into.resolve("golden.json")));
        try (ZipFile library = new ZipFile(zip.toFile())) { // the oracle
            for (String name : List.of("model.onnx", "tokenizer.json", "config.json", "idf.json")) {
                try (InputStream in = library.getInputStream(library.getEntry("toy/" + name))) {
                    assertArrayEquals(in.readAllBytes(), Files.readAllBytes(into.resolve(name)));
                }
            }
        }
    }

    public void testARefusalLeavesNothingBehind() throws IOException {
        RawZip zip = good();
        zip.entries.get(2).crc++;
        Path file = createTempDir().resolve("m.zip");
        Files.write(file, zip.bytes());
        Path into = createTempDir().resolve("into");
        Files.createDirectory(into);
        expectThrows(BundleException.class, () -> BundleZip.extract(file, into, LIMITS));
        try (Stream<Path> left = Files.list(into)) {
            assertEquals(List.of(), left.filter(path -> path.getFileName().toString().startsWith("extra") == false).toList());
        }
    }
}
