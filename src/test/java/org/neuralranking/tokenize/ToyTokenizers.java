package org.neuralranking.tokenize;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

/** A small {@code tokenizer.json} of every kind, and the ones in the repository. */
final class ToyTokenizers {

    static final ObjectMapper JSON = new ObjectMapper();
    private static final int FIRST_BYTE_TOKEN = 5;

    private ToyTokenizers() {}

    /** BERT, 316 tokens: WordPiece, {@code [CLS] a [SEP] b [SEP]}. */
    static byte[] bert() {
        return read("src/test/resources/models/toy-cross-encoder/tokenizer.json");
    }

    /** BERT, 30,522 tokens, cut down to those of the demo: WordPiece, truncation to 160 in the file. */
    static byte[] minilm() {
        return read("src/demo/models/minilm-cross-encoder/tokenizer.json");
    }

    /** RoBERTa: byte-level BPE, {@code <s> a </s> </s> b </s>}, type ids all 0. */
    static byte[] roberta() {
        Map<String, Integer> vocabulary = new LinkedHashMap<>();
        List<String> specials = List.of("<s>", "<pad>", "</s>", "<unk>", "<mask>");
        specials.forEach(token -> vocabulary.put(token, vocabulary.size()));
        assert vocabulary.size() == FIRST_BYTE_TOKEN;
        byteLetters().forEach(letter -> vocabulary.put(letter, vocabulary.size()));
        List<Object> merges = new ArrayList<>();
        // the last three make </s> out of its letters, as files converted from SentencePiece can
        for (String merge : List.of("t h", "th e", "Ġ the", "Ġ a", "i n", "Ġa n", "Ġan d", "' r", "'r e", "< /", "s >", "</ s>")) {
            merges.add(merge);
            vocabulary.putIfAbsent(merge.replace(" ", ""), vocabulary.size());
        }
        return json(
            Map.of(
                "added_tokens", specials.stream().map(token -> added(vocabulary.get(token), token)).toList(),
                "pre_tokenizer", Map.of("type", "ByteLevel", "add_prefix_space", false, "trim_offsets", true, "use_regex", true),
                "post_processor", Map.of(
                    "type", "RobertaProcessing", "sep", List.of("</s>", 2), "cls", List.of("<s>", 0),
                    "trim_offsets", true, "add_prefix_space", false),
                "model", Map.of("type", "BPE", "unk_token", "<unk>", "fuse_unk", false, "byte_fallback", false, "vocab", vocabulary, "merges", merges)
            )
        );
    }

    /** XLM-RoBERTa: Unigram over SentencePiece's spaces, {@code <s> a </s> </s> b </s>}; the pieces include the special tokens. */
    static byte[] unigram() {
        List<Object> pieces = new ArrayList<>();
        List<String> specials = List.of("<s>", "<pad>", "</s>", "<unk>");
        specials.forEach(token -> pieces.add(List.of(token, 0.0)));
        for (String piece : List.of("▁", "▁the", "▁a", "the", "▁cat", "s", "ing", "é", "中", "文", "😀", "<", ">", "/", ".", ",", "'")) {
            pieces.add(List.of(piece, -2.25 - pieces.size() / 7.0));
        }
        for (char letter = 'a'; letter <= 'z'; letter++) {
            if (letter != 's') {
                pieces.add(List.of(String.valueOf(letter), -10.5));
            }
        }
        List<Object> between = List.of(special("</s>"), special("</s>"));
        return json(
            Map.of(
                "added_tokens", specials.stream().map(token -> added(specials.indexOf(token), token)).toList(),
                "pre_tokenizer", Map.of("type", "Metaspace", "replacement", "▁", "prepend_scheme", "always", "split", true),
                "post_processor", Map.of(
                    "type", "TemplateProcessing",
                    "single", List.of(special("<s>"), sequence("A"), special("</s>")),
                    "pair", List.of(special("<s>"), sequence("A"), between.get(0), between.get(1), sequence("B"), special("</s>")),
                    "special_tokens", Map.of(
                        "<s>", Map.of("id", "<s>", "ids", List.of(0), "tokens", List.of("<s>")),
                        "</s>", Map.of("id", "</s>", "ids", List.of(2), "tokens", List.of("</s>")))),
                "model", Map.of("type", "Unigram", "unk_id", 3, "byte_fallback", false, "vocab", pieces)
            )
        );
    }

    /** Words of a closed list between blanks, and no template at all. */
    static byte[] wordLevel() {
        Map<String, Integer> vocabulary = new LinkedHashMap<>();
        for (String word : List.of("[UNK]", "[SEP]", "the", "cat", "and", "a", "dog", "中文", "😀")) {
            vocabulary.put(word, vocabulary.size());
        }
        return json(
            Map.of(
                "added_tokens", List.of(added(0, "[UNK]"), added(1, "[SEP]")),
                "pre_tokenizer", Map.of("type", "WhitespaceSplit"),
                "model", Map.of("type", "WordLevel", "unk_token", "[UNK]", "vocab", vocabulary)
            )
        );
    }

    /** Byte-level BPE over whole texts: what follows can change anything before. */
    static byte[] wholeText() {
        Map<String, Integer> vocabulary = new LinkedHashMap<>();
        byteLetters().forEach(letter -> vocabulary.put(letter, vocabulary.size()));
        return json(
            Map.of(
                "added_tokens", List.of(),
                "pre_tokenizer", Map.of("type", "ByteLevel", "add_prefix_space", false, "trim_offsets", true, "use_regex", false),
                "model", Map.of("type", "BPE", "vocab", vocabulary, "merges", List.of())
            )
        );
    }

    static Map<String, byte[]> all() {
        Map<String, byte[]> all = new LinkedHashMap<>();
        all.put("bert", bert());
        all.put("minilm", minilm());
        all.put("roberta", roberta());
        all.put("unigram", unigram());
        all.put("word level", wordLevel());
        all.put("whole text", wholeText());
        return all;
    }

    static Vocabulary vocabulary(byte[] tokenizerJson) {
        return Vocabulary.of(TokenizerFile.parse(tokenizerJson));
    }

    static JsonNode tree(Path file) {
        try {
            return JSON.readTree(Files.readAllBytes(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] read(String file) {
        try {
            return Files.readAllBytes(Path.of(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] json(Map<String, Object> parts) {
        Map<String, Object> file = new LinkedHashMap<>();
        for (String part : List.of("version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder")) {
            file.put(part, parts.get(part));
        }
        file.put("version", "1.0");
        file.put("model", parts.get("model"));
        try {
            return JSON.writeValueAsBytes(file);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Map<String, Object> added(int id, String content) {
        return Map.of(
            "id", id, "content", content, "special", true,
            "single_word", false, "lstrip", false, "rstrip", false, "normalized", false
        );
    }

    private static Map<String, Object> special(String token) {
        return Map.of("SpecialToken", Map.of("id", token, "type_id", 0));
    }

    private static Map<String, Object> sequence(String name) {
        return Map.of("Sequence", Map.of("id", name, "type_id", 0));
    }

    /** The 256 letters that byte-level BPE writes bytes with: printable Latin-1 as itself, the rest from U+0100 on. */
    private static List<String> byteLetters() {
        List<String> letters = new ArrayList<>();
        int next = 0x100;
        for (int b = 0; b < 256; b++) {
            boolean printable = b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE;
            letters.add(String.valueOf((char) (printable ? b : next++)));
        }
        return letters;
    }
}
