package org.neuralranking.tokenize;

import java.io.Closeable;
import java.util.Arrays;
import java.util.List;

import ai.djl.huggingface.tokenizers.jni.CharSpan;

/**
 * Text → token ids, by a model's own {@code tokenizer.json}.
 *
 * <p>Texts are tokenized without special tokens, and rows are put together afterwards: so the tokens of a document can be kept,
 * cut and paired with any query without tokenizing again. A special token's name inside a text is text: no document can forge a
 * separator (see {@link SpecialTokenGuard}).
 *
 * <p>Cost: about a microsecond a token, whatever the length of the text, because only as much of it is read as is asked for.
 * Thread safe; {@link #close} waits for the calls under way.
 */
public final class Tokenizer implements Closeable {

    /** How many chars to read first for a token asked for; English has 4 to 5.5 a token, so one reading is mostly enough. */
    private static final int CHARS_PER_TOKEN = 6;
    /** The same for short requests, where a single long word would make a second reading necessary. */
    private static final int EXTRA_CHARS = 128;
    /** How much longer the next reading is if the first was too short; all readings together cost at most a third more than the last. */
    private static final int GROWTH = 4;
    /**
     * How many words at the end of a prefix may still change when more text follows. The text before a cut is split the same way
     * as without the cut but for the last word and what a splitting rule looks ahead to, at most {@code 're} after an apostrophe.
     * A tokenizer that does not split texts into words has one word, is never certain, and so reads all of the text.
     */
    private static final int UNCERTAIN_WORDS = 4;

    private final NativeTokenizer tokenizer;
    private final Vocabulary vocabulary;
    private final SequenceTemplate template;
    private final int maxChars;

    private Tokenizer(NativeTokenizer tokenizer, Vocabulary vocabulary, SequenceTemplate template, int maxChars) {
        this.tokenizer = tokenizer;
        this.vocabulary = vocabulary;
        this.template = template;
        this.maxChars = maxChars;
    }

    /**
     * @param tokenizerJson the file, UTF-8; its own truncation and padding are ignored
     * @param maxChars      how much of a text is looked at, in UTF-16 units; what is behind counts as truncated
     * @throws IllegalArgumentException if the file is no usable tokenizer; says got, expected, where
     * @throws IllegalStateException    if this platform has no native tokenizer library
     */
    public static Tokenizer open(byte[] tokenizerJson, int maxChars) {
        if (maxChars < 1) {
            throw new IllegalArgumentException("got a maximum of " + maxChars + " chars, expected at least 1");
        }
        // parsed first: its errors say more than the library's, and the library must not see what is not even JSON
        TokenizerFile file = TokenizerFile.parse(tokenizerJson);
        Vocabulary vocabulary = Vocabulary.of(file);
        String guarded = SpecialTokenGuard.rename(tokenizerJson, vocabulary, file.template);
        return new Tokenizer(new NativeTokenizer(guarded), vocabulary, file.template, maxChars);
    }

    public Vocabulary vocabulary() {
        return vocabulary;
    }

    /** How many special tokens a single text gets. */
    public int singleSpecials() {
        return template.single().size();
    }

    /** How many special tokens a pair gets. */
    public int pairSpecials() {
        return template.pair().size();
    }

    /**
     * The first {@code maxTokens} tokens of a text, without special tokens: the same ones as if all of the text were tokenized.
     *
     * @throws IllegalStateException if the tokenizer is closed
     */
    public Tokens tokenize(String text, int maxTokens) {
        if (maxTokens < 0) {
            throw new IllegalArgumentException("got a maximum of " + maxTokens + " tokens, expected none or more");
        }
        int readable = Math.min(text.length(), maxChars);
        long chars = (long) maxTokens * CHARS_PER_TOKEN + EXTRA_CHARS;
        while (chars * 2 < readable) { // from half of the text on, all of it costs no more than a second reading
            TextPrefix prefix = new TextPrefix(text, (int) chars);
            NativeTokenizer.Encoding encoding = tokenizer.encode(prefix.text);
            if (certain(encoding.words()) > maxTokens) {
                return tokens(encoding, prefix, maxTokens, true);
            }
            chars *= GROWTH;
        }
        TextPrefix prefix = new TextPrefix(text, readable);
        NativeTokenizer.Encoding encoding = tokenizer.encode(prefix.text);
        return tokens(encoding, prefix, maxTokens, readable < text.length());
    }

    /** How many of a prefix's tokens stay the same whatever text follows. */
    static int certain(int[] words) {
        int uncertainWords = 0;
        for (int i = words.length - 1; i > 0; i--) {
            if (words[i] != words[i - 1] && ++uncertainWords == UNCERTAIN_WORDS) {
                return i;
            }
        }
        return 0;
    }

