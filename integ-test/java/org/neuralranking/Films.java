package org.neuralranking;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;

import org.neuralranking.node.Http;
import org.neuralranking.node.ProjectFiles;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Some films of the demo's catalogue as documents {@code {"title", "overview", "text"}}, text being "title. overview". */
public final class Films {

    private Films() {}

    public record Film(String id, String title, String overview) {
        String text() {
            return title + ". " + overview;
        }
    }

    /** The first films that fit into 128 tokens by a wide margin. */
    public static List<Film> some(int count) {
        try {
            return Files.readAllLines(ProjectFiles.project().resolve("src/demo/catalogue/films.ndjson"))
                .stream()
                .map(Films::parse)
                .filter(film -> film.text().split("\\s+").length < 70)
                .limit(count)
                .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Film parse(String line) {
        try {
            JsonNode film = Http.JSON.readTree(line);
            return new Film(film.get("id").asText(), film.get("title").asText(), film.get("overview").asText());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Lines of a bulk request. */
    public static String bulk(List<Film> films) {
        StringBuilder lines = new StringBuilder();
        for (Film film : films) {
            ObjectNode document = Http.JSON.createObjectNode();
            document.put("title", film.title()).put("overview", film.overview()).put("text", film.text());
            lines.append("{\"index\":{\"_id\":\"").append(film.id()).append("\"}}\n").append(document).append('\n');
        }
        return lines.toString();
    }

    public static final String PIPELINE = """
        {"processors": [{"learned_sparse": {"model_id": "minilm-sparse-doc", "field_map": {"text": "text_sparse"}}}]}""";

    public static String index(int shards, int replicas) {
        return """
            {"settings": {"number_of_shards": %d, "number_of_replicas": %d, "default_pipeline": "films",
                          "index.unassigned.node_left.delayed_timeout": "0"},
             "mappings": {"properties": {"title": {"type": "text"}, "overview": {"type": "text"}, "text": {"type": "text"},
                                         "text_sparse": {"type": "learned_sparse"}}}}""".formatted(shards, replicas);
    }

    public static String sparse(String query, int size) {
        return """
            {"query": {"learned_sparse": {"text_sparse": {"query_text": "%s", "model_id": "minilm-sparse-doc"}}}, "size": %d}"""
            .formatted(query, size);
    }

    /** All documents, rescored. */
    public static String rescored(String query, int size) {
        return """
            {"query": {"match_all": {}}, "size": %d,
             "rescore": {"window_size": %d, "neural": {"model_id": "minilm-cross-encoder", "query_text": "%s",
                         "document": {"fields": ["text"]}, "budget": "60s", "on_failure": "fail"}}}""".formatted(size, size, query);
    }
}
