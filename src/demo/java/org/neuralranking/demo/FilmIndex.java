package org.neuralranking.demo;

import java.util.List;

import org.neuralranking.node.CountProgress;
import org.neuralranking.node.Http;
import org.neuralranking.node.ModelRegistration;

import com.fasterxml.jackson.databind.JsonNode;

/** The films in OpenSearch: two models, one pipeline, one index. */
final class FilmIndex {
    static final String NAME = "films";
    static final String ENCODER = "minilm-sparse-doc";
    static final String CROSS_ENCODER = "minilm-cross-encoder";
    /** Both models were trained on title and overview as one text, joined so. */
    static final String SEPARATOR = ". ";

    private static final String PIPELINE = "films";
    private static final int BULK_FILMS = 32;

    /** Reads what BM25 reads; the set processor's templates are Mustache. */
    private static final String PIPELINE_BODY = """
        {"processors": [
          {"set": {"field": "text", "value": "{{{title}}}%s{{{overview}}} {{#genres}}{{{.}}} {{/genres}}{{#people}}{{{.}}} {{/people}}"}},
          {"learned_sparse": {"model_id": "%s", "field_map": {"text": "text_sparse"}}},
          {"remove": {"field": "text"}}
        ]}""".formatted(SEPARATOR, ENCODER);

    /** Sorted, so that films of equal score come in the same order in every run. */
    private static final String INDEX_BODY = """
        {"settings": {"number_of_shards": 1, "number_of_replicas": 0, "sort.field": "id", "default_pipeline": "%s"},
         "mappings": {"properties": {
           "id": {"type": "keyword"},
           "title": {"type": "text", "analyzer": "english"},
           "overview": {"type": "text", "analyzer": "english"},
           "genres": {"type": "text", "analyzer": "english"},
           "people": {"type": "text", "analyzer": "english"},
           "year": {"type": "integer"},
           "text_sparse": {"type": "learned_sparse"}
         }}}""".formatted(PIPELINE);

    private final Http http;

    FilmIndex(Http http) {
        this.http = http;
    }

    void registerModels() {
        ModelRegistration.register(http, ENCODER);
        ModelRegistration.register(http, CROSS_ENCODER);
    }

    void create() {
        http.put("/_ingest/pipeline/" + PIPELINE, PIPELINE_BODY).ok();
        http.put("/" + NAME, INDEX_BODY).ok();
    }

    void load(List<JsonNode> films) {
        CountProgress progress = new CountProgress("Indexed", "of " + films.size() + " films through the pipeline");
        for (int from = 0; from < films.size(); from += BULK_FILMS) {
            List<JsonNode> part = films.subList(from, Math.min(films.size(), from + BULK_FILMS));
            StringBuilder lines = new StringBuilder();
            for (JsonNode film : part) {
                lines.append("{\"index\": {\"_id\": ").append(film.get("id")).append("}}\n").append(film).append('\n');
            }
            http.bulk("/" + NAME + "/_bulk", lines.toString()).ok();
            progress.at(from + part.size());
        }
        progress.end(films.size());
        http.post("/" + NAME + "/_forcemerge?max_num_segments=1", null).ok();
        http.post("/" + NAME + "/_refresh", null).ok();
    }
}
