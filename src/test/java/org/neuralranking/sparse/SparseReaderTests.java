package org.neuralranking.sparse;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;

import org.neuralranking.inference.BatchOutput;
import org.opensearch.test.OpenSearchTestCase;

public class SparseReaderTests extends OpenSearchTestCase {

    private static final Set<Integer> SPECIAL = Set.of(0, 2);

    private static SparseReader reader(int vocabularySize) {
        return new SparseReader("m", vocabularySize, id -> "t" + id, SPECIAL::contains);
    }

    private static BatchOutput output(float[] values, int[] rowTokens, long... shape) {
        FloatBuffer buffer = ByteBuffer.allocateDirect(values.length * Float.BYTES).order(ByteOrder.nativeOrder()).asFloatBuffer();
        buffer.put(values).flip();
        return new BatchOutput(buffer, shape, rowTokens);
    }

    private static float randomLogit() {
        return switch (randomIntBetween(0, 4)) {
            case 0 -> -randomFloat() * 20;
            case 1 -> 0;
            case 2 -> -Float.MAX_VALUE;
            case 3 -> Float.MIN_VALUE; // too small to be indexed
            default -> randomFloat() * 20;
        };
    }

    /** Equation 6 of SPLADE v2 as it stands: activate everything, then take the maximum. */
    private static Map<String, Float> naive(float[] logits, int row, int tokens, int columns, int realTokens, int vocabulary) {
        DoubleUnaryOperator activation = z -> Math.log1p(Math.max(z, 0));
        Map<String, Float> vector = new HashMap<>();
        for (int v = 0; v < Math.min(columns, vocabulary); v++) {
            float weight = 0;
            for (int t = 0; t < realTokens; t++) {
                weight = Math.max(weight, (float) activation.applyAsDouble(logits[(row * tokens + t) * columns + v]));
            }
            if (weight >= Float.MIN_NORMAL && SPECIAL.contains(v) == false) {
                vector.put("t" + v, weight);
            }
        }
        return vector;
    }

    public void testLogitsArePooledAsTheNaiveFormulaDoes() {
        int[] sizes = { 1, 2, 3, 7, 8, 9, 13, 31, 64, 207, 702, 1021 };
        for (int columns : sizes) {
            int batch = randomIntBetween(1, 4);
            int tokens = randomFrom(1, 2, 5, 17);
            float[] logits = new float[batch * tokens * columns];
            for (int i = 0; i < logits.length; i++) {
                logits[i] = randomLogit();
            }
            int[] rowTokens = new int[batch];
            for (int row = 0; row < batch; row++) {
                rowTokens[row] = randomIntBetween(1, tokens);
                for (int padding = (row * tokens + rowTokens[row]) * columns; padding < (row + 1) * tokens * columns; padding++) {
                    logits[padding] = randomFrom(Float.NaN, 1e9f, Float.POSITIVE_INFINITY);
                }
            }
            int vocabulary = randomIntBetween(Math.max(1, columns - 3), columns + 3);
            BatchOutput output = output(logits, rowTokens, batch, tokens, columns);
            for (int row = 0; row < batch; row++) {
                assertEquals(
                    columns + " columns, row " + row,
                    SparseVector.of(naive(logits, row, tokens, columns, rowTokens[row], vocabulary)),
                    reader(vocabulary).read(output, row)
                );
            }
        }
    }

    public void testPooledWeightsAreTakenAsTheyAreAndSpecialTokensWithThem() {
        BatchOutput output = output(new float[] { 9, 9, 9, 9, /* row 1: */ 0.5f, 0, -1, 2 }, new int[] { 3, 3 }, 2, 4);
        assertEquals(SparseVector.of(Map.of("t0", 0.5f, "t3", 2f)), reader(4).read(output, 1));
    }

    public void testARowWithoutWeightsIsTheEmptyVector() {
        assertEquals(SparseVector.EMPTY, reader(3).read(output(new float[] { 5, -1, 5 }, new int[] { 1 }, 1, 1, 3), 0));
    }

    public void testNumbersThatAreNoneFailAndNameTheModel() {
        for (float bad : new float[] { Float.NaN, Float.POSITIVE_INFINITY }) {
            float[] logits = { 1, 1, 1, /* second token: */ 1, bad, 1, /* third: */ 1, 1, 1 };
            BatchOutput perToken = output(logits, new int[] { 3 }, 1, 3, 3);
            IllegalStateException e = expectThrows(IllegalStateException.class, () -> reader(3).read(perToken, 0));
            assertEquals("model [m]: got [" + bad + "] for token id [1], expected a finite number", e.getMessage());
            BatchOutput pooled = output(new float[] { 1, bad, 1 }, new int[] { 3 }, 1, 3);
            expectThrows(IllegalStateException.class, () -> reader(3).read(pooled, 0));
        }
    }
}
