package org.neuralranking.tokenize;

/**
 * The beginning of a text in the form that the native library takes, and the way back from its offsets.
 *
 * <p>The library counts code points and takes no half of a surrogate pair; Java's strings count UTF-16 units and may hold halves.
 */
final class TextPrefix {

    /** How far back from the limit a word's end is looked for; words are rarely longer, and a cut inside one is no error. */
    private static final int LOOK_BACK_CHARS = 64;

    private static final char REPLACEMENT = '\uFFFD';

    /** The prefix, char for char as long as in the text, with unpaired surrogates replaced by U+FFFD. */
    final String text;
    /** [code points + 1] the UTF-16 offset of each code point; null where all are in the basic plane, so offsets are the same. */
    private final int[] charOffsets;

    /** @param maxChars length of the prefix in UTF-16 units at most; it ends after a word if one ends shortly before */
    TextPrefix(String whole, int maxChars) {
        text = wellFormed(whole.substring(0, end(whole, maxChars)));
        charOffsets = charOffsets(text);
    }

    /** UTF-16 offset of a code point offset. */
    int charOffset(int codePoint) {
        return charOffsets == null ? codePoint : charOffsets[codePoint];
    }

    private static int end(String whole, int maxChars) {
        if (whole.length() <= maxChars) {
            return whole.length();
        }
        for (int at = maxChars; at > 0 && at >= maxChars - LOOK_BACK_CHARS; at--) {
            if (Character.isWhitespace(whole.charAt(at)) && Character.isLetterOrDigit(whole.charAt(at - 1))) {
                return at;
            }
        }
        boolean insidePair = maxChars > 0
            && Character.isLowSurrogate(whole.charAt(maxChars))
            && Character.isHighSurrogate(whole.charAt(maxChars - 1));
        return insidePair ? maxChars - 1 : maxChars;
    }

    private static String wellFormed(String text) {
        StringBuilder repaired = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c) == false) {
                continue;
            }
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
                continue;
            }
            repaired = repaired == null ? new StringBuilder(text) : repaired;
            repaired.setCharAt(i, REPLACEMENT);
        }
        return repaired == null ? text : repaired.toString();
    }

    private static int[] charOffsets(String wellFormed) {
        int codePoints = wellFormed.codePointCount(0, wellFormed.length());
        if (codePoints == wellFormed.length()) {
            return null;
        }
        int[] offsets = new int[codePoints + 1];
        for (int codePoint = 0, at = 0; codePoint < codePoints; codePoint++) {
            offsets[codePoint] = at;
            at += Character.charCount(wellFormed.codePointAt(at));
        }
        offsets[codePoints] = wellFormed.length();
        return offsets;
    }
}
