package org.neuralranking.inference;

/** Turns one row of a batch's output into a result, on the inference thread, before the native memory is used again. */
@FunctionalInterface
public interface OutputReader<R> {

    /**
     * @param output the batch; nothing of it may be kept
     * @param row    0 ≤ row &lt; batch
     * @return never null
     */
    R read(BatchOutput output, int row);
}
