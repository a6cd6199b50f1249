package org.neuralranking.sparse;

import java.util.HashMap;
import java.util.Map;

import org.neuralranking.tokenize.Tokens;
import org.neuralranking.tokenize.Vocabulary;

/**
 * Query encoding of inference-free models (Geng et al., "Towards Competitive Search Relevance For Inference-Free Learned Sparse
 * Retrievers", arXiv 2411.04403, section 3.1): the distinct tokens of the text, each with the weight that training left in
 * {@code idf.json}. How often a token occurs does not matter.
 */
final class QueryTokens {

    private QueryTokens() {}

    /**
     * @param weights by token id; 0, or no entry, ignores the token
     * @return the tokens that are not special and have a weight
     */
    static SparseVector weigh(Tokens tokens, float[] weights, Vocabulary vocabulary) {
        Map<String, Float> vector = new HashMap<>();
        for (int id : tokens.ids()) {
            if (id < weights.length && TokenWeights.isWeight(weights[id]) && vocabulary.isSpecial(id) == false) {
                vector.put(vocabulary.token(id), weights[id]);
            }
        }
        return SparseVector.of(vector);
    }
}
