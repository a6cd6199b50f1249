package org.neuralranking.model.bundle;

import java.util.Map;

/**
 * What ONNX Runtime 1.28.0 can read. Found by loading graphs into it, not in its documents; RuntimeVersionsTests holds every number to the
 * runtime that is built in.
 */
final class RuntimeVersions {

    /** Newest version of the file format; the runtime refuses a later one. */
    static final long IR = 13;

    /**
     * Newest released operator set by domain; the runtime refuses later ones. The standard domain has two names, and under the second the
     * runtime forgets to look: it takes operators of an unfinished set.
     */
    static final Map<String, Long> OPSETS = Map.of("", 26L, "ai.onnx", 26L, "ai.onnx.ml", 5L, "com.microsoft", 1L);

    private RuntimeVersions() {}
}
