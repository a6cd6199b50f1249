package org.neuralranking.inference;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.neuralranking.TestModels;
import org.neuralranking.model.bundle.BundleException;
import org.neuralranking.model.bundle.BundleLimits;
import org.neuralranking.tokenize.Tokenizer;
import org.neuralranking.tokenize.Vocabulary;
import org.opensearch.common.settings.Settings;
import org.opensearch.test.OpenSearchTestCase;

public class QueryWeightsTests extends OpenSearchTestCase {

    private static Vocabulary vocabulary() throws IOException {
        try (Tokenizer tokenizer = Tokenizer.open(Files.readAllBytes(TestModels.directory("toy-sparse").resolve("tokenizer.json")), 1000)) {
            return tokenizer.vocabulary();
        }
    }

    private static float[] read(String json, long maxBytes) throws IOException {
        Path file = createTempDir().resolve("idf.json");
        Files.writeString(file, json);
        Settings settings = Settings.builder().put(BundleLimits.MAX_JSON_SIZE.getKey(), maxBytes + "b").build();
        return QueryWeights.read(file, vocabulary(), new BundleLimits(settings));
    }

    private static void assertRefused(String expected, String json) {
        BundleException e = expectThrows(BundleException.class, () -> read(json, 1000));
        assertTrue(e.getMessage(), e.getMessage().contains(expected));
    }

    public void testWeightsStandAtTheIdsOfTheirTokens() throws IOException {
        float[] weights = read("{\"cat\": 1.5, \"[SEP]\": 7, \"dog\": 2}", 1000);
        Vocabulary vocabulary = vocabulary();
        assertEquals(vocabulary.size(), weights.length);
        for (int id = 0; id < weights.length; id++) {
            float expected = id == vocabulary.id("cat") ? 1.5f : id == vocabulary.id("dog") ? 2 : 0;
            assertEquals(expected, weights[id], 0);
        }
    }

    public void testWhatIsNoWeightIsRefused() {
        assertRefused("idf.json: got token [no such token], expected only tokens of tokenizer.json", "{\"no such token\": 1}");
        for (String weight : new String[] { "-1", "1e39", "\"1\"", "null", "[1]", "{}" }) {
            assertRefused("for token [cat], expected a finite number >= 0", "{\"cat\": " + weight + "}");
        }
        assertRefused("expected a JSON object", "{\"cat\": 1, \"cat\": 1}");
        assertRefused("expected a JSON object", "{\"cat\": 1");
    }

    public void testTheSizeAllowedIsThatOfTheSetting() throws IOException {
        String json = "{\"cat\": 1}";
        read(json, json.length());
        BundleException e = expectThrows(BundleException.class, () -> read(json, json.length() - 1));
        assertEquals("idf.json: got 10 bytes, expected at most 9", e.getMessage());
    }
}
