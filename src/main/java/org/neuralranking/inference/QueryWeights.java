package org.neuralranking.inference;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

import org.neuralranking.model.bundle.BundleException;
import org.neuralranking.model.bundle.BundleJson;
import org.neuralranking.model.bundle.BundleLimits;
import org.neuralranking.tokenize.Vocabulary;

/** {@code idf.json}, token → weight, as an array by token id: what makes a sparse encoder's queries free of inference. */
final class QueryWeights {

    private QueryWeights() {}

    /**
     * @return weights [vocabulary]; 0 for special tokens and for tokens the file leaves out
     * @throws BundleException if a token is unknown or a weight is negative or not finite
     */
    static float[] read(Path file, Vocabulary vocabulary) throws IOException {
        float[] weights = new float[vocabulary.size()];
        for (Map.Entry<String, Object> entry : BundleJson.read(file, BundleLimits.DEFAULT).values().entrySet()) {
            int id = vocabulary.id(entry.getKey());
            if (id < 0) {
                throw new BundleException("idf.json: got token [" + entry.getKey() + "], expected only tokens of tokenizer.json");
            }
            float weight = entry.getValue() instanceof Number number ? number.floatValue() : Float.NaN;
            if (Float.isFinite(weight) == false || weight < 0) {
                throw new BundleException(
                    "idf.json: got weight " + entry.getValue() + " for token [" + entry.getKey() + "], expected a finite number >= 0"
                );
            }
            if (vocabulary.isSpecial(id) == false) {
                weights[id] = weight;
            }
        }
        return weights;
    }
}
