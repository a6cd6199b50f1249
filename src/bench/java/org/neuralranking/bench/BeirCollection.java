package org.neuralranking.bench;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

import org.neuralranking.node.Http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;

/**
 * A test collection in the layout of BEIR (Thakur et al., NeurIPS 2021): {@code corpus.jsonl.gz} with {@code _id, title, text},
 * {@code queries.jsonl} with {@code _id, text}, {@code qrels.tsv} with a header. Beside them may lie lists of queries,
 * {@code heldout*.txt}, one query id a line: what the models were not trained on.
 *
 * @param queries id → text
 * @param grades  query id → document id → grade
 * @param lists   name of the list without {@code .txt} → query ids
 */
record BeirCollection(Path directory, Map<String, String> queries, Map<String, Map<String, Integer>> grades, Map<String, Set<String>> lists) {

    record Document(String id, String title, String text) {
        private boolean repeatsTitle() {
            return text.startsWith(title);
        }
    }

    static BeirCollection read(Path directory) {
        try {
            return new BeirCollection(
                directory,
                queries(directory.resolve("queries.jsonl")),
                grades(directory.resolve("qrels.tsv")),
                lists(directory)
            );
        } catch (IOException e) {
            throw new UncheckedIOException("not readable as a collection in BEIR layout: " + directory, e);
        }
    }

    /** Reads the corpus once more; it is never in memory as a whole. */
    void forEachDocument(Consumer<Document> action) {
        boolean titlesTwice = repeatsTitles();
        read(document -> action.accept(titlesTwice && document.repeatsTitle() ? new Document(document.id, "", document.text) : document));
    }

    /**
     * Some collections begin every text with its title. There it is left out: counted twice it would change lengths and frequencies, and
     * take the place of text that a model has room for. A few texts that begin with their title by chance change nothing.
     */
    private boolean repeatsTitles() {
        int[] titled = { 0 };
        int[] repeated = { 0 };
        read(document -> {
            if (document.title.isEmpty() == false) {
                titled[0]++;
                repeated[0] += document.repeatsTitle() ? 1 : 0;
            }
        });
        return titled[0] > 0 && repeated[0] > 0.9 * titled[0];
    }

    private void read(Consumer<Document> action) {
        Path corpus = directory.resolve("corpus.jsonl.gz");
        try (InputStream lines = new GZIPInputStream(new BufferedInputStream(Files.newInputStream(corpus)))) {
            MappingIterator<JsonNode> documents = Http.JSON.readerFor(JsonNode.class).readValues(lines);
            while (documents.hasNextValue()) {
                JsonNode line = documents.nextValue();
                action.accept(new Document(line.required("_id").asText(), line.path("title").asText(), line.required("text").asText()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("could not read " + corpus, e);
        }
    }

    /** The queries with a judged positive: those on the lists if there are lists, else all; in the order of the file. */
    List<String> queriesToEvaluate() {
        Set<String> listed = new LinkedHashSet<>();
        lists.values().forEach(listed::addAll);
        return queries.keySet().stream().filter(id -> listed.isEmpty() || listed.contains(id)).filter(this::hasPositive).toList();
    }

    private boolean hasPositive(String query) {
        return grades.getOrDefault(query, Map.of()).values().stream().anyMatch(grade -> grade > 0);
    }

    private static Map<String, String> queries(Path file) throws IOException {
        Map<String, String> queries = new LinkedHashMap<>();
        try (MappingIterator<JsonNode> lines = Http.JSON.readerFor(JsonNode.class).readValues(Files.newBufferedReader(file))) {
            while (lines.hasNextValue()) {
                JsonNode line = lines.nextValue();
                queries.put(line.required("_id").asText(), line.required("text").asText());
            }
        }
        return queries;
    }

    private static Map<String, Map<String, Integer>> grades(Path file) throws IOException {
        Map<String, Map<String, Integer>> grades = new HashMap<>();
        try (Stream<String> lines = Files.lines(file)) {
            lines.skip(1).map(line -> line.split("\t")).forEach(columns -> {
                if (columns.length != 3) {
                    throw new IllegalArgumentException("expected query, document and grade in " + file + ", got " + String.join(" | ", columns));
                }
                grades.computeIfAbsent(columns[0], query -> new HashMap<>()).put(columns[1], Integer.valueOf(columns[2]));
            });
        }
        return grades;
    }

    private static Map<String, Set<String>> lists(Path directory) throws IOException {
        List<Path> files = new ArrayList<>();
        try (var found = Files.newDirectoryStream(directory, "heldout*.txt")) {
            found.forEach(files::add);
        }
        Map<String, Set<String>> lists = new TreeMap<>();
        for (Path file : files) {
            String name = file.getFileName().toString();
            lists.put(name.substring(0, name.length() - ".txt".length()), new LinkedHashSet<>(Files.readAllLines(file)));
        }
        return lists;
    }
}
