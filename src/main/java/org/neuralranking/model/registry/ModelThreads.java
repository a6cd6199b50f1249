package org.neuralranking.model.registry;

/** Thread pools by name, where other rooms and the plugin's wiring find them. */
public final class ModelThreads {

    /** Long work that may block: reading and loading bundles, later training and estimating. */
    public static final String BUILD = "neural_ranking_build";
    /** Runs graphs; never blocks on anything else. */
    public static final String INFERENCE = "neural_ranking_inference";

    private ModelThreads() {}
}
