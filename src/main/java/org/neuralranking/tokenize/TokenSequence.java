package org.neuralranking.tokenize;

/**
 * One row of a model's input: token ids with the special tokens in place.
 *
 * @param ids       {@code input_ids} [tokens]
 * @param typeIds   {@code token_type_ids} [tokens]; 0 for the first text, 1 for the second of a pair, as the tokenizer's template says
 * @param truncated whether tokens of the text were left out to fit
 */
public record TokenSequence(int[] ids, int[] typeIds, boolean truncated) {

    public TokenSequence {
        if (ids.length != typeIds.length) {
            throw new IllegalArgumentException("got " + typeIds.length + " type ids for " + ids.length + " token ids, expected one each");
        }
    }

    public int size() {
        return ids.length;
    }
}
