package org.neuralranking.demo;

import com.fasterxml.jackson.databind.JsonNode;

import org.neuralranking.node.Answer;
import org.neuralranking.node.Http;

import java.time.Duration;
import java.util.List;
import java.util.function.IntConsumer;

/** The films in OpenSearch: two models, one pipeline, one index. */
final class FilmIndex {
    static final String NAME = "films";
    static final String ENCODER = "minilm-sparse-doc";
    static final String CROSS_ENCODER = "minilm-cross-encoder";
    /** Both models were trained on title and text as one. */
    static final String SEPARATOR = ". ";

    private static final String PIPELINE = "films";
    private static final int BULK_FILMS = 32;
    private static final Duration MODEL_DEADLINE = Duration.ofMinutes(2);

    private static final String PIPELINE_BODY = """
        {"processors": [
          {"set": {"field": "text", "value": "{{{title}}}%s{{{overview}}}"}},
          {"learned_sparse": {"model_id": "%s", "field_map": {"text": "text_sparse"}}},
          {"remove": {"field": "text"}}
        ]}""".formatted(SEPARATOR, ENCODER);

    private static final String INDEX_BODY = """
        {"settings": {"number_of_shards": 1, "number_of_replicas": 0, "default_pipeline": "%s"},
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
        register(ENCODER, "{\"texts\": [\"ready\"]}");
        register(CROSS_ENCODER, "{\"query\": \"ready\", \"documents\": [\"ready\"]}");
    }

    private void register(String model, String trial) {
        String path = "/_plugins/_neural_ranking/models/" + model;
        http.put(path, "{\"path\": \"" + model + "\"}").ok();
        Http.waitFor("model [" + model + "] is loaded", MODEL_DEADLINE, () -> {
            Answer answer = http.post(path + "/_infer", trial);
            return answer.status() != 503 && answer.ok() != null;
        });
    }

    void create() {
        http.put("/_ingest/pipeline/" + PIPELINE, PIPELINE_BODY).ok();
        http.put("/" + NAME, INDEX_BODY).ok();
    }

    /** @param progress is told the number of films indexed so far */
    void load(List<JsonNode> films, IntConsumer progress) {
        for (int from = 0; from < films.size(); from += BULK_FILMS) {
            List<JsonNode> part = films.subList(from, Math.min(films.size(), from + BULK_FILMS));
            StringBuilder lines = new StringBuilder();
            for (JsonNode film : part) {
                lines.append("{\"index\": {\"_id\": ").append(film.get("id")).append("}}\n").append(film).append('\n');
            }
            http.bulk("/" + NAME + "/_bulk", lines.toString()).ok();
            progress.accept(from + part.size());
        }
        http.post("/" + NAME + "/_forcemerge?max_num_segments=1", null).ok();
        http.post("/" + NAME + "/_refresh", null).ok();
    }
}
