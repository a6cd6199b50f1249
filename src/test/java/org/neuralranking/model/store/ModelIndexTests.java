package org.neuralranking.model.store;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

import org.opensearch.action.admin.cluster.settings.ClusterUpdateSettingsRequest;
import org.opensearch.cluster.block.ClusterBlockException;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.index.IndexNotFoundException;

/** Parts of uploads, deleting, and what a sweep leaves. */
public class ModelIndexTests extends ModelIndexTestCase {

    private static final int PIECE = ModelIndex.PIECE_BYTES;
    private static final TimeValue MOMENT = TimeValue.timeValueMillis(1);

    private void chunk(String storage) throws IOException {
        overwrite(Piece.Kind.CHUNK.id(storage, 0), Piece.ofChunk(new byte[] { 1 }), Piece.Kind.CHUNK, storage, 0);
    }

    public void testAPartIsReadAsItWasPutWhateverItsSize() throws IOException {
        assertNull("no index yet", part("m", 0));
        List<Integer> sizes = List.of(1, PIECE - 1, PIECE, PIECE + 1, 4 * PIECE, 5 * PIECE, 6 * PIECE + 7, between(1, 8 * PIECE), 8 << 20);
        for (int n = 0; n < sizes.size(); n++) {
            byte[] part = randomByteArrayOfLength(sizes.get(n));
            put("m", n, part);
            assertArrayEquals("size " + sizes.get(n), part, part("m", n));
        }
        assertNull(part("m", sizes.size()));
        assertNull(part("other", 0));
    }

    public void testAPartSentAgainReplacesWhatWasSentBefore() throws IOException {
        for (int pieces : new int[] { 3, 1, 5, 2 }) {
            byte[] part = randomByteArrayOfLength(pieces * PIECE - 10);
            put("m", 0, part);
            assertArrayEquals(part, part("m", 0));
        }
    }

    public void testAPartThatWasNotWrittenWholeIsMissing() throws IOException {
        byte[] part = randomByteArrayOfLength(6 * PIECE);
        for (String lost : List.of("PART:m:3", "PART:m:3:0", "PART:m:3:4")) {
            put("m", 3, part);
            delete(lost);
            assertNull(lost, part("m", 3));
        }
        put("m", 3, part);
        overwrite("PART:m:3:1", new Piece(Arrays.copyOfRange(part, PIECE, 2 * PIECE), "another write", 0), Piece.Kind.PART, "m", 3);
        assertNull("pieces of two writes", part("m", 3));
        put("m", 3, part);
        assertArrayEquals(part, part("m", 3));
    }

    public void testOnlyThePartsThatWereReadAreDropped() throws IOException {
        put("m", 0, randomByteArrayOfLength(2 * PIECE));
        put("m", 1, randomByteArrayOfLength(2 * PIECE));
        put("m", 2, randomByteArrayOfLength(10));
        List<DocumentVersion> read = new ArrayList<>(versions("m", 0));
        read.addAll(versions("m", 1));
        byte[] again = randomByteArrayOfLength(2 * PIECE);
        put("m", 1, again);
        await(done -> index.dropParts(read, done));
        assertNull(part("m", 0));
        assertArrayEquals("sent again since", again, part("m", 1));
        assertNotNull("not read", part("m", 2));
        assertEquals(List.of("PART:m:1", "PART:m:1:0", "PART:m:2"), documents());
    }

    public void testMoreChunksAreDroppedThanOneRequestTakes() throws IOException {
        List<String> kept = List.of("CHUNK:s:" + (2 * Deletions.MOST_A_REQUEST + 1), "CHUNK:t:0");
        for (int n : new int[] { 0, Deletions.MOST_A_REQUEST - 1, Deletions.MOST_A_REQUEST, 2 * Deletions.MOST_A_REQUEST, 2 * Deletions.MOST_A_REQUEST + 1 }) {
            overwrite("CHUNK:s:" + n, Piece.ofChunk(new byte[1]), Piece.Kind.CHUNK, "s", n);
        }
        chunk("t");
        await(done -> index.dropChunks("s", 2 * Deletions.MOST_A_REQUEST + 1, done));
        assertEquals(kept, documents());
    }

