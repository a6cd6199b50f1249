package org.neuralranking.sparse;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A text of a document, or a list of them, that is being encoded.
 *
 * @param object the object that holds it
 * @param target key in {@code object} for what comes out
 * @param texts  at least one, none blank
 * @param list   whether the document has a list, so that a list comes out
 */
record SourceText(Map<String, Object> object, String target, List<String> texts, boolean list) {

    /**
     * Writes what came out into the document. Without any token there is no value.
     *
     * @param vectors one per text
     */
    void write(List<SparseVector> vectors) {
        assert vectors.size() == texts.size();
        List<Map<String, Object>> values = new ArrayList<>(vectors.size());
        for (SparseVector vector : vectors) {
            if (vector.isEmpty() == false) {
                values.add(vector.toMap());
            }
        }
        if (values.isEmpty() == false) {
            object.put(target, list ? values : values.getFirst());
        }
    }
}
