package org.neuralranking.inference;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

import org.neuralranking.TestModels;
import org.neuralranking.model.bundle.Bundle;
import org.neuralranking.model.bundle.BundleLimits;
import org.neuralranking.tokenize.TokenSequence;
import org.neuralranking.tokenize.Tokenizer;
import org.opensearch.test.OpenSearchTestCase;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * The graphs' outputs against the golden files: each text alone, padded, and batched with all others. The files were made with another
 * version of the runtime on a processor with AVX-512 VNNI, where 1e-4 holds; another processor may round differently.
 */
public class GoldenOutputsTests extends OpenSearchTestCase {

    private static final double SAME_PROCESSOR = 1e-4;
    private static final double ANOTHER_PROCESSOR = 1e-2;

    public void testSparseWeightsOfTheDefaultModel() throws Exception {
        try (Opened model = new Opened("minilm-sparse-doc")) {
            List<JsonNode> cases = TestModels.cases("minilm-sparse-doc");
            List<TokenSequence> rows = new ArrayList<>();
            for (JsonNode golden : cases) {
                TokenSequence row = model.single(golden.get("text").asText());
                assertArrayEquals(golden.get("text").asText(), TestModels.ints(golden.get("input_ids")), row.ids());
                rows.add(row);
            }
            model.inEveryWay(rows, (i, output, row) -> {
                JsonNode golden = cases.get(i);
                int nonzero = 0;
                double sum = 0;
                double squares = 0;
                for (int id = 0; id < output.columns(); id++) {
                    float weight = output.values().get(output.rowStart(row) + id);
                    nonzero += weight > 0 ? 1 : 0;
                    sum += weight;
                    squares += (double) weight * weight;
                }
                assertEquals(golden.get("nonzero").asInt(), nonzero, tolerance() == SAME_PROCESSOR ? 0 : 3);
                assertEquals(golden.get("sum").asDouble(), sum, tolerance() * nonzero);
                assertEquals(golden.get("l2").asDouble(), Math.sqrt(squares), tolerance() * 10);
                for (JsonNode top : golden.get("top")) {
                    assertEquals(
                        golden.get("text").asText() + ": " + top.get(0).asText(),
                        top.get(2).asDouble(),
                        output.values().get(output.rowStart(row) + top.get(1).asInt()),
                        tolerance()
                    );
                }
            });
        }
    }

    public void testQueryWeightsOfTheDefaultModel() throws Exception {
        try (Opened model = new Opened("minilm-sparse-doc")) {
            float[] weights = QueryWeights.read(model.bundle.queryWeights(), model.tokenizer.vocabulary());
            for (JsonNode golden : TestModels.golden("minilm-sparse-doc").get("query_cases")) {
                assertArrayEquals(TestModels.ints(golden.get("input_ids")), model.single(golden.get("text").asText()).ids());
                for (Iterator<Map.Entry<String, JsonNode>> tokens = golden.get("weights").fields(); tokens.hasNext();) {
                    Map.Entry<String, JsonNode> token = tokens.next();
                    assertEquals(token.getValue().floatValue(), weights[model.tokenizer.vocabulary().id(token.getKey())], 1e-6);
                }
            }
        }
    }

    public void testLogitsOfTheDefaultCrossEncoder() throws Exception {
        assertLogits("minilm-cross-encoder", "input_ids", tolerance());
    }

    public void testLogitsOfTheToyCrossEncoder() throws Exception {
        assertLogits("toy-cross-encoder", "token_ids", 1e-5);
    }

    private void assertLogits(String name, String ids, double tolerance) throws Exception {
        try (Opened model = new Opened(name)) {
            List<JsonNode> cases = TestModels.cases(name);
            List<TokenSequence> rows = new ArrayList<>();
            for (JsonNode golden : cases) {
                int max = model.bundle.facts().maxTokens();
                TokenSequence row = model.tokenizer.pair(
                    model.tokenizer.tokenize(golden.get("query").asText(), max),
                    model.tokenizer.tokenize(golden.get("document").asText(), max),
                    max
                );
                assertArrayEquals(golden.get("document").asText(), TestModels.ints(golden.get(ids)), row.ids());
                assertArrayEquals(TestModels.ints(golden.get("token_type_ids")), row.typeIds());
                rows.add(row);
            }
            model.inEveryWay(
                rows,
                (i, output, row) -> assertEquals(
                    cases.get(i).get("document").asText(),
                    cases.get(i).get("logits").get(0).asDouble(),
                    output.values().get(output.rowStart(row)),
                    tolerance
                )
            );
        }
    }

    public void testTokenVectorsOfTheToyModelWhosePaddingIsNoToken() throws Exception {
        try (Opened model = new Opened("toy-token-embeddings")) {
            List<JsonNode> cases = TestModels.cases("toy-token-embeddings");
            List<TokenSequence> rows = cases.stream().map(golden -> model.single(golden.get("text").asText())).toList();
            model.inEveryWay(rows, (i, output, row) -> {
                JsonNode vectors = cases.get(i).get("last_hidden_state");
                assertEquals(vectors.size(), output.rowTokens()[row]);
                assertTrue(output.perToken());
                for (int token = 0; token < vectors.size(); token++) {
                    for (int column = 0; column < output.columns(); column++) {
                        int position = output.rowStart(row) + token * output.columns() + column;
                        assertEquals(vectors.get(token).get(column).asDouble(), output.values().get(position), 1e-5);
                    }
                }
            });
        }
    }

    /** 1e-4 where the processor has what the golden files were made with. */
    private static double tolerance() {
        try {
            return Files.readString(java.nio.file.Path.of("/proc/cpuinfo")).contains("avx512_vnni") ? SAME_PROCESSOR : ANOTHER_PROCESSOR;
        } catch (IOException notLinux) {
            return ANOTHER_PROCESSOR;
        }
    }

    private interface RowCheck {
        void check(int testCase, BatchOutput output, int row);
    }

    private static final class Opened implements AutoCloseable {
        final Bundle bundle;
        final Tokenizer tokenizer;
        final OnnxGraph graph;

        Opened(String name) throws IOException {
            bundle = Bundle.read(TestModels.root(name), name, BundleLimits.DEFAULT);
            tokenizer = Tokenizer.open(Files.readAllBytes(bundle.tokenizer()), 1_000_000);
            graph = new OnnxGraph(
                bundle.graph(),
                bundle.facts().inputs(),
                bundle.facts().output(),
                tokenizer.vocabulary().padId(),
                single("the cat")
            );
        }

        TokenSequence single(String text) {
            int max = bundle.facts().maxTokens();
            return tokenizer.single(tokenizer.tokenize(text, max), max);
        }

        void inEveryWay(List<TokenSequence> rows, RowCheck check) throws Exception {
            for (int i = 0; i < rows.size(); i++) {
                int testCase = i;
                List<TokenSequence> alone = List.of(rows.get(i));
                graph.run(alone, output -> check.check(testCase, output, 0));
                int size = rows.get(i).size();
                int padded = Math.min(size + randomIntBetween(1, 20), bundle.facts().maxTokens());
                graph.run(alone, new int[] { size }, padded, output -> check.check(testCase, output, 0));
            }
            graph.run(rows, output -> {
                for (int i = 0; i < rows.size(); i++) {
                    check.check(i, output, i);
                }
            });
        }

        @Override
        public void close() {
            graph.close();
            tokenizer.close();
        }
    }
}
