package org.neuralranking.tokenize;

import java.io.Closeable;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

import ai.djl.huggingface.tokenizers.jni.CharSpan;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;

/**
 * The oracle: the native library's own tokenizer for a file as it is, special tokens in texts included, its template too, and nothing of
 * ours in between. For one thread; must not be called once closed.
 */
final class UntouchedLibrary implements Closeable {

    private static final TokenizersLibrary LIBRARY = TokenizersLibrary.LIB;

    private final long tokenizer;

    /** @param spans code points of the text; null for a special token */
    record Encoding(int[] ids, int[] typeIds, CharSpan[] spans) {}

    UntouchedLibrary(byte[] tokenizerJson) {
        TokenizerLibrary.load();
        tokenizer = LIBRARY.createTokenizerFromString(new String(tokenizerJson, StandardCharsets.UTF_8));
        LIBRARY.disableTruncation(tokenizer);
        LIBRARY.disablePadding(tokenizer);
    }

    Encoding withoutSpecials(String text) {
        return read(LIBRARY.encode(tokenizer, text, false));
    }

    Encoding withSpecials(String text) {
        return read(LIBRARY.encode(tokenizer, text, true));
    }

    Encoding withSpecials(String first, String second) {
        return read(LIBRARY.encodeDual(tokenizer, first, second, true));
    }

    private static Encoding read(long encoding) {
        try {
            return new Encoding(
                toInts(LIBRARY.getTokenIds(encoding)),
                toInts(LIBRARY.getTypeIds(encoding)),
                LIBRARY.getTokenCharSpans(encoding)
            );
        } finally {
            LIBRARY.deleteEncoding(encoding);
        }
    }

    private static int[] toInts(long[] longs) {
        return Arrays.stream(longs).mapToInt(Math::toIntExact).toArray();
    }

    @Override
    public void close() {
        LIBRARY.deleteTokenizer(tokenizer);
    }
}
