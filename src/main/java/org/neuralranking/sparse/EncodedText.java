package org.neuralranking.sparse;

import java.util.List;

/**
 * What became of a text.
 *
 * @param truncated whether the text was longer than the model takes
 */
record EncodedText(SparseVector vector, boolean truncated) {

    static final EncodedText BLANK = new EncodedText(SparseVector.EMPTY, false);

    static List<SparseVector> vectors(List<EncodedText> encoded) {
        return encoded.stream().map(EncodedText::vector).toList();
    }
}
