package org.neuralranking.tokenize;

import java.nio.charset.StandardCharsets;

import org.opensearch.test.OpenSearchTestCase;

public class VocabularyTests extends OpenSearchTestCase {

    private static Vocabulary parse(String json) {
        return ToyTokenizers.vocabulary(json.getBytes(StandardCharsets.UTF_8));
    }

    private static void refused(String message, String json) {
        IllegalArgumentException e = expectThrows(IllegalArgumentException.class, () -> parse(json));
        assertEquals(message, e.getMessage());
    }

    public void testWordPiece() {
        Vocabulary vocabulary = ToyTokenizers.vocabulary(ToyTokenizers.bert());
        assertEquals(316, vocabulary.size());
        assertEquals("cat", vocabulary.token(60));
        assertEquals(60, vocabulary.id("cat"));
        assertEquals(-1, vocabulary.id("catapult"));
        assertEquals(0, vocabulary.padId());
        assertEquals(3, vocabulary.separatorId());
        for (int id = 0; id < vocabulary.size(); id++) {
            assertEquals(id, vocabulary.id(vocabulary.token(id)));
            assertEquals(id < 5, vocabulary.isSpecial(id));
        }
        assertFalse(vocabulary.isSpecial(-1));
        assertFalse(vocabulary.isSpecial(316));
        expectThrows(IllegalArgumentException.class, () -> vocabulary.token(-1));
        expectThrows(IllegalArgumentException.class, () -> vocabulary.token(316));
    }

    public void testBytePairs() {
        Vocabulary vocabulary = ToyTokenizers.vocabulary(ToyTokenizers.roberta());
        assertEquals(1, vocabulary.padId());
        assertEquals(2, vocabulary.separatorId());
        assertTrue(vocabulary.id("Ġthe") > 0);
    }

    public void testUnigram() {
        Vocabulary vocabulary = ToyTokenizers.vocabulary(ToyTokenizers.unigram());
        assertEquals("▁the", vocabulary.token(5));
        assertEquals(1, vocabulary.padId());
        assertEquals(2, vocabulary.separatorId());
    }

    public void testAddedTokensBehindTheModelsOwn() {
        Vocabulary vocabulary = parse("""
            {"model": {"type": "BPE", "vocab": {"a": 0, "b": 1}},
             "added_tokens": [{"id": 3, "content": "<|endoftext|>", "special": true}, {"id": 2, "content": "<tool>", "special": false}],
             "padding": {"pad_id": 1}}""");
        assertEquals(4, vocabulary.size());
        assertEquals("<|endoftext|>", vocabulary.token(3));
        assertTrue(vocabulary.isSpecial(3));
        assertFalse(vocabulary.isSpecial(2));
        assertEquals(1, vocabulary.padId());
        assertEquals(-1, vocabulary.separatorId());
    }

    public void testGapsBetweenIdsHaveNoToken() {
        Vocabulary vocabulary = parse("""
            {"model": {"type": "BPE", "vocab": {"a": 0, "b": 2}}}""");
        assertEquals(3, vocabulary.size());
        assertNull(vocabulary.token(1));
    }

    public void testTokensOfATemplateAreSpecialEvenIfNotDeclared() {
        Vocabulary vocabulary = parse("""
            {"model": {"type": "WordLevel", "unk_token": "a", "vocab": {"a": 0, "[X]": 1, "[Y]": 2}},
             "post_processor": {"type": "Sequence", "processors": [{"type": "ByteLevel"}, {"type": "TemplateProcessing",
               "single": [{"Sequence": {"id": "A", "type_id": 0}}],
               "pair": [{"SpecialToken": {"id": "[Y]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                        {"SpecialToken": {"id": "[X]", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
               "special_tokens": {"[X]": {"id": "[X]", "ids": [1]}, "[Y]": {"id": "[Y]", "ids": [2]}}}]}}""");
        assertTrue(vocabulary.isSpecial(1));
        assertTrue(vocabulary.isSpecial(2));
        assertEquals(1, vocabulary.separatorId());
    }

    public void testMistakesAreNamedWithTheirPlace() {
        refused("tokenizer.json: got no tokens, expected a vocabulary at [model.vocab]", "{}");
        refused("tokenizer.json: got no tokens, expected a vocabulary at [model.vocab]", "{\"model\": {\"type\": \"BPE\", \"vocab\": {}}}");
        refused("tokenizer.json: got [START_ARRAY] at [the file], expected [START_OBJECT]", "[]");
        refused("tokenizer.json: got [VALUE_NUMBER] at [model], expected [START_OBJECT]", "{\"model\": 1}");
        refused("tokenizer.json: got [VALUE_STRING] at [model.vocab[a]], expected [VALUE_NUMBER]", "{\"model\": {\"vocab\": {\"a\": \"0\"}}}");
        refused(
            "tokenizer.json: got id 0 at [model.vocab[b]], expected an id of its own: token [a] has it too",
            "{\"model\": {\"vocab\": {\"a\": 0, \"b\": 0}}}"
        );
        refused(
            "tokenizer.json: got id 1 for token [a] at [model.vocab[1]], expected one id: it has id 0 too",
            "{\"model\": {\"vocab\": [[\"a\", 0.0], [\"a\", 0.0]]}}"
        );
        for (String id : new String[] { "-1", "4194304", "1.5", "99999999999" }) {
            refused(
                "tokenizer.json: got id " + id + " at [model.vocab[a]], expected a whole number from 0 to 4194303",
                "{\"model\": {\"vocab\": {\"a\": " + id + "}}}"
            );
        }
        refused(
            "tokenizer.json: got unknown token [?] at [model.unk_token], expected a token of [model.vocab]",
            "{\"model\": {\"type\": \"WordPiece\", \"unk_token\": \"?\", \"vocab\": {\"a\": 0}}}"
        );
        refused(
            "tokenizer.json: got id [7] at [padding.pad_id], expected the id of a token",
            "{\"model\": {\"vocab\": {\"a\": 0}}, \"padding\": {\"pad_id\": 7}}"
        );
        refused(
            "tokenizer.json: got [{id=1}] at [added_tokens[0]], expected an object with [id] and [content]",
            "{\"model\": {\"vocab\": {\"a\": 0}}, \"added_tokens\": [{\"id\": 1}]}"
        );
    }

    public void testWhatIsNoJsonIsRefused() {
        for (String text : new String[] { "", "{", "{\"model\": {\"vocab\": {\"a\"", "PK\u0003\u0004", "not json", "{\"a\": 1}}" }) {
            IllegalArgumentException e = expectThrows(IllegalArgumentException.class, () -> parse(text));
            assertTrue(e.getMessage(), e.getMessage().startsWith("tokenizer.json: got "));
        }
    }

    public void testTheLibrarysRefusalIsAnArgumentError() {
        byte[] json = "{\"model\": {\"type\": \"NoSuchModel\", \"vocab\": {\"a\": 0}}}".getBytes(StandardCharsets.UTF_8);
        IllegalArgumentException e = expectThrows(IllegalArgumentException.class, () -> Tokenizer.open(json, 10));
        assertTrue(e.getMessage(), e.getMessage().startsWith("tokenizer.json: got a file that the tokenizer library refuses, "));
    }
}
