package org.neuralranking.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import org.neuralranking.node.Http;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * Invented films, queries in people's words, and judgments made by reading.
 *
 * @param films  documents as they are indexed, with their {@code id}
 * @param grades query id → film id → grade: 3 what was meant, 2 satisfies the wish, 1 partly, 0 only looks alike
 */
record Catalogue(List<JsonNode> films, List<Query> queries, Map<String, Map<String, Integer>> grades) {

    record Query(String id, String text, String kind) {}

    /** @param directory with films.ndjson, queries.ndjson and judgments.ndjson */
    static Catalogue read(Path directory) {
        List<Query> queries = lines(directory.resolve("queries.ndjson")).stream()
            .map(q -> new Query(q.required("id").asText(), q.required("text").asText(), q.required("kind").asText()))
            .toList();
        Map<String, Map<String, Integer>> grades = lines(directory.resolve("judgments.ndjson")).stream()
            .collect(
                Collectors.groupingBy(
                    judgment -> judgment.required("query").asText(),
                    Collectors.toMap(judgment -> judgment.required("film").asText(), judgment -> judgment.required("grade").asInt())
                )
            );
        return new Catalogue(lines(directory.resolve("films.ndjson")), queries, grades);
    }

    /** The queries that have an answer in the catalogue; the others are wishes that no film fulfils. */
    List<Query> queriesWithAnswer() {
        return queries.stream()
            .filter(query -> grades.getOrDefault(query.id(), Map.of()).values().stream().anyMatch(grade -> grade > 0))
            .toList();
    }

    private static List<JsonNode> lines(Path file) {
        try {
            return Http.JSON.readerFor(JsonNode.class).<JsonNode>readValues(Files.newBufferedReader(file)).readAll();
        } catch (IOException e) {
            throw new UncheckedIOException("could not read " + file, e);
        }
    }
}
