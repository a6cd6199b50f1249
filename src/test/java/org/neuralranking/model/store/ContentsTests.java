package org.neuralranking.model.store;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

import org.junit.Before;
import org.neuralranking.TestModels;
import org.neuralranking.model.bundle.Bundle;
import org.neuralranking.model.bundle.BundleException;
import org.neuralranking.model.bundle.BundleLimits;
import org.opensearch.core.tasks.TaskCancelledException;

/** Contents on their way through the model index of a node, to disks that lose them. */
public class ContentsTests extends ModelIndexTestCase {

    /** Spaces behind a config: more chunks than a request writes, and a last one that is shorter. */
    private static final int PADDING = 10 * Piece.MOST_BYTES + 1234;
    private static final BundleLimits DEFAULT = BundleLimits.DEFAULT;
    private static final BundleLimits LOWERED = new BundleLimits(DEFAULT.graphBytes(), PADDING, DEFAULT.bundleBytes(), DEFAULT.zipEntries(), DEFAULT.compressionRatio());

    private Path models;
    private Contents contents;

    @Before
    public void makeBundle() throws IOException {
        models = createTempDir();
        Path bundle = Files.createDirectory(models.resolve("m"));
        try (Stream<Path> files = Files.list(TestModels.directory("toy-sparse"))) {
            for (Path file : files.toList()) {
                Files.copy(file, bundle.resolve(file.getFileName().toString()));
            }
        }
        Path config = bundle.resolve("config.json");
        Files.writeString(config, Files.readString(config) + " ".repeat(PADDING));
        contents = contents(new LocalStore(createTempDir()), DEFAULT);
    }

    private Contents contents(LocalStore local, BundleLimits limits) {
        return new Contents(models, local, index, limits);
    }

    private StoredContent store() throws IOException {
        List<Long> progress = new ArrayList<>();
        try (Contents.Staged staged = contents.stagePath("m")) {
            StoredContent stored = contents.store(staged, progress::add, () -> false);
            assertEquals(stored.bytes(), (long) progress.getLast());
            assertTrue(progress.toString(), progress.size() > 1 && progress.equals(progress.stream().sorted().toList()));
            assertEquals((stored.bytes() + Piece.MOST_BYTES - 1) / Piece.MOST_BYTES, stored.chunks());
            assertEquals(staged.bundle().hash(), stored.hash());
            return stored;
        }
    }

    private void damage(StoredContent content, int chunk) throws IOException {
        byte[] other = new byte[Piece.MOST_BYTES];
        Arrays.fill(other, (byte) '*');
        overwrite(Piece.Kind.CHUNK.id(content.storage(), chunk), Piece.ofChunk(other), Piece.Kind.CHUNK, content.storage(), chunk);
    }

    private static void assertSame(StoredContent content, Bundle bundle) throws IOException {
        assertEquals(content.hash(), bundle.hash());
        assertEquals(content.hash(), Bundle.read(bundle.directory(), DEFAULT).hash());
    }

    public void testStoredHereItIsMaterialisedElsewhere() throws IOException {
        StoredContent content = store();
        Contents elsewhere = contents(new LocalStore(createTempDir()), DEFAULT);
        assertSame(content, elsewhere.materialise(content.hash(), List.of(content)));
        assertSame(content, elsewhere.materialise(content.hash(), List.of())); // from the disk
        elsewhere.forget(content.hash());
        IOException gone = expectThrows(IOException.class, () -> elsewhere.materialise(content.hash(), List.of()));
        assertEquals("content [" + content.hash() + "] is on no disk of this node and stored nowhere", gone.getMessage());
    }

    public void testACopyThatIsDamagedIsPassedOver() throws IOException {
        for (int chunk : new int[] { 0, 4, 10 }) {
            StoredContent damaged = store();
            damage(damaged, chunk);
            LocalStore local = new LocalStore(createTempDir());
            Contents elsewhere = contents(local, DEFAULT);
            IOException refused = expectThrows(IOException.class, () -> elsewhere.materialise(damaged.hash(), List.of(damaged)));
            assertTrue(refused.getMessage(), refused.getMessage().startsWith("copy in storage [" + damaged.storage() + "] is damaged: got bytes with hash "));
            assertEquals(Set.of(), local.hashes());
            StoredContent sound = store();
            assertSame(sound, elsewhere.materialise(damaged.hash(), List.of(damaged, sound)));
        }
    }

    public void testACopyThatMissesAChunkIsPassedOver() throws IOException {
        StoredContent lost = store();
        int chunk = between(0, lost.chunks() - 1);
        delete(Piece.Kind.CHUNK.id(lost.storage(), chunk));
        Contents elsewhere = contents(new LocalStore(createTempDir()), DEFAULT);
        IOException refused = expectThrows(IOException.class, () -> elsewhere.materialise(lost.hash(), List.of(lost)));
        assertTrue(refused.getMessage(), refused.getMessage().startsWith("chunk " + chunk + " of " + lost.chunks() + " of content [" + lost.hash() + "] is not in ["));
        StoredContent sound = store();
        assertSame(sound, elsewhere.materialise(lost.hash(), List.of(lost, sound)));
    }

