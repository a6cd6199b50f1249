package org.neuralranking.tokenize;

import java.nio.file.Path;
import java.util.List;

import org.opensearch.test.OpenSearchTestCase;

import com.fasterxml.jackson.databind.JsonNode;

/** Rows equal those that Hugging Face's tokenizers made for the models in the repository. */
public class TokenizerGoldenTests extends OpenSearchTestCase {

    private static final int TOY_MAX_TOKENS = 64;

    public void testToyModels() {
        for (String model : List.of("toy-cross-encoder", "toy-sparse", "toy-token-embeddings", "toy-yes-no")) {
            assertEquals(model, 20, check(Path.of("src/test/resources/models", model)));
        }
    }

    public void testDemoCrossEncoder() {
        assertEquals(20, check(Path.of("src/demo/models/minilm-cross-encoder")));
    }

    public void testDemoSparseEncoder() {
        assertEquals(20 + 6, check(Path.of("src/demo/models/minilm-sparse-doc")));
    }

    private static int check(Path model) {
        JsonNode golden = ToyTokenizers.tree(model.resolve("golden.json"));
        // the files' own truncation is off in the tokenizer; the golden rows were cut by it
        int maxTokens = ToyTokenizers.tree(model.resolve("tokenizer.json")).path("truncation").path("max_length").asInt(TOY_MAX_TOKENS);
        int checked = 0;
        try (Tokenizer tokenizer = Tokenizer.open(ToyTokenizers.read(model.resolve("tokenizer.json").toString()), 100_000)) {
            for (String cases : List.of("cases", "query_cases")) {
                for (JsonNode one : golden.path(cases)) {
                    check(tokenizer, one, maxTokens);
                    checked++;
                }
            }
        }
        return checked;
    }

    private static void check(Tokenizer tokenizer, JsonNode golden, int maxTokens) {
        TokenSequence row = golden.has("text")
            ? tokenizer.single(tokenizer.tokenize(golden.get("text").asText(), maxTokens), maxTokens)
            : tokenizer.pair(
                tokenizer.tokenize(golden.get("query").asText(), maxTokens),
                tokenizer.tokenize(golden.get("document").asText(), maxTokens),
                maxTokens
            );
        assertArrayEquals(golden.toString(), ints(golden.has("input_ids") ? golden.get("input_ids") : golden.get("token_ids")), row.ids());
        if (golden.has("token_type_ids")) {
            assertArrayEquals(golden.toString(), ints(golden.get("token_type_ids")), row.typeIds());
        }
        for (int i = 0; i < golden.path("tokens").size(); i++) {
            assertEquals(golden.get("tokens").get(i).asText(), tokenizer.vocabulary().token(row.ids()[i]));
        }
    }

    private static int[] ints(JsonNode array) {
        int[] ints = new int[array.size()];
        for (int i = 0; i < ints.length; i++) {
            ints[i] = array.get(i).asInt();
        }
        return ints;
    }
}
