package org.neuralranking.tokenize;

import java.io.Closeable;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

import ai.djl.huggingface.tokenizers.jni.CharSpan;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;

/**
 * A tokenizer of the native library, with truncation and padding off.
 *
 * <p>The library trusts its pointers: a call on a freed one kills the JVM. So every call holds a read lock and {@link #close}
 * waits for the write lock. Calls may run at the same time.
 */
final class NativeTokenizer implements Closeable {

    private static final TokenizersLibrary LIBRARY = TokenizersLibrary.LIB;

    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    /** Address of the native tokenizer; 0 once closed. */
    private long tokenizer;

    /**
     * What the library made of a text, one entry a token. Only what is used: each array is copied out of native memory.
     *
     * @param words which piece of the split text the token is from, -1 if from none
     * @param spans code points of the text, not UTF-16 units; null for a token that stands for none
     */
    record Encoding(int[] ids, int[] words, CharSpan[] spans) {}

    /**
     * @throws IllegalArgumentException if the library cannot use the tokenizer
     * @throws IllegalStateException    if the library cannot be loaded
     */
    NativeTokenizer(String tokenizerJson) {
        TokenizerLibrary.load();
        try {
            tokenizer = LIBRARY.createTokenizerFromString(tokenizerJson);
        } catch (RuntimeException e) {
            throw new IllegalArgumentException("tokenizer.json: got a file that the tokenizer library refuses, expected one that it loads: " + e.getMessage(), e);
        }
        LIBRARY.disableTruncation(tokenizer);
        LIBRARY.disablePadding(tokenizer);
    }

    /**
     * Tokens of a text, without special tokens.
     *
     * @param text without unpaired surrogates
     * @throws IllegalArgumentException if the tokenizer has no token for something in the text, not even one for the unknown
     * @throws IllegalStateException    if closed
     */
    Encoding encode(String text) {
        lock.readLock().lock();
        try {
            if (tokenizer == 0) {
                throw new IllegalStateException("the tokenizer is closed");
            }
            long encoding = nativeEncode(text);
            try {
                return new Encoding(
                    toInts(LIBRARY.getTokenIds(encoding)),
                    toInts(LIBRARY.getWordIds(encoding)),
                    LIBRARY.getTokenCharSpans(encoding)
                );
            } finally {
                LIBRARY.deleteEncoding(encoding);
            }
        } finally {
            lock.readLock().unlock();
        }
    }

    private long nativeEncode(String text) {
        try {
            return LIBRARY.encode(tokenizer, text, false);
        } catch (RuntimeException e) {
            throw new IllegalArgumentException(
                "got a text of " + text.length() + " chars that the tokenizer library cannot tokenize with this tokenizer.json, expected one that it can: "
                    + e.getMessage(),
                e
            );
        }
    }

    private static int[] toInts(long[] longs) {
        int[] ints = new int[longs.length];
        for (int i = 0; i < longs.length; i++) {
            ints[i] = (int) longs[i];
        }
        return ints;
    }

    /** Frees the native memory, after the calls under way; closing twice is fine. */
    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            if (tokenizer != 0) {
                LIBRARY.deleteTokenizer(tokenizer);
                tokenizer = 0;
            }
        } finally {
            lock.writeLock().unlock();
        }
    }
}
