package org.neuralranking.model.registry;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

import org.opensearch.cluster.ClusterState;
import org.opensearch.ingest.IngestMetadata;
import org.opensearch.search.pipeline.SearchPipelineMetadata;

/**
 * Ingest and search pipelines that name a model in a clause of this plugin, however deep: in {@code on_failure}, in {@code foreach}, in a
 * query that a search pipeline adds.
 *
 * <p>Other plugins have a {@code model_id} too. Whose one is, the nearest clause around it says. What stands directly below a clause's name
 * is a parameter or a field, and fields may be called like clauses.
 */
final class PipelinesNaming implements ModelUser {
    private static final String MODEL_ID = "model_id";

    /** Processors, queries and rescorers of this plugin that take a model, also those which hand it on to a clause inside. */
    private static final Set<String> OURS = Set.of(
        "learned_sparse",
        "token_ids",
        "embedding",
        "token_vectors",
        "relevance_filter",
        "late_interaction",
        "learned_ranker"
    );
    /** Our rescorer; anywhere else this is a query of neural-search. */
    private static final String RESCORER = "neural";
    private static final String RESCORE = "rescore";

    /** Processors and queries of neural-search and ml-commons whose {@code model_id} is one of ml-commons. */
    private static final Set<String> FOREIGN = Set.of(
        RESCORER,
        "neural_sparse",
        "text_embedding",
        "text_image_embedding",
        "sparse_encoding",
        "ml_inference",
        "rerank",
        "retrieval_augmented_generation"
    );

    private enum Clause {
        NONE,
        OURS,
        FOREIGN
    }

    @Override
    public Stream<String> naming(ClusterState state, ModelName model) {
        IngestMetadata ingest = state.metadata().custom(IngestMetadata.TYPE);
        SearchPipelineMetadata search = state.metadata().custom(SearchPipelineMetadata.TYPE);
        Stream<String> ingesting = ingest == null
            ? Stream.empty()
            : ingest.getPipelines().values().stream().filter(p -> names(p.getConfigAsMap(), model)).map(p -> "ingest pipeline [" + p.getId() + "]");
        Stream<String> searching = search == null
            ? Stream.empty()
            : search.getPipelines().values().stream().filter(p -> names(p.getConfigAsMap(), model)).map(p -> "search pipeline [" + p.getId() + "]");
        return Stream.concat(ingesting, searching);
    }

    /** @param pipeline as its author wrote it, read as JSON */
    static boolean names(Map<String, Object> pipeline, ModelName model) {
        return names(pipeline, "", Clause.NONE, Clause.NONE, model);
    }

    /**
     * @param key   that {@code value} stands under, lists left out
     * @param is    what clause {@code key} is the name of
     * @param owner the nearest clause around, {@code is} included
     */
    private static boolean names(Object value, String key, Clause is, Clause owner, ModelName model) {
        if (value instanceof List<?> list) {
            return list.stream().anyMatch(element -> names(element, key, is, owner, model));
        }
        if (!(value instanceof Map<?, ?> map)) {
            return false;
        }
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            String below = (String) entry.getKey();
            if (owner == Clause.OURS && below.equals(MODEL_ID) && model.isMeantBy(entry.getValue())) {
                return true;
            }
            Clause clause = is == Clause.NONE ? clause(below, key) : Clause.NONE;
            if (names(entry.getValue(), below, clause, clause == Clause.NONE ? owner : clause, model)) {
                return true;
            }
        }
        return false;
    }

    private static Clause clause(String key, String above) {
        if (OURS.contains(key) || key.equals(RESCORER) && above.equals(RESCORE)) {
            return Clause.OURS;
        }
        return FOREIGN.contains(key) ? Clause.FOREIGN : Clause.NONE;
    }
}
