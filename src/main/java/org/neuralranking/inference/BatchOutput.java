package org.neuralranking.inference;

import java.nio.FloatBuffer;

/**
 * What the graph wrote for one batch: a view on native memory, valid only while an {@link OutputReader} reads it.
 *
 * @param values    row-major values, position 0 is row 0; a direct buffer
 * @param shape     shape of the output: [batch, columns] or [batch, tokens, columns], the token axis padded to the longest row
 * @param rowTokens [batch] how many tokens of each row are real; the rest is padding
 */
public record BatchOutput(FloatBuffer values, long[] shape, int[] rowTokens) {

    /** Values of one row, padding included. */
    public int rowSize() {
        int size = 1;
        for (int axis = 1; axis < shape.length; axis++) {
            size = Math.multiplyExact(size, Math.toIntExact(shape[axis]));
        }
        return size;
    }

    /** Position of a row's first value. */
    public int rowStart(int row) {
        return Math.multiplyExact(row, rowSize());
    }

    /** Length of the last axis. */
    public int columns() {
        return Math.toIntExact(shape[shape.length - 1]);
    }

    /** Whether the output has a token axis that the reader must pool. */
    public boolean perToken() {
        return shape.length == 3;
    }

    /** Values of one row, those of padding left out. */
    int realSize(int row) {
        return perToken() ? Math.multiplyExact(rowTokens[row], columns()) : rowSize();
    }

    /** The largest absolute value of a row, those of padding left out; where one is not finite, the first such value itself. */
    float largest(int row) {
        float largest = 0;
        int end = rowStart(row) + realSize(row);
        for (int i = rowStart(row); i < end; i++) {
            float value = values.get(i);
            if (Float.isFinite(value) == false) {
                return value;
            }
            largest = Math.max(largest, Math.abs(value));
        }
        return largest;
    }
}