    private static Tokens tokens(NativeTokenizer.Encoding encoding, TextPrefix text, int maxTokens, boolean moreText) {
        int size = Math.min(maxTokens, encoding.ids().length);
        int[] starts = new int[size];
        int[] ends = new int[size];
        for (int i = 0; i < size; i++) {
            CharSpan span = encoding.spans()[i];
            if (span == null) { // a token that stands for no char, such as a prefix space: where the one before ends
                starts[i] = ends[i] = i == 0 ? 0 : ends[i - 1];
            } else {
                starts[i] = text.charOffset(span.getStart());
                ends[i] = text.charOffset(span.getEnd());
            }
        }
        int[] ids = size == encoding.ids().length ? encoding.ids() : Arrays.copyOf(encoding.ids(), size);
        return new Tokens(ids, starts, ends, moreText || size < encoding.ids().length);
    }

    /**
     * A row of one text, cut to {@code maxTokens} tokens with its special tokens.
     *
     * @throws IllegalArgumentException if not even the special tokens fit
     */
    public TokenSequence single(Tokens text, int maxTokens) {
        int length = Math.min(text.size(), singleRoom(maxTokens));
        return template.single().fill(new int[][] { text.ids() }, new int[] { length }, text.truncated() || length < text.size());
    }

    private int singleRoom(int maxTokens) {
        if (maxTokens < singleSpecials()) {
            throw new IllegalArgumentException(
                "got a maximum of " + maxTokens + " tokens, expected at least the " + singleSpecials() + " special tokens around a text"
            );
        }
        return maxTokens - singleSpecials();
    }

    /**
     * A row of a query and a document, cut to {@code maxTokens} tokens with its special tokens. Only the document is cut.
     *
     * @throws IllegalArgumentException if the query leaves no room for a document; whether it does is the same for every document
     */
    public TokenSequence pair(Tokens query, Tokens document, int maxTokens) {
        int room = maxTokens - pairSpecials() - query.size();
        if (room < 1) {
            throw new IllegalArgumentException(
                "got a query of " + query.size() + " tokens, expected at most " + (maxTokens - pairSpecials() - 1) + ": of " + maxTokens
                    + " tokens the document needs at least 1 and the special tokens need " + pairSpecials()
            );
        }
        int length = Math.min(document.size(), room);
        boolean truncated = query.truncated() || document.truncated() || length < document.size();
        return template.pair().fill(new int[][] { query.ids(), document.ids() }, new int[] { query.size(), length }, truncated);
    }

    /**
     * Several texts as one, with the tokenizer's separator between them, or nothing if it has none. Offsets stay those in their
     * own text; a separator spans no chars, at the end of the text before it.
     */
    public Tokens join(List<Tokens> parts) {
        int separators = vocabulary.separatorId() == Vocabulary.UNKNOWN ? 0 : Math.max(0, parts.size() - 1);
        int size = separators + parts.stream().mapToInt(Tokens::size).sum();
        int[] ids = new int[size];
        int[] starts = new int[size];
        int[] ends = new int[size];
        boolean truncated = false;
        int at = 0;
        for (int i = 0; i < parts.size(); i++) {
            Tokens part = parts.get(i);
            if (i > 0 && separators > 0) {
                ids[at] = vocabulary.separatorId();
                starts[at] = ends[at] = at == 0 ? 0 : ends[at - 1];
                at++;
            }
            System.arraycopy(part.ids(), 0, ids, at, part.size());
            System.arraycopy(part.starts(), 0, starts, at, part.size());
            System.arraycopy(part.ends(), 0, ends, at, part.size());
            at += part.size();
            truncated |= part.truncated();
        }
        return new Tokens(ids, starts, ends, truncated);
    }

    /**
     * Rows over all of a long text, each of at most {@code maxTokens} tokens with its special tokens.
     *
     * @param stride how many tokens of the text a row shares with the one before
     * @return one row at least; {@code truncated} says that the text itself was
     * @throws IllegalArgumentException if the stride is negative or leaves a row no token of its own
     */
    public List<TokenSequence> windows(Tokens text, int maxTokens, int stride) {
        return Windows.over(text.size(), singleRoom(maxTokens), stride).stream().map(window -> {
            int[] ids = Arrays.copyOfRange(text.ids(), window.from(), window.to());
            return template.single().fill(new int[][] { ids }, new int[] { ids.length }, text.truncated());
        }).toList();
    }

    /** Frees the native tokenizer, after the calls under way. Vocabulary and row building keep working; closing twice is fine. */
    @Override
    public void close() {
        tokenizer.close();
    }
}
