package org.neuralranking.model.bundle;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import org.neuralranking.TestModels;
import org.neuralranking.model.Batching;
import org.neuralranking.model.Task;
import org.neuralranking.tokenize.Tokenizer;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.xcontent.json.JsonXContent;
import org.opensearch.core.common.io.stream.NamedWriteableRegistry;
import org.opensearch.core.xcontent.ToXContent;
import org.opensearch.test.OpenSearchTestCase;

public class BundleTests extends OpenSearchTestCase {

    private static Bundle read(String name) throws IOException {
        return Bundle.read(TestModels.root(name), name, BundleLimits.DEFAULT);
    }

    public void testTheTaskFollowsFromGraphAndConfig() throws IOException {
        Map<String, Task> expected = Map.of(
            "minilm-sparse-doc", Task.SPARSE_ENCODER,
            "minilm-cross-encoder", Task.CROSS_ENCODER,
            "toy-sparse", Task.SPARSE_ENCODER,
            "toy-cross-encoder", Task.CROSS_ENCODER,
            "toy-yes-no", Task.YES_NO_RANKER,
            "toy-token-embeddings", Task.EMBEDDING
        );
        for (Map.Entry<String, Task> model : expected.entrySet()) {
            assertEquals(model.getKey(), model.getValue(), read(model.getKey()).facts().task());
        }
    }

    public void testFactsOfTheDefaultModels() throws IOException {
        BundleFacts sparse = read("minilm-sparse-doc").facts();
        assertEquals(List.of("input_ids", "attention_mask"), sparse.inputs().stream().map(TensorSpec::name).toList());
        assertEquals("sparse_embedding", sparse.output().name());
        assertEquals(2, sparse.output().rank());
        assertEquals(30522, sparse.vocabularySize());
        assertEquals("the shorter of 128 in tokenizer_config.json and 512 positions", 128, sparse.maxTokens());
        assertTrue(sparse.queryWeights());
        BundleFacts pairs = read("minilm-cross-encoder").facts();
        assertEquals(160, pairs.maxTokens());
        assertEquals(3, pairs.inputs().size());
        assertFalse(pairs.queryWeights());
    }

    public void testAnOverrideChangesTaskAndLength() throws IOException {
        Path root = copyOf("toy-token-embeddings");
        Files.writeString(root.resolve("m/neural-ranking.json"), "{\"task\":\"token_embedding\",\"max_tokens\":17}");
        BundleFacts facts = Bundle.read(root, "m", BundleLimits.DEFAULT).facts();
        assertEquals(Task.TOKEN_EMBEDDING, facts.task());
        assertEquals(17, facts.maxTokens());
    }

    public void testBatchingIsAsWrittenAndShownUnlessItIsTheDefault() throws IOException {
        Path root = copyOf("toy-sparse");
        for (Batching batching : Batching.values()) {
            Files.writeString(root.resolve("m/neural-ranking.json"), "{\"batching\":\"" + batching.id() + "\"}");
            BundleFacts facts = Bundle.read(root, "m", BundleLimits.DEFAULT).facts();
            assertEquals(batching, facts.batching());
            assertEquals(facts, copyWriteable(facts, new NamedWriteableRegistry(List.of()), BundleFacts::new));
            String shown = facts.toXContent(JsonXContent.contentBuilder().startObject(), ToXContent.EMPTY_PARAMS).endObject().toString();
            assertEquals(shown, batching != Batching.AUTO, shown.contains("\"batching\":\"" + batching.id() + "\""));
            assertEquals(shown, batching != Batching.AUTO, shown.contains("batching"));
        }
        Files.delete(root.resolve("m/neural-ranking.json"));
        assertEquals(Batching.AUTO, Bundle.read(root, "m", BundleLimits.DEFAULT).facts().batching());
    }

