package org.neuralranking.model.upload;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.TimeZone;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;
import org.neuralranking.TestModels;
import org.neuralranking.model.bundle.Bundle;
import org.neuralranking.model.bundle.BundleLimits;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;

public class BundleDirectoryTests {
    @Rule
    public final TemporaryFolder folder = new TemporaryFolder();

    private static byte[] zip(Path directory) throws IOException {
        ByteArrayOutputStream zip = new ByteArrayOutputStream();
        long[] read = { 0 };
        BundleDirectory bundle = BundleDirectory.at(directory);
        bundle.writeTo(zip, n -> read[0] += n);
        assertEquals(bundle.bytes(), read[0]);
        return zip.toByteArray();
    }

    /** A copy whose files were made at another time, the graph where exports also put it. */
    private Path copy(String model) throws IOException {
        Path copy = folder.newFolder("copy").toPath();
        Files.createDirectories(copy.resolve("onnx"));
        try (var files = Files.list(TestModels.directory(model))) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                Path to = Files.copy(file, copy.resolve(name.equals("model.onnx") ? "onnx/model.onnx" : name));
                Files.setLastModifiedTime(to, FileTime.from(Instant.parse("2001-02-03T04:05:06Z")));
            }
        }
        return copy;
    }

    /** What the server counts as a bundle's content is all in the zip: the same hash before and after. */
    @Test
    public void theServerFindsTheSameBundleInTheZip() throws IOException {
        Path overridden = copy("minilm-sparse-doc");
        Files.writeString(overridden.resolve("neural-ranking.json"), "{\"max_tokens\": 64}");
        Path unzipped = folder.newFolder("unzipped").toPath();
        try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(zip(overridden)))) {
            for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                Files.copy(in, unzipped.resolve(entry.getName()));
            }
        }
        Path root = folder.getRoot().toPath();
        assertEquals(Bundle.read(root, "copy", BundleLimits.DEFAULT).hash(), Bundle.read(root, "unzipped", BundleLimits.DEFAULT).hash());
    }

    @Test
    public void theSameFilesMakeTheSameZipWhereverAndWhenever() throws IOException {
        Path original = TestModels.directory("toy-sparse");
        byte[] here = zip(original);
        TimeZone zone = TimeZone.getDefault();
        try {
            TimeZone.setDefault(TimeZone.getTimeZone("Pacific/Auckland"));
            assertArrayEquals(here, zip(copy("toy-sparse")));
        } finally {
            TimeZone.setDefault(zone);
        }
    }

    @Test
    public void linksAreFollowed() throws IOException {
        Path original = TestModels.directory("toy-sparse");
        Path links = folder.newFolder("links").toPath();
        for (String name : BundleDirectory.at(original).files().keySet()) {
            Files.createSymbolicLink(links.resolve(name), original.resolve(name));
        }
        assertArrayEquals(zip(original), zip(links));
    }
}
