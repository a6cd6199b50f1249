package org.neuralranking.model.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

import org.apache.lucene.tests.util.LuceneTestCase;
import org.opensearch.test.OpenSearchTestCase;

@LuceneTestCase.SuppressFileSystems("*") // the test's own file system has no open file moved, which the real ones allow
public class LocalStoreTests extends OpenSearchTestCase {

    private static final String A = "a".repeat(64);
    private static final String B = "b".repeat(64);

    private final Path root = createTempDir();

    private static Path staged(LocalStore store, String text) throws IOException {
        Path staged = store.stage();
        Files.writeString(staged.resolve("model.onnx"), text);
        return staged;
    }

    private List<String> staging() throws IOException {
        try (Stream<Path> files = Files.list(root.resolve("staging"))) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    public void testWhatIsKeptIsFoundUntilItIsDeleted() throws IOException {
        LocalStore store = new LocalStore(root);
        assertNull(store.find(A));
        Path kept = store.keep(staged(store, "cat"), A);
        assertEquals(kept, store.find(A));
        assertEquals("cat", Files.readString(kept.resolve("model.onnx")));
        store.keep(staged(store, "dog"), B);
        assertEquals(Set.of(A, B), store.hashes());
        store.delete(A);
        store.delete(A);
        assertNull(store.find(A));
        assertEquals(Set.of(B), store.hashes());
        assertEquals(List.of(), staging());
    }

    public void testKeptTwiceTheFirstStays() throws IOException {
        LocalStore store = new LocalStore(root);
        Path first = store.keep(staged(store, "first"), A);
        Path second = store.keep(staged(store, "second"), A);
        assertEquals(first, second);
        assertEquals("first", Files.readString(first.resolve("model.onnx")));
        assertEquals(List.of(), staging());
    }

    public void testAFileThatIsReadIsReadToItsEndThoughItIsDeleted() throws IOException {
        LocalStore store = new LocalStore(root);
        Path kept = store.keep(staged(store, "x".repeat(10_000)), A);
        try (InputStream in = Files.newInputStream(kept.resolve("model.onnx"))) {
            assertEquals('x', in.read());
            store.delete(A);
            assertEquals(9_999, in.readAllBytes().length);
        }
        assertEquals(Set.of(), store.hashes());
    }

    public void testWhatADeadNodeWasWritingIsGoneAndWhatItKeptIsThere() throws IOException {
        LocalStore dead = new LocalStore(root);
        staged(dead, "half");
        dead.keep(staged(dead, "whole"), A);
        LocalStore store = new LocalStore(root);
        assertEquals(List.of(), staging());
        assertEquals("whole", Files.readString(store.find(A).resolve("model.onnx")));
    }

    public void testTwoStoresOnOneRootSeeTheSameContents() throws IOException {
        LocalStore one = new LocalStore(root);
        LocalStore two = new LocalStore(root);
        one.keep(staged(one, "cat"), A);
        assertEquals(one.find(A), two.find(A));
        assertEquals(one.find(A), two.keep(staged(two, "cat"), A));
        two.delete(A);
        assertNull(one.find(A));
        one.keep(staged(one, "cat"), A);
        assertEquals(Set.of(A), two.hashes());
    }

    public void testOtherNamesAreNoContents() throws IOException {
        LocalStore store = new LocalStore(root);
        Files.createDirectories(root.resolve("models/lost+found"));
        Files.createDirectories(root.resolve("models/" + A.toUpperCase(Locale.ROOT)));
        assertEquals(Set.of(), store.hashes());
        for (String bad : List.of("", "../staging", A + "0", A.substring(1), A.toUpperCase(Locale.ROOT))) {
            IllegalArgumentException refused = expectThrows(IllegalArgumentException.class, () -> store.find(bad));
            assertEquals("got content hash [" + bad + "], expected 64 hex digits", refused.getMessage());
            expectThrows(IllegalArgumentException.class, () -> store.delete(bad));
            Path staged = store.stage();
            expectThrows(IllegalArgumentException.class, () -> store.keep(staged, bad));
        }
    }

    public void testWhatIsDroppedTwiceIsNoFailure() throws IOException {
        LocalStore store = new LocalStore(root);
        Path staged = staged(store, "cat");
        store.drop(staged);
        store.drop(staged);
        assertEquals(List.of(), staging());
    }
}