    public void testNothingIsDroppedOrSweptWhereThereIsNoIndex() {
        await(done -> index.dropChunks("s", 1, done));
        await(done -> index.dropParts(List.of(new DocumentVersion("PART:m:0", 0, 1)), done));
        sweep(Set::of);
        expectThrows(IndexNotFoundException.class, this::documents);
    }

    public void testAnUploadExpiresAsAWholeWhenItsNewestPartDoes() throws IOException {
        put("old", 0, new byte[] { 1 });
        put("young", 0, new byte[] { 1 });
        pass(EXPIRY);
        sweep(Set::of);
        assertEquals("not older than the expiry", List.of("PART:old:0", "PART:young:0"), documents());
        put("young", 1, new byte[] { 2 });
        pass(MOMENT);
        sweep(Set::of);
        assertEquals(List.of("PART:young:0", "PART:young:1"), documents());
        pass(EXPIRY);
        sweep(() -> null);
        assertEquals("with or without a directory", List.of(), documents());
    }

    public void testChunksOfARegistrationUnderWayStayLongerThanAnyTakes() throws IOException {
        chunk("left");
        chunk("used");
        pass(Sweep.SHORTEST_CHUNK_GRACE);
        sweep(() -> Set.of("used"));
        assertEquals("not older than the grace", List.of("CHUNK:left:0", "CHUNK:used:0"), documents());
        pass(MOMENT);
        sweep(() -> null);
        assertEquals("what is in use is not known", List.of("CHUNK:left:0", "CHUNK:used:0"), documents());
        sweep(() -> Set.of("used"));
        assertEquals(List.of("CHUNK:used:0"), documents());
        sweep(Set::of);
        assertEquals(List.of(), documents());
    }

    public void testAnExpiryBeyondTheGraceHoldsForChunksToo() throws IOException {
        chunk("left");
        TimeValue expiry = TimeValue.timeValueHours(7);
        pass(expiry);
        await(done -> index.sweep(Set::of, expiry, done));
        assertEquals(List.of("CHUNK:left:0"), documents());
        pass(MOMENT);
        await(done -> index.sweep(Set::of, expiry, done));
        assertEquals(List.of(), documents());
    }

    public void testAStorageThatIsNamedDuringTheSweepStays() throws IOException {
        chunk("registered");
        chunk("left");
        pass(Sweep.SHORTEST_CHUNK_GRACE);
        pass(MOMENT);
        List<Set<String>> answers = new ArrayList<>(List.of(Set.of(), Set.of("registered")));
        sweep(answers::removeFirst);
        assertEquals(List.of("CHUNK:registered:0"), documents());
        answers.addAll(Stream.of(Set.<String>of()).toList());
        sweep(() -> answers.isEmpty() ? null : answers.removeFirst());
        assertEquals("the directory was lost meanwhile", List.of("CHUNK:registered:0"), documents());
    }

    public void testPartsAreTakenThoughNoIndexMayBeCreated() throws IOException {
        put("m", 0, new byte[] { 1 });
        createIndexBlock(true);
        try {
            put("m", 1, new byte[] { 2 });
            assertArrayEquals(new byte[] { 2 }, part("m", 1));
            expectThrows(ClusterBlockException.class, "the block works", () -> createIndex("another"));
        } finally {
            createIndexBlock(null);
        }
    }

    private void createIndexBlock(Boolean on) {
        Settings.Builder block = Settings.builder();
        if (on == null) {
            block.putNull("cluster.blocks.create_index");
        } else {
            block.put("cluster.blocks.create_index", on);
        }
        client().admin().cluster().updateSettings(new ClusterUpdateSettingsRequest().persistentSettings(block)).actionGet();
    }
}
