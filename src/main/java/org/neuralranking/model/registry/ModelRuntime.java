package org.neuralranking.model.registry;

import org.neuralranking.model.bundle.Bundle;

/** What makes a checked bundle answer: the seam through which this room, at the bottom, reaches the inference engine above it. */
public interface ModelRuntime {

    /**
     * Opens tokenizer and graph and lets them run once. Blocks; never called for a content that is loaded.
     *
     * @throws IllegalArgumentException if the content cannot be used, with got, expected and where
     */
    void load(Bundle bundle) throws Exception;

    /** Gives the content up; requests under way finish first. */
    void unload(String hash);
}