    public void testOverridesAreStrict() throws IOException {
        Path root = copyOf("toy-sparse");
        Map<String, String> wrong = Map.of(
            "{\"tusk\":1}", "got key [tusk]",
            "{\"max_tokens\":2}", "got max_tokens 2, expected 3 to 64",
            "{\"max_tokens\":65}", "got max_tokens 65, expected 3 to 64",
            "{\"max_tokens\":\"x\"}", "got [max_tokens] = x, expected an integer",
            "{\"task\":\"oracle\"}", "got task [oracle], expected one of",
            "{\"batching\":\"sometimes\"}", "got batching [sometimes], expected one of [auto, always, never]",
            "{\"batching\":true}", "got [batching] = true, expected a string",
            "{\"output\":\"logits\"}", "expected [logits]",
            "[]", "expected a JSON object"
        );
        for (Map.Entry<String, String> override : wrong.entrySet()) {
            Files.writeString(root.resolve("m/neural-ranking.json"), override.getKey());
            assertRefused(root, "m", override.getValue());
        }
    }

    public void testTheHashFollowsTheContentAndNothingElse() throws IOException {
        Path root = copyOf("toy-sparse");
        String hash = Bundle.read(root, "m", BundleLimits.DEFAULT).hash();
        assertEquals("the directory's name does not count", read("toy-sparse").hash(), hash);
        Files.writeString(root.resolve("m/README.md"), "other files do not count");
        assertEquals(hash, Bundle.read(root, "m", BundleLimits.DEFAULT).hash());
        Files.writeString(root.resolve("m/idf.json"), "{\"cat\":1}");
        assertNotEquals(hash, Bundle.read(root, "m", BundleLimits.DEFAULT).hash());
    }

    public void testEveryBadGraphIsRefusedBeforeNativeCodeSeesIt() throws IOException {
        Map<String, String> reasons = Map.of(
            "empty.onnx", "got an empty file",
            "external-data-traversal.onnx", "got tensor [w] with its data in another file",
            "not-onnx.onnx", "is not an ONNX model",
            "truncated.onnx", "truncated?",
            "unexpected-input.onnx", "got input [pixel_values], expected only input_ids",
            "unexpected-output.onnx", "expected [batch, tokens, vocabulary] or [batch, vocabulary]",
            "wrong-vocab-size.onnx", "expected vocab_size = 316 of config.json"
        );
        Path root = copyOf("toy-sparse");
        for (Map.Entry<String, String> bad : reasons.entrySet()) {
            Files.copy(TestModels.directory("bad").resolve(bad.getKey()), replaced(root.resolve("m/model.onnx")));
            assertRefused(root, "m", bad.getValue());
        }
    }

    public void testMissingFilesAreNamed() throws IOException {
        for (String file : List.of("model.onnx", "tokenizer.json", "config.json")) {
            Path root = copyOf("toy-cross-encoder");
            Files.delete(root.resolve("m").resolve(file));
            assertRefused(root, "m", "without [" + file + "]");
        }
    }

    public void testEveryTokenHasARowAndAColumn() throws IOException {
        Path root = copyOf("toy-token-embeddings");
        Path config = root.resolve("m/config.json");
        String before = Files.readString(config);
        Files.writeString(config, before.replace("BertModel", "BertForMaskedLM").replace("\"vocab_size\": 316", "\"vocab_size\": 16"));
        assertRefused(root, "m", "got 16 output columns in model.onnx, expected one for each of the 316 tokens of tokenizer.json");
        Files.writeString(config, before.replace("\"vocab_size\": 316", "\"vocab_size\": 315"));
        assertRefused(root, "m", "with id 315, expected ids below vocab_size = 315 of config.json");
        Files.writeString(config, before.replace("\"vocab_size\": 316", "\"vocab_size\": 317"));
        Bundle.read(root, "m", BundleLimits.DEFAULT);
    }

