package org.neuralranking.sparse;

import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;

import org.neuralranking.inference.BatchOutput;
import org.neuralranking.inference.LoadedModel;
import org.neuralranking.inference.OutputReader;
import org.neuralranking.tokenize.Vocabulary;

/**
 * Reads a row of a sparse encoder's output as a vector. Two forms of graphs are about:
 *
 * <ul>
 * <li>masked-language-model logits z [batch, tokens, V], which become w<sub>v</sub> = log(1 + max<sub>t</sub> ReLU(z<sub>tv</sub>))
 * over the real tokens t of the row (SPLADE-max: Formal et al., "SPLADE v2", arXiv 2109.10086, equation 6). ReLU and log1p are
 * non-decreasing, so the maximum is taken first and V values are activated instead of tokens · V. Special tokens get no weight.
 * <li>weights w [batch, V], pooled and activated by the graph.
 * </ul>
 *
 * Only w ≥ {@code Float.MIN_NORMAL} stay, and only columns that the tokenizer has a token for: an exported V is often padded to a
 * round number. Costs: V floats of memory and tokens · V comparisons per row; the buffer is never copied as a whole.
 */
final class SparseReader implements OutputReader<SparseVector> {

    private final String model;
    private final int vocabularySize;
    private final IntFunction<String> token;
    private final IntPredicate special;

    /** @param model what failures call the model: its hash, since one content may have several ids */
    SparseReader(String model, int vocabularySize, IntFunction<String> token, IntPredicate special) {
        this.model = model;
        this.vocabularySize = vocabularySize;
        this.token = token;
        this.special = special;
    }

    static SparseReader of(LoadedModel model) {
        Vocabulary vocabulary = model.tokenizer().vocabulary();
        return new SparseReader(model.hash(), vocabulary.size(), vocabulary::token, vocabulary::isSpecial);
    }

    /** @throws IllegalStateException if the graph wrote NaN or an infinite number */
    @Override
    public SparseVector read(BatchOutput output, int row) {
        float[] columns = output.perToken() ? maxOverTokens(output, row) : copy(output.values(), output.rowStart(row), output.columns());
        Map<String, Float> weights = new HashMap<>();
        for (int id = 0; id < columns.length; id++) {
            float value = columns[id];
            if (Float.isFinite(value) == false) {
                throw new IllegalStateException(
                    "model [" + model + "]: got [" + value + "] for token id [" + id + "], expected a finite number"
                );
            }
            float weight = output.perToken() ? (float) Math.log1p(Math.max(value, 0)) : value;
            if (TokenWeights.isWeight(weight) == false || id >= vocabularySize || output.perToken() && special.test(id)) {
                continue;
            }
            String name = token.apply(id);
            if (name != null && name.isEmpty() == false) {
                weights.put(name, weight);
            }
        }
        return SparseVector.of(weights);
    }

    /**
     * Maximum of each column over a row's real tokens, walking memory forward; NaN if any of them is.
     *
     * @return [V]
     */
    static float[] maxOverTokens(BatchOutput output, int row) {
        int columns = output.columns();
        int start = output.rowStart(row);
        float[] max = copy(output.values(), start, columns);
        float[] next = new float[columns];
        for (int t = 1; t < output.rowTokens()[row]; t++) {
            output.values().get(start + t * columns, next);
            for (int v = 0; v < columns; v++) {
                max[v] = Math.max(max[v], next[v]);
            }
        }
        return max;
    }

    private static float[] copy(FloatBuffer values, int start, int length) {
        float[] copy = new float[length];
        values.get(start, copy);
        return copy;
    }
}
