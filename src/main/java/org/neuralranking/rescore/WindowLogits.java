package org.neuralranking.rescore;

import java.util.Arrays;
import java.util.Objects;

/**
 * Logits of the hits of a window, in first-stage order.
 *
 * @param logits      [window] null where a hit has none: it has no text, or there was no time
 * @param withoutText how many of the hits were found to have no text
 */
record WindowLogits(Float[] logits, int withoutText) {

    /** Nothing was scored. */
    static WindowLogits none(int hits) {
        return new WindowLogits(new Float[hits], 0);
    }

    int size() {
        return logits.length;
    }

    Float logit(int hit) {
        return logits[hit];
    }

    long scored() {
        return Arrays.stream(logits).filter(Objects::nonNull).count();
    }

    /** Whether every hit with text has a logit. */
    boolean complete() {
        return scored() + withoutText == logits.length;
    }
}