    public void testTokenizersThatCannotBeRead() throws IOException {
        Path root = copyOf("toy-sparse");
        Map<String, String> wrong = Map.of(
            "", "tokenizer.json: got something that begins with null, expected a JSON object",
            "[]", "tokenizer.json: got something that begins with START_ARRAY, expected a JSON object",
            "{\"model\":", "tokenizer.json: got something else, expected a JSON object",
            "{}", "tokenizer.json: got no tokens, expected a vocabulary at [model.vocab]",
            "{\"model\":{\"vocab\":{}}}", "tokenizer.json: got no tokens, expected a vocabulary at [model.vocab]",
            "{\"model\":{\"vocab\":{\"a\":-1}}}", "tokenizer.json: got id -1 of token [a] in [model.vocab], expected a whole number from 0 to 4194303",
            "{\"model\":{\"vocab\":{\"a\":1e99}}}", "tokenizer.json: got id 1e99 of token [a] in [model.vocab], expected a whole number",
            "{\"model\":{\"vocab\":{\"a\":[]}}}", "tokenizer.json: got [START_ARRAY] as id of token [a] in [model.vocab], expected a number",
            "{\"added_tokens\":[3]}", "tokenizer.json: got [VALUE_NUMBER] in [added_tokens], expected objects",
            "{\"added_tokens\":[{\"id\":400}]}", "expected one for each of the 401 tokens of tokenizer.json"
        );
        for (Map.Entry<String, String> tokenizer : wrong.entrySet()) {
            Files.writeString(root.resolve("m/tokenizer.json"), tokenizer.getKey());
            assertRefused(root, "m", tokenizer.getValue());
        }
    }

    public void testTheVocabularyIsCountedAsTheTokenizerCountsIt() throws IOException {
        for (String model : List.of("minilm-sparse-doc", "minilm-cross-encoder", "toy-sparse", "toy-cross-encoder")) {
            Path file = TestModels.directory(model).resolve("tokenizer.json");
            try (Tokenizer tokenizer = Tokenizer.open(Files.readAllBytes(file), 100)) {
                TokenizerVocabulary counted = TokenizerVocabulary.read(file, BundleLimits.DEFAULT);
                assertEquals(tokenizer.vocabulary().size(), counted.size());
                assertEquals(tokenizer.vocabulary().token(counted.size() - 1), counted.last());
            }
        }
        Path unigram = Files.writeString(createTempDir().resolve("tokenizer.json"), "{\"model\":{\"vocab\":[[\"a\",-1.5],[\"b\",0]]},\"added_tokens\":[]}");
        assertEquals(2, TokenizerVocabulary.read(unigram, BundleLimits.DEFAULT).size());
    }

    public void testJsonFilesAreStrictAndBounded() throws IOException {
        Path root = copyOf("toy-sparse");
        String deep = "[".repeat(2000) + "]".repeat(2000);
        Map<String, String> wrong = Map.of(
            "{\"a\":1,\"a\":2}", "Duplicate",
            "{\"b\":{\"a\":1,\"a\":2}}", "Duplicate",
            "{\"a\":NaN}", "NaN",
            "{\"a\":" + "9".repeat(5000) + "}", "Number value length (5000) exceeds",
            "{\"a\":" + deep + "}", "nesting depth",
            "{\"a\":1} x", "expected a JSON object",
            "{\"a\":1} {}", "got [START_OBJECT] behind the object, expected the end of the file",
            "{\"a\":1", "expected a JSON object",
            "{\"architectures\":[\"XForMaskedLM\"],\"max_position_embeddings\":1e3}", "got [max_position_embeddings] = 1000.0, expected an integer",
            "{\"architectures\":[\"XForMaskedLM\"],\"max_position_embeddings\":{}}", "got [max_position_embeddings] = something nested or long, expected an integer"
        );
        for (Map.Entry<String, String> config : wrong.entrySet()) {
            Files.writeString(root.resolve("m/config.json"), config.getKey());
            assertRefused(root, "m", "config.json: got ");
            assertRefused(root, "m", config.getValue());
        }
    }

    public void testNamesInJsonAreCounted() {
        String names = "{\"config\":[" + "{\"a\":1},".repeat((1 << 21) + 1) + "1]}";
        InputStream json = new ByteArrayInputStream(names.getBytes(StandardCharsets.UTF_8));
        BundleException refused = expectThrows(BundleException.class, () -> JsonFile.read("config.json", json, BundleJson::of));
        assertEquals("config.json: got more than 2097152 names, expected no more", refused.getMessage());
    }

