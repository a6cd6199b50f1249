package org.neuralranking;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

import org.junit.Test;
import org.neuralranking.node.PluginZip;

import ai.onnxruntime.OrtEnvironment;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

/** Both zips carry ONNX Runtime as it was published, but for the name under which Linux knows its libraries. */
public class PackedLibrariesIT {

    private static final String PUBLISHED = "libonnxruntime.so.1";
    private static final String OWN = "libneural-onnx.so.1";
    private static final String NATIVES = "ai/onnxruntime/native/";

    @Test
    public void theSmallZip() throws IOException {
        Set<String> seen = new HashSet<>();
        try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(PluginZip.LINUX.file()))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                String file = Path.of(entry.getName()).getFileName().toString();
                if (file.startsWith("libonnxruntime")) {
                    checkRenamed("linux-x64/" + file, zip.readAllBytes());
                    seen.add(file);
                }
            }
        }
        assertEquals(Set.of("libonnxruntime.so", "libonnxruntime4j_jni.so"), seen);
    }

    @Test
    public void theZipOfAllPlatforms() throws IOException {
        Set<String> renamed = new HashSet<>();
        Set<String> asPublished = new HashSet<>();
        try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(PluginZip.ALL.file()))) {
            ZipEntry entry = zip.getNextEntry();
            while (entry.getName().equals("onnxruntime-1.28.0.jar") == false) {
                entry = zip.getNextEntry();
            }
            ZipInputStream jar = new ZipInputStream(zip); // closing it closes the zip
            for (ZipEntry inJar = jar.getNextEntry(); inJar != null; inJar = jar.getNextEntry()) {
                if (inJar.isDirectory() || inJar.getName().startsWith(NATIVES) == false) {
                    continue;
                }
                String file = inJar.getName().substring(NATIVES.length());
                if (file.startsWith("linux-")) {
                    checkRenamed(file, jar.readAllBytes());
                    renamed.add(file);
                } else {
                    assertArrayEquals(file, published(file), jar.readAllBytes());
                    asPublished.add(file);
                }
            }
        }
        assertEquals(
            Set.of(
                "linux-x64/libonnxruntime.so",
                "linux-x64/libonnxruntime4j_jni.so",
                "linux-aarch64/libonnxruntime.so",
                "linux-aarch64/libonnxruntime4j_jni.so"
            ),
            renamed
        );
        assertTrue(asPublished.toString(), asPublished.contains("win-x64/onnxruntime.dll"));
        assertTrue(asPublished.toString(), asPublished.contains("osx-aarch64/libonnxruntime.dylib"));
    }

    private static void checkRenamed(String file, byte[] packed) throws IOException {
        String published = new String(published(file), StandardCharsets.ISO_8859_1);
        assertEquals(PUBLISHED.length(), OWN.length());
        assertTrue("there is a name to change in " + file, published.contains(PUBLISHED));
        assertArrayEquals(file, published.replace(PUBLISHED, OWN).getBytes(StandardCharsets.ISO_8859_1), packed);
    }

    private static byte[] published(String file) throws IOException {
        try (InputStream in = OrtEnvironment.class.getResourceAsStream("/" + NATIVES + file)) {
            return in.readAllBytes();
        }
    }
}