    public void testACopyThatIsSaidToBeShorterIsDamaged() throws IOException {
        StoredContent content = store();
        StoredContent shorter = new StoredContent(content.hash(), content.task(), content.bytes(), content.storage(), content.chunks() - 1);
        Contents elsewhere = contents(new LocalStore(createTempDir()), DEFAULT);
        IOException refused = expectThrows(IOException.class, () -> elsewhere.materialise(content.hash(), List.of(shorter)));
        assertTrue(refused.getMessage(), refused.getMessage().contains("is damaged"));
    }

    public void testFilesOnDiskThatAreDamagedAreFetchedAgain() throws IOException {
        StoredContent content = store();
        Contents elsewhere = contents(new LocalStore(createTempDir()), DEFAULT);
        for (String file : List.of("model.onnx", "tokenizer.json", "config.json")) {
            for (boolean missing : new boolean[] { false, true }) {
                Path damaged = elsewhere.materialise(content.hash(), List.of(content)).directory().resolve(file);
                if (missing) {
                    Files.delete(damaged);
                } else {
                    byte[] bytes = Files.readAllBytes(damaged);
                    bytes[bytes.length / 2] ^= 1;
                    Files.write(damaged, bytes);
                }
                assertSame(content, elsewhere.materialise(content.hash(), List.of(content)));
            }
        }
    }

    public void testFilesThatAreRightAndCannotBeUsedHereStay() throws IOException {
        StoredContent content = store();
        LocalStore local = new LocalStore(createTempDir());
        Contents lowered = contents(local, LOWERED);
        BundleException fetched = expectThrows(BundleException.class, () -> lowered.materialise(content.hash(), List.of(content)));
        assertTrue(fetched.getMessage(), fetched.getMessage().startsWith("got [config.json] of ") && fetched.getMessage().contains("expected at most " + PADDING));
        assertEquals(Set.of(), local.hashes());
        contents(local, DEFAULT).materialise(content.hash(), List.of(content));
        BundleException onDisk = expectThrows(BundleException.class, () -> lowered.materialise(content.hash(), List.of(content)));
        assertEquals(fetched.getMessage(), onDisk.getMessage());
        assertEquals(Set.of(content.hash()), local.hashes());
        assertSame(content, contents(local, DEFAULT).materialise(content.hash(), List.of()));
    }

    public void testFilesThatCannotBeReadNowStay() throws IOException {
        StoredContent content = store();
        LocalStore local = new LocalStore(createTempDir());
        Contents elsewhere = contents(local, DEFAULT);
        Path graph = elsewhere.materialise(content.hash(), List.of(content)).directory().resolve("model.onnx");
        byte[] bytes = Files.readAllBytes(graph);
        Files.delete(graph);
        Files.createDirectory(graph); // reading it is an input/output error
        expectThrows(IOException.class, () -> elsewhere.materialise(content.hash(), List.of(content)));
        assertEquals(Set.of(content.hash()), local.hashes());
        Files.delete(graph);
        Files.write(graph, bytes);
        assertSame(content, elsewhere.materialise(content.hash(), List.of()));
    }

    public void testStoringIsCancelledBetweenRequests() throws IOException {
        try (Contents.Staged staged = contents.stagePath("m")) {
            List<Long> progress = new ArrayList<>();
            expectThrows(TaskCancelledException.class, () -> contents.store(staged, progress::add, () -> progress.isEmpty() == false));
            assertEquals(1, progress.size());
        }
    }

    public void testAnUploadIsPutTogetherAndKnowsItsParts() throws Exception {
        byte[] zip = zip(models.resolve("m"));
        int partBytes = Math.max(1, zip.length / 3);
        int parts = 0;
        List<DocumentVersion> expected = new ArrayList<>();
        for (int from = 0; from < zip.length; from += partBytes) {
            put("m", parts, Arrays.copyOfRange(zip, from, Math.min(zip.length, from + partBytes)));
            expected.addAll(versions("m", parts++));
        }
        String sha256 = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(zip));
        int count = parts;
        BundleException missing = expectThrows(BundleException.class, () -> contents.stageUpload("m", count + 1, sha256, () -> false));
        assertTrue(missing.getMessage(), missing.getMessage().startsWith("got no part " + count + " of model [m], expected parts 0 to " + count));
        BundleException wrong = expectThrows(BundleException.class, () -> contents.stageUpload("m", count, "0".repeat(64), () -> false));
        assertTrue(wrong.getMessage(), wrong.getMessage().contains("with SHA-256 " + sha256 + ", expected 000"));
        expectThrows(TaskCancelledException.class, () -> contents.stageUpload("m", count, sha256, () -> true));
        try (Contents.Staged uploaded = contents.stageUpload("m", count, sha256, () -> false); Contents.Staged copied = contents.stagePath("m")) {
            assertEquals(copied.bundle().hash(), uploaded.bundle().hash());
            assertEquals(List.of(), copied.parts());
            assertEquals(expected, uploaded.parts());
            await(done -> index.dropParts(uploaded.parts(), done));
        }
        assertEquals(List.of(), documents());
    }

    private static byte[] zip(Path directory) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes); Stream<Path> files = Files.list(directory)) {
            zip.setLevel(0); // several pieces a part
            for (Path file : files.sorted().toList()) {
                zip.putNextEntry(new ZipEntry(file.getFileName().toString()));
                Files.copy(file, zip);
                zip.closeEntry();
            }
        }
        return bytes.toByteArray();
    }
}
