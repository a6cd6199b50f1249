package org.neuralranking.sparse;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.opensearch.common.io.stream.BytesStreamOutput;
import org.opensearch.test.OpenSearchTestCase;

public class SparseVectorTests extends OpenSearchTestCase {

    public void testTheHeaviestTokenComesFirstAndEqualWeightsGoByToken() {
        SparseVector vector = SparseVector.of(Map.of("b", 1f, "a", 1f, "c", 2f, "d", 0.5f));
        assertArrayEquals(new String[] { "c", "a", "b", "d" }, vector.tokens());
        assertEquals(List.of("c", "a", "b", "d"), List.copyOf(vector.toMap().keySet()));
    }

    public void testItTravelsOverTheWire() throws Exception {
        Map<String, Float> entries = new HashMap<>();
        for (int i = randomIntBetween(0, 50); i > 0; i--) {
            entries.put(randomRealisticUnicodeOfLengthBetween(1, 10), 1 - randomFloat() / 2);
        }
        SparseVector vector = SparseVector.of(entries);
        BytesStreamOutput out = new BytesStreamOutput();
        vector.writeTo(out);
        assertEquals(vector, new SparseVector(out.bytes().streamInput()));
        assertEquals(vector.hashCode(), new SparseVector(out.bytes().streamInput()).hashCode());
    }

    public void testEntriesThatCannotBeIndexedAreRefused() {
        for (float bad : new float[] { 0, -1, Float.NaN, Float.POSITIVE_INFINITY, Float.MIN_VALUE }) {
            expectThrows(IllegalArgumentException.class, () -> SparseVector.of(Map.of("a", bad)));
        }
        expectThrows(IllegalArgumentException.class, () -> SparseVector.of(Map.of("", 1f)));
        expectThrows(IllegalArgumentException.class, () -> SparseVector.of(Map.of("\ud800", 1f)));
    }
}
