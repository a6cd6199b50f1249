package org.neuralranking.model.bundle;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

import org.opensearch.test.OpenSearchTestCase;

/** The stream of a bundle, written and unpacked, whole and damaged. */
public class BundleFilesTests extends OpenSearchTestCase {

    private static Path bundle() throws IOException {
        Path directory = createTempDir();
        Files.write(directory.resolve("model.onnx"), randomByteArrayOfLength(between(0, 60)));
        for (String name : BundleFiles.NAMES.subList(1, BundleFiles.NAMES.size())) {
            if (name.equals("tokenizer.json") || name.equals("config.json") || randomBoolean()) {
                Files.write(directory.resolve(name), randomByteArrayOfLength(between(0, 20)));
            }
        }
        return directory;
    }

    private static byte[] stream(Path directory) throws IOException {
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        BundleFiles files = BundleFiles.in(directory.toRealPath(), directory, BundleLimits.DEFAULT);
        files.writeTo(stream);
        assertEquals(stream.size(), files.streamBytes());
        return stream.toByteArray();
    }

    private static Path unpack(byte[] stream) throws IOException {
        Path into = createTempDir();
        BundleFiles.unpack(new ByteArrayInputStream(stream), into, BundleLimits.DEFAULT);
        return into;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void assertRefused(String stream, String because) {
        BundleException refused = expectThrows(BundleException.class, () -> unpack(bytes(stream)));
        assertTrue(refused.getMessage(), refused.getMessage().contains(because));
    }

    public void testWhatIsUnpackedIsWhatWasWritten() throws IOException {
        for (int round = 0; round < 30; round++) {
            Path directory = bundle();
            Path unpacked = unpack(stream(directory));
            for (String name : BundleFiles.NAMES) {
                assertEquals(name, Files.exists(directory.resolve(name)), Files.exists(unpacked.resolve(name)));
                if (Files.exists(directory.resolve(name))) {
                    assertArrayEquals(name, Files.readAllBytes(directory.resolve(name)), Files.readAllBytes(unpacked.resolve(name)));
                }
            }
            assertEquals(BundleFiles.hash(directory), BundleFiles.hash(unpacked));
        }
    }

    public void testCutAnywhereItIsRefusedOrHasAnotherHash() throws IOException {
        Path directory = bundle();
        byte[] stream = stream(directory);
        for (int length = 0; length < stream.length; length++) {
            byte[] cut = Arrays.copyOf(stream, length);
            String got;
            try {
                got = BundleFiles.hash(unpack(cut));
            } catch (BundleException e) {
                continue; // refused
            }
            assertNotEquals("cut after " + length, BundleFiles.hash(directory), got);
        }
    }

    public void testAnyByteChangedItIsRefusedOrHasAnotherHash() throws IOException {
        Path directory = bundle();
        byte[] stream = stream(directory);
        for (int i = 0; i < stream.length; i++) {
            byte[] changed = stream.clone();
            changed[i] ^= (byte) (1 << between(0, 7));
            String got;
            try {
                got = BundleFiles.hash(unpack(changed));
            } catch (BundleException e) {
                continue; // refused
            }
            assertNotEquals("byte " + i, BundleFiles.hash(directory), got);
        }
    }

    public void testFramingIsChecked() {
        assertRefused("../evil\n1\nx", "got a file [../evil]");
        assertRefused("model.onnx\n-1\n", "got a length [-1]");
        assertRefused("model.onnx\n" + Long.MAX_VALUE + "\nx", "got [model.onnx] of 9223372036854775807 bytes");
        assertRefused("model.onnx\n9223372036854775808\nx", "got a length [9223372036854775808]");
        assertRefused("model.onnx\n\nx", "got a length []");
        assertRefused("model.onnx\n", "got a length [null]");
        assertRefused("model.onnx\n5\nabc", "2 bytes of [model.onnx] missing");
        assertRefused("model.onnx\n0\nmodel.onnx\n0\n", "got file [model.onnx] twice");
        assertRefused("x".repeat(100), "expected a file's name or length");
    }

    public void testBytesBehindAreRefused() throws IOException {
        byte[] stream = stream(bundle());
        byte[] longer = Arrays.copyOf(stream, stream.length + between(1, 100));
        expectThrows(BundleException.class, () -> unpack(longer));
    }
}
