package org.neuralranking.tokenize;

import java.util.BitSet;
import java.util.List;
import java.util.Map;

/** The tokens of a tokenizer and their ids: those of its model and those added to it. */
public final class Vocabulary {

    /** {@link #id} of a string that is no token, and {@link #separatorId} of a tokenizer that has none. */
    public static final int UNKNOWN = -1;

    /** What tokenizers call their padding token, the usual first; padding is masked, so any valid id would do where none is there. */
    private static final List<String> PAD_NAMES = List.of("[PAD]", "<pad>", "<|pad|>", "<|endoftext|>");
    private static final List<String> SEPARATOR_NAMES = List.of("[SEP]", "</s>", "<sep>");

    private final Map<String, Integer> ids;
    private final String[] tokens;
    private final BitSet special;
    private final int padId;
    private final int separatorId;

    /** @param padId, separatorId as the tokenizer's file says; {@link #UNKNOWN} where it does not, then the usual names are looked up */
    private Vocabulary(Map<String, Integer> ids, String[] tokens, BitSet special, int padId, int separatorId) {
        this.ids = ids;
        this.tokens = tokens;
        this.special = special;
        this.padId = padId != UNKNOWN ? padId : Math.max(0, firstOf(PAD_NAMES));
        this.separatorId = separatorId != UNKNOWN ? separatorId : firstOf(SEPARATOR_NAMES);
    }

    static Vocabulary of(TokenizerFile file) {
        return new Vocabulary(file.ids, file.tokensById(), file.special, file.padId, file.template.separatorId());
    }

    private int firstOf(List<String> names) {
        return names.stream().mapToInt(this::id).filter(id -> id != UNKNOWN).findFirst().orElse(UNKNOWN);
    }

    /** One more than the largest id: the least width of a model's output over this vocabulary. */
    public int size() {
        return tokens.length;
    }

    /**
     * @return the token with this id; null for one of the rare gaps between ids
     * @throws IllegalArgumentException if the id is negative or not below {@link #size}
     */
    public String token(int id) {
        if (id < 0 || id >= tokens.length) {
            throw new IllegalArgumentException("got token id " + id + ", expected one from 0 to " + (tokens.length - 1));
        }
        return tokens[id];
    }

    /** The id of a token as the tokenizer spells it, {@code ##s} or {@code Ġthe}; {@link #UNKNOWN} if it is none. */
    public int id(String token) {
        return ids.getOrDefault(token, UNKNOWN);
    }

    /** Whether the token stands for no text: declared special in the file, or put around texts by its template. */
    public boolean isSpecial(int id) {
        return id >= 0 && special.get(id);
    }

    /** The token that fills rows of a batch up; always a valid id. */
    public int padId() {
        return padId;
    }

    /** The token that the tokenizer puts between two texts; {@link #UNKNOWN} if it has none. */
    public int separatorId() {
        return separatorId;
    }
}
