package org.neuralranking.model.registry;

import org.neuralranking.model.bundle.Bundle;

/** What makes a checked bundle answer: the seam through which this room, at the bottom, reaches the inference engine above it. */
public interface ModelRuntime {

    /**
     * Opens tokenizer and graph and tries them out. Blocks; never called for a content that is loaded.
     *
     * @throws IllegalArgumentException if the content cannot be used, with got, expected and where
     * @throws org.opensearch.core.common.breaker.CircuitBreakingException (429) if this node has not enough memory for it
     */
    LoadReport load(Bundle bundle) throws Exception;

    /** Gives the content up; requests under way finish first. */
    void unload(String hash);
}
