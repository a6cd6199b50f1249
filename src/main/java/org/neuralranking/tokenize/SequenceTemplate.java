package org.neuralranking.tokenize;

import java.util.Arrays;

/**
 * Where a tokenizer puts special tokens around a text and around a pair: {@code head a tail} and {@code head a middle b tail}.
 *
 * <p>BERT: {@code [CLS] a [SEP]} and {@code [CLS] a [SEP] b [SEP]}; RoBERTa: {@code <s> a </s>} and {@code <s> a </s> </s> b </s>};
 * a tokenizer without a template: {@code a} and {@code a b}. Learnt once by tokenizing a probe, so that it is the tokenizer's own.
 *
 * @param single around one text: head, tail
 * @param pair   around two texts: head, middle, tail
 */
record SequenceTemplate(Layout single, Layout pair) {

    /** Texts that are likely to have a token in any vocabulary. */
    private static final String[] PROBES = { "a", "the", "0", "。" };

    /**
     * @param specials  the runs of special tokens: before the first text, between the texts, after the last
     * @param textTypes the type id of each text's tokens
     */
    record Layout(Run[] specials, int[] textTypes) {

        int size() {
            return Arrays.stream(specials).mapToInt(run -> run.ids.length).sum();
        }

        /** @param lengths how many tokens of each text to take */
        TokenSequence fill(int[][] texts, int[] lengths, boolean truncated) {
            int size = size() + Arrays.stream(lengths).sum();
            int[] ids = new int[size];
            int[] typeIds = new int[size];
            int at = specials[0].copyTo(ids, typeIds, 0);
            for (int text = 0; text < texts.length; text++) {
                System.arraycopy(texts[text], 0, ids, at, lengths[text]);
                Arrays.fill(typeIds, at, at + lengths[text], textTypes[text]);
                at = specials[text + 1].copyTo(ids, typeIds, at + lengths[text]);
            }
            return new TokenSequence(ids, typeIds, truncated);
        }
    }

    /** Special tokens next to each other, with their type ids. */
    record Run(int[] ids, int[] typeIds) {

        int copyTo(int[] toIds, int[] toTypeIds, int at) {
            System.arraycopy(ids, 0, toIds, at, ids.length);
            System.arraycopy(typeIds, 0, toTypeIds, at, ids.length);
            return at + ids.length;
        }
    }

    /** @throws IllegalArgumentException if the template repeats a text, turns the pair round or puts special tokens inside a text */
    static SequenceTemplate of(NativeTokenizer tokenizer, Vocabulary vocabulary) {
        String probe = probe(tokenizer, vocabulary);
        int[] tokens = tokenizer.encode(probe).ids();
        return new SequenceTemplate(
            layout(tokenizer.encodeWithSpecials(probe, null), 1, tokens),
            layout(tokenizer.encodeWithSpecials(probe, probe), 2, tokens)
        );
    }

    private static String probe(NativeTokenizer tokenizer, Vocabulary vocabulary) {
        for (String text : PROBES) {
            if (tokenizer.encode(text).ids().length > 0) {
                return text;
            }
        }
        for (int id = 0; id < vocabulary.size(); id++) { // a closed vocabulary without a token for the unknown
            String token = vocabulary.isSpecial(id) ? null : vocabulary.token(id);
            if (token != null && tokenizer.encode(token).ids().length > 0) {
                return token;
            }
        }
        throw new IllegalArgumentException("tokenizer.json: got no token from any text tried, expected some");
    }

    private static Layout layout(NativeTokenizer.Encoding probe, int texts, int[] tokens) {
        Run[] specials = new Run[texts + 1];
        int[] textTypes = new int[texts];
        int from = 0;
        for (int text = 0; text < texts; text++) {
            int at = from;
            while (at < probe.ids().length && probe.sequences()[at] < 0) {
                at++;
            }
            specials[text] = run(probe, from, at);
            from = at + tokens.length;
            if (from > probe.ids().length
                || probe.sequences()[at] != text
                || Arrays.equals(probe.ids(), at, from, tokens, 0, tokens.length) == false) {
                throw unusable(probe);
            }
            textTypes[text] = probe.typeIds()[at];
        }
        for (int at = from; at < probe.ids().length; at++) {
            if (probe.sequences()[at] >= 0) {
                throw unusable(probe);
            }
        }
        specials[texts] = run(probe, from, probe.ids().length);
        return new Layout(specials, textTypes);
    }

    private static Run run(NativeTokenizer.Encoding probe, int from, int to) {
        return new Run(Arrays.copyOfRange(probe.ids(), from, to), Arrays.copyOfRange(probe.typeIds(), from, to));
    }

    private static IllegalArgumentException unusable(NativeTokenizer.Encoding probe) {
        return new IllegalArgumentException(
            "tokenizer.json: got a template that puts texts like " + Arrays.toString(probe.sequences())
                + " (-1 a special token, 0 the first text, 1 the second), expected each text once, whole and in order, at [post_processor]"
        );
    }
}