    public void testNestedValuesAreReadOverAndLongListsAreNoLists() throws IOException {
        Path file = createTempDir().resolve("config.json");
        String nested = "{\"x\":[{\"y\":[[1],2]},\"z\"],\"v\":{\"v\":{}}}";
        Files.writeString(file, "{\"a\":" + nested + ",\"list\":[\"p\",\"q\"],\"n\":null,\"long\":[1" + ",1".repeat(100) + "],\"b\":7}");
        BundleJson json = BundleJson.read(file, BundleLimits.DEFAULT);
        assertEquals(List.of("a", "list", "n", "long", "b"), List.copyOf(json.values().keySet()));
        assertEquals(List.of("p", "q"), json.strings("list"));
        assertEquals(7, json.integer("b").getAsInt());
        assertTrue(json.string("n").isEmpty());
        expectThrows(BundleException.class, () -> json.strings("long"));
        expectThrows(BundleException.class, () -> json.strings("a"));
    }

    public void testTheGraphMayLieInOnnx() throws IOException {
        Path root = copyOf("toy-cross-encoder");
        Files.createDirectory(root.resolve("m/onnx"));
        Files.move(root.resolve("m/model.onnx"), root.resolve("m/onnx/model.onnx"));
        Bundle bundle = Bundle.read(root, "m", BundleLimits.DEFAULT);
        assertEquals(root.toRealPath().resolve("m/onnx/model.onnx"), bundle.graph());
        assertEquals(read("toy-cross-encoder").hash(), bundle.hash());
    }

    public void testFilesBeyondTheLimitsAreRefused() throws IOException {
        Path root = TestModels.root("toy-sparse");
        assertRefused(root, "toy-sparse", limits("max_graph_size", "1000b"), "got [model.onnx] of 18367 bytes, expected at most 1000");
        assertRefused(root, "toy-sparse", limits("max_json_size", "1000b"), "got [tokenizer.json] of 8501 bytes, expected at most 1000");
    }

    public void testNoPathLeadsOutOfTheModelsDirectory() throws IOException {
        Path root = copyOf("toy-sparse");
        Path outside = createTempDir();
        Files.createSymbolicLink(root.resolve("link"), outside);
        for (String path : List.of("..", "../x", "m/../../x", "/etc", "", " ", ".", "m/..", "\0")) {
            assertRefused(root, path, "got path [" + path + "]");
        }
        assertRefused(root, "link", "links out of");
        assertRefused(root, "nothing-here", "expected a directory or a .zip that exists");
        // one file of the bundle leads out
        Path secret = Files.writeString(outside.resolve("secret"), "{}");
        Files.createSymbolicLink(replaced(root.resolve("m/config.json")), secret);
        assertRefused(root, "m", "no plain file inside the models directory");
    }

    private static Path copyOf(String name) throws IOException {
        Path root = createTempDir();
        Path copy = Files.createDirectory(root.resolve("m"));
        try (var files = Files.list(TestModels.directory(name))) {
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve(file.getFileName().toString()));
            }
        }
        return root;
    }

    private static BundleLimits limits(String setting, String value) {
        return new BundleLimits(Settings.builder().put("neural_ranking.models." + setting, value).build());
    }

    private static Path replaced(Path file) throws IOException {
        Files.delete(file);
        return file;
    }

    private static void assertRefused(Path root, String path, String reason) {
        assertRefused(root, path, BundleLimits.DEFAULT, reason);
    }

    private static void assertRefused(Path root, String path, BundleLimits limits, String reason) {
        IllegalArgumentException refused = expectThrows(IllegalArgumentException.class, () -> Bundle.read(root, path, limits));
        assertTrue(refused.getMessage() + " should say: " + reason, refused.getMessage().contains(reason));
    }
}
