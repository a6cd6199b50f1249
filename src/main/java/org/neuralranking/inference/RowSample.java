package org.neuralranking.inference;

import java.math.BigInteger;

/**
 * What is kept of a row's output to compare it with the row's later outputs: all values if they are few, otherwise every n-th. n has no
 * factor in common with the columns, so over the tokens every column comes in, and of every token a share.
 */
final class RowSample {

    /** 256 kB: half of a region of G1 at its smallest is 512 kB, and what is larger takes regions of its own. */
    static final int MOST = 1 << 16;

    private final float[] values;
    private final int step;

    private RowSample(float[] values, int step) {
        this.values = values;
        this.step = step;
    }

    static RowSample of(BatchOutput output, int row) {
        int size = output.realSize(row);
        int step = step(size, output.columns());
        float[] values = new float[Math.ceilDiv(size, step)];
        for (int i = 0; i < values.length; i++) {
            values[i] = output.values().get(output.rowStart(row) + i * step);
        }
        return new RowSample(values, step);
    }

    /** The least step that takes at most {@link #MOST} of {@code size} values and visits all columns. */
    static int step(int size, int columns) {
        int step = Math.max(1, Math.ceilDiv(size, MOST));
        BigInteger axis = BigInteger.valueOf(columns);
        while (BigInteger.valueOf(step).gcd(axis).equals(BigInteger.ONE) == false) {
            step++;
        }
        return step;
    }

    /** @param row where the same tokens are in another run */
    double largestDifference(BatchOutput output, int row) {
        double largest = 0;
        int start = output.rowStart(row);
        for (int i = 0; i < values.length; i++) {
            largest = Math.max(largest, Math.abs((double) values[i] - output.values().get(start + i * step)));
        }
        return largest;
    }
}
