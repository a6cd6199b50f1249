package org.neuralranking.model;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Whether texts of several requests may share one run of a graph. Some graphs answer otherwise in a batch than alone: what is quantised
 * by the range of a whole batch moves with the neighbours.
 */
public enum Batching {
    /** only if a dry run found that the graph answers the same in a batch as alone */
    AUTO,
    /** whatever a dry run found */
    ALWAYS,
    /** every text by itself */
    NEVER;

    /** The name in JSON: lower case. */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws IllegalArgumentException if nothing has this name */
    public static Batching of(String id) {
        for (Batching batching : values()) {
            if (batching.id().equals(id)) {
                return batching;
            }
        }
        throw new IllegalArgumentException(
            "got batching [" + id + "], expected one of " + Arrays.stream(values()).map(Batching::id).collect(Collectors.joining(", ", "[", "]"))
        );
    }
}
