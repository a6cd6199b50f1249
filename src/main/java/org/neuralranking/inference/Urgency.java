package org.neuralranking.inference;

/** Who waits for the result. */
public enum Urgency {
    /** a search: somebody looks at a screen */
    SEARCH,
    /** a bulk: throughput counts */
    INGEST
}
