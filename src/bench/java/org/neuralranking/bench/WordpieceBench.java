package org.neuralranking.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPInputStream;

import org.neuralranking.tokenize.Tokenizer;
import org.neuralranking.tokenize.Tokens;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

/**
 * Tokenizes the queries of the BEIR collections and compares with the tokens that Anserini publishes for BERT's vocabulary.
 *
 * <p>Reads {@code queries_wp.jsonl.gz} under the directory of the system property {@code collection}, a line
 * {@code {"src", "id", "text", "wp": [tokens]}} each, and the {@code tokenizer.json} of BERT (uncased) that the system property
 * {@code tokenizer} names, that of the demo's models if it is not given.
 */
public final class WordpieceBench {

    private static final int MISMATCHES_PRINTED = 10;
    private static final int MAX_CHARS = 1_000_000;

    private WordpieceBench() {}

    private record Golden(String source, String id, String text, List<String> tokens) {}

    static Report run() throws IOException {
        List<Golden> goldens = read(Path.of(property("collection")).resolve("queries_wp.jsonl.gz"));
        int identical = 0;
        int different = 0;
        long nanos = 0;
        try (Tokenizer tokenizer = Tokenizer.open(Files.readAllBytes(Path.of(property("tokenizer"))), MAX_CHARS)) {
            for (Golden golden : goldens) {
                long start = System.nanoTime();
                Tokens tokens = tokenizer.tokenize(golden.text, Integer.MAX_VALUE);
                nanos += System.nanoTime() - start;
                List<String> got = Arrays.stream(tokens.ids()).mapToObj(tokenizer.vocabulary()::token).toList();
                if (got.equals(golden.tokens)) {
                    identical++;
                } else if (different++ < MISMATCHES_PRINTED) {
                    System.out.println(golden.source + " " + golden.id + ": " + golden.text + "\n  got      " + got + "\n  expected " + golden.tokens);
                }
            }
        }
        return new Report().figure("pairs", goldens.size(), "texts with published tokens")
            .figure("identical", identical, "texts whose tokens are the published ones")
            .figure("different", different, "texts whose tokens are others; the bench fails unless 0")
            .figure("texts_per_second", Math.round(goldens.size() / (nanos / 1e9)), "texts tokenized in a second by one thread, offsets included")
            .note("Tokens as Anserini publishes them for the queries of BEIR.")
            .judge(different == 0, different + " of " + goldens.size() + " texts have other tokens than those published, expected none");
    }

    private static List<Golden> read(Path file) throws IOException {
        ObjectMapper json = new ObjectMapper();
        List<Golden> goldens = new ArrayList<>();
        try (
            BufferedReader lines = new BufferedReader(
                new InputStreamReader(new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8)
            )
        ) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                JsonNode golden = json.readTree(line);
                List<String> tokens = new ArrayList<>();
                golden.get("wp").forEach(token -> tokens.add(token.asText()));
                goldens.add(new Golden(golden.get("src").asText(), golden.get("id").asText(), golden.get("text").asText(), tokens));
            }
        }
        return goldens;
    }

    private static String property(String name) {
        String value = System.getProperty(name, "");
        if (value.isEmpty()) {
            throw new IllegalArgumentException("got no system property [" + name + "], expected -D" + name + "=PATH");
        }
        return value;
    }
}
