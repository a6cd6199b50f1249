package org.neuralranking.model.registry;

import java.nio.charset.StandardCharsets;

import org.apache.lucene.util.BytesRef;

/**
 * A name under which models are asked for: an id, which stands for all of its aliases too, or one alias {@code id@alias} alone.
 */
public record ModelName(String name) {
    private static final char ALIAS = '@';

    /** Whether somebody who wrote {@code value} means this model; never for what is no text. */
    public boolean isMeantBy(Object value) {
        return value instanceof String text
            && text.startsWith(name)
            && (text.length() == name.length() || text.charAt(name.length()) == ALIAS && name.indexOf(ALIAS) < 0);
    }

    /**
     * Whether {@link #isMeantBy} could hold for a value of this document: cheap, never false where it does, seldom true where it does not.
     *
     * @param document JSON, or anything else, for which the answer is always true
     */
    boolean mayBeMeantIn(BytesRef document) {
        byte[] bytes = document.bytes;
        int end = document.offset + document.length;
        if (document.length == 0 || bytes[document.offset] != '{') {
            return true;
        }
        byte[] quoted = ('"' + name).getBytes(StandardCharsets.UTF_8);
        for (int i = document.offset; i < end; i++) {
            if (bytes[i] == '\\') {
                return true; // an escape can stand for any char of the name
            }
            if (bytes[i] == '"' && i + quoted.length < end && (bytes[i + quoted.length] == '"' || bytes[i + quoted.length] == ALIAS) && begins(bytes, i, quoted)) {
                return true;
            }
        }
        return false;
    }

    private static boolean begins(byte[] bytes, int at, byte[] with) {
        for (int i = 1; i < with.length; i++) {
            if (bytes[at + i] != with[i]) {
                return false;
            }
        }
        return true;
    }
}
