package org.neuralranking.inference;

import java.io.IOException;
import java.nio.file.Path;

import org.neuralranking.model.bundle.BundleException;
import org.neuralranking.model.bundle.BundleJson;
import org.neuralranking.model.bundle.BundleLimits;
import org.neuralranking.tokenize.Vocabulary;

/** {@code idf.json}, token → weight, as an array by token id: what makes a sparse encoder's queries free of inference. */
final class QueryWeights {

    private QueryWeights() {}

    /**
     * @param limits those that the bundle was read with
     * @return weights [vocabulary]; 0 for special tokens and for tokens the file leaves out
     * @throws BundleException if a token is unknown or a weight is negative or not finite
     */
    static float[] read(Path file, Vocabulary vocabulary, BundleLimits limits) throws IOException {
        float[] weights = new float[vocabulary.size()];
        BundleJson.forEach(file, limits, (token, value) -> {
            int id = vocabulary.id(token);
            if (id < 0) {
                throw new BundleException("idf.json: got token [" + token + "], expected only tokens of tokenizer.json");
            }
            float weight = value instanceof Number number ? number.floatValue() : Float.NaN;
            if (Float.isFinite(weight) == false || weight < 0) {
                throw new BundleException("idf.json: got weight " + value + " for token [" + token + "], expected a finite number >= 0");
            }
            if (vocabulary.isSpecial(id) == false) {
                weights[id] = weight;
            }
        });
        return weights;
    }
}
