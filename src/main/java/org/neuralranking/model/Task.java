package org.neuralranking.model;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What a model does; decides which clauses may name it. */
public enum Task {
    /** text → {token: weight}; documents through the graph, queries through {@code idf.json} where the bundle has one */
    SPARSE_ENCODER,
    /** text → one vector */
    EMBEDDING,
    /** text → one vector per token */
    TOKEN_EMBEDDING,
    /** (query, document) → one relevance logit */
    CROSS_ENCODER,
    /** (query, document) → P(yes) from a language model's logits at the last position */
    YES_NO_RANKER,
    /** (query, documents) → one score each, in one pass */
    LISTWISE_RANKER,
    /** (query, document, document) → which is better */
    PAIRWISE_RANKER,
    /** feature vector → score */
    FEATURE_RANKER;

    /** The name in JSON: lower case with underscores. */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws IllegalArgumentException if no task has this name */
    public static Task of(String id) {
        for (Task task : values()) {
            if (task.id().equals(id)) {
                return task;
            }
        }
        throw new IllegalArgumentException(
            "got task [" + id + "], expected one of " + Arrays.stream(values()).map(Task::id).collect(Collectors.joining(", ", "[", "]"))
        );
    }
}
