package org.neuralranking.inference;

import java.util.SplittableRandom;

import org.neuralranking.model.Task;
import org.neuralranking.model.bundle.BundleFacts;
import org.neuralranking.tokenize.TokenSequence;
import org.neuralranking.tokenize.Tokenizer;
import org.neuralranking.tokenize.Tokens;
import org.neuralranking.tokenize.Vocabulary;

/** Rows as texts would give them, special tokens in place, but of any tokens of the vocabulary. The same ones every time. */
final class RandomRows {

    private static final long SEED = 42;
    /** Of a pair, the query is the shorter one. */
    private static final int QUERY_SHARE = 4;

    private final Tokenizer tokenizer;
    private final Vocabulary vocabulary;
    private final int maxTokens;
    private final boolean pairs;
    private final SplittableRandom random = new SplittableRandom(SEED);

    RandomRows(Tokenizer tokenizer, BundleFacts facts) {
        this.tokenizer = tokenizer;
        this.vocabulary = tokenizer.vocabulary();
        this.maxTokens = facts.maxTokens();
        this.pairs = facts.task() == Task.CROSS_ENCODER && tokenizer.pairSpecials() + 2 <= maxTokens;
    }

    /** Tokens of the shortest row that has a token of each text. */
    int shortest() {
        return pairs ? tokenizer.pairSpecials() + 2 : tokenizer.singleSpecials() + 1;
    }

    /** @param tokens at least {@link #shortest} */
    TokenSequence row(int tokens) {
        return row(tokens, anyToken());
    }

    /** @param last the last token of the text */
    TokenSequence row(int tokens, int last) {
        if (pairs == false) {
            return tokenizer.single(text(tokens - tokenizer.singleSpecials(), last), maxTokens);
        }
        int texts = tokens - tokenizer.pairSpecials();
        int query = Math.max(1, texts / QUERY_SHARE);
        return tokenizer.pair(text(query, anyToken()), text(texts - query, last), maxTokens);
    }

    private Tokens text(int size, int last) {
        int[] ids = new int[size];
        for (int i = 0; i < size; i++) {
            ids[i] = i == size - 1 ? last : anyToken();
        }
        return new Tokens(ids, new int[size], new int[size], false);
    }

    private int anyToken() {
        int id = random.nextInt(vocabulary.size());
        while (vocabulary.token(id) == null) { // a gap between ids
            id = random.nextInt(vocabulary.size());
        }
        return id;
    }
}
