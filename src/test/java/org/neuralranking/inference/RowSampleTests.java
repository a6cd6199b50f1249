package org.neuralranking.inference;

import java.nio.FloatBuffer;
import java.util.BitSet;

import org.apache.lucene.tests.util.LuceneTestCase;

public class RowSampleTests extends LuceneTestCase {

    private static BatchOutput output(float[] values, int rows, int tokens, int columns, int... rowTokens) {
        return new BatchOutput(FloatBuffer.wrap(values), new long[] { rows, tokens, columns }, rowTokens);
    }

    public void testASmallRowIsComparedAsAWhole() {
        float[] alone = new float[3 * 50];
        float[] batch = new float[2 * 4 * 50];
        int row = 1;
        RowSample sample = RowSample.of(output(alone, 1, 3, 50, 3), 0);
        for (int v = 0; v < alone.length; v++) {
            batch[row * 4 * 50 + v] = -v - 1;
            assertEquals(v + 1, sample.largestDifference(output(batch, 2, 4, 50, 4, 3), row), 0);
        }
        batch[row * 4 * 50 + alone.length] = 1e9f; // padding
        assertEquals(alone.length, sample.largestDifference(output(batch, 2, 4, 50, 4, 3), row), 0);
    }

    public void testEveryColumnAndEveryTokenOfALargeRowIsSeen() {
        for (int[] shape : new int[][] { { 34, 30522 }, { 128, 8192 }, { 1024, 1024 }, { 16, 1 << 16 }, { 1 << 20, 1 } }) {
            int size = shape[0] * shape[1];
            int step = RowSample.step(size, shape[1]);
            assertTrue(Math.ceilDiv(size, step) <= RowSample.MOST);
            assertTrue("few more than needed are left out", step <= 2 * Math.ceilDiv(size, RowSample.MOST));
            BitSet tokens = new BitSet();
            BitSet columns = new BitSet();
            for (int i = 0; i < size; i += step) {
                tokens.set(i / shape[1]);
                columns.set(i % shape[1]);
            }
            assertEquals(shape[1] == 1 ? Math.ceilDiv(size, step) : shape[0], tokens.cardinality());
            assertEquals(shape[0] >= step ? shape[1] : Math.ceilDiv(size, step), columns.cardinality());
        }
    }

    public void testADifferenceInALargeRowIsFoundWhereItIsLookedFor() {
        int columns = 30522;
        float[] values = new float[34 * columns];
        BatchOutput output = output(values, 1, 34, columns, 34);
        RowSample sample = RowSample.of(output, 0);
        int at = 1000 * RowSample.step(values.length, columns);
        values[at] = 2.5f;
        assertEquals(2.5, sample.largestDifference(output, 0), 0);
        values[at] = 0;
        values[at + 1] = 2.5f;
        assertEquals("a share only", 0, sample.largestDifference(output, 0), 0);
    }

    public void testTheLargestIsWhatIsNotFinite() {
        float[] values = { 1, -3, 2, Float.NaN };
        assertEquals(3, output(values, 1, 4, 1, 3).largest(0), 0);
        assertTrue(Float.isNaN(output(values, 1, 4, 1, 4).largest(0)));
        values[1] = Float.NEGATIVE_INFINITY;
        assertEquals(Float.NEGATIVE_INFINITY, output(values, 2, 2, 1, 2, 2).largest(0), 0);
    }
}
