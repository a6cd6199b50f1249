package org.neuralranking.sparse;

import java.io.IOException;

import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.util.UnicodeUtil;
import org.opensearch.core.xcontent.XContentParser;

/**
 * The form {@code {"token": weight, …}} that a document's vector and a query's {@code tokens} share, and what both demand of it:
 * a token is 1 to {@value #MAX_TOKEN_BYTES} bytes of valid Unicode, dots and blanks included; a weight is a number w with
 * {@code Float.MIN_NORMAL ≤ w ≤ Float.MAX_VALUE} as a float.
 */
final class TokenWeights {

    /** Lucene's longest term, in UTF-8 bytes. */
    static final int MAX_TOKEN_BYTES = IndexWriter.MAX_TERM_LENGTH;

    /** Enough of a token to recognise it in a message. */
    private static final int SHOWN_CHARS = 64;

    private TokenWeights() {}

    /** Takes the (token, weight) pairs of one object, in its order. */
    @FunctionalInterface
    interface Sink {
        void accept(String token, float weight);
    }

    /**
     * Reads one object.
     *
     * @param parser stands on the object's START_OBJECT, afterwards on its END_OBJECT
     * @param where  who asks, to begin a message with, such as {@code field [body_sparse]}
     * @throws IllegalArgumentException if a token or a weight is not as above
     */
    static void read(XContentParser parser, String where, Sink sink) throws IOException {
        while (parser.nextToken() != XContentParser.Token.END_OBJECT) {
            String token = parser.currentName();
            XContentParser.Token value = parser.nextToken();
            checkToken(token, where);
            if (value != XContentParser.Token.VALUE_NUMBER) {
                throw badWeight(value.isValue() ? parser.textOrNull() : value.name(), token, where);
            }
            float weight = parser.floatValue();
            if (isWeight(weight) == false) {
                throw badWeight(parser.text(), token, where);
            }
            sink.accept(token, weight);
        }
    }

    /** Whether a float can be a weight: positive, finite and normal, so that it survives {@link ImpactField}'s encoding. */
    static boolean isWeight(float weight) {
        return weight >= Float.MIN_NORMAL && weight <= Float.MAX_VALUE;
    }

    /** @throws IllegalArgumentException if the token is empty, too long for a term or not valid Unicode */
    static void checkToken(String token, String where) {
        if (token.isEmpty()) {
            throw new IllegalArgumentException(where + ": got an empty token, expected at least one character");
        }
        if (token.length() > MAX_TOKEN_BYTES / UnicodeUtil.MAX_UTF8_BYTES_PER_CHAR) {
            int bytes = UnicodeUtil.calcUTF16toUTF8Length(token, 0, token.length());
            if (bytes > MAX_TOKEN_BYTES) {
                throw new IllegalArgumentException(
                    where + ": got token [" + shown(token) + "] of " + bytes + " UTF-8 bytes, expected at most " + MAX_TOKEN_BYTES
                );
            }
        }
        if (UnicodeUtil.validUTF16String(token) == false) {
            // its term would be another token's: every unpaired surrogate is written as U+FFFD
            throw new IllegalArgumentException(where + ": got a token with an unpaired surrogate, expected valid Unicode");
        }
    }

    /** @throws IllegalArgumentException if the weight is not positive, finite and normal */
    static void checkWeight(String token, float weight, String where) {
        if (isWeight(weight) == false) {
            throw badWeight(Float.toString(weight), token, where);
        }
    }

    private static IllegalArgumentException badWeight(String got, String token, String where) {
        return new IllegalArgumentException(
            where
                + ", token ["
                + shown(token)
                + "]: got weight ["
                + got
                + "], expected a number from "
                + Float.MIN_NORMAL
                + " to "
                + Float.MAX_VALUE
        );
    }

    private static String shown(String token) {
        return token.length() <= SHOWN_CHARS ? token : token.substring(0, SHOWN_CHARS) + "…";
    }
}
