package org.neuralranking.tokenize;

/**
 * The tokens of one text, without the special tokens that a model puts around it.
 *
 * @param ids       token ids, in text order
 * @param starts    [ids.length] offset of each token's first char in the text, in UTF-16 units, inclusive
 * @param ends      [ids.length] offset after each token's last char, exclusive
 * @param truncated whether the text had more tokens than were asked for
 */
public record Tokens(int[] ids, int[] starts, int[] ends, boolean truncated) {

    public static final Tokens NONE = new Tokens(new int[0], new int[0], new int[0], false);

    public int size() {
        return ids.length;
    }
}
