package org.neuralranking.model.bundle;

import java.io.IOException;
import java.nio.file.Path;

import org.opensearch.core.xcontent.XContentParser;

/**
 * How many tokens a {@code tokenizer.json} has, counted without keeping them, so that a tokenizer that does not fit its graph is refused
 * with the bundle, before the tokenizer's and the graph's native libraries are asked:
 * <pre>
 * {"added_tokens": [{"id": 3, "content": "[SEP]", …}, …], "model": {"vocab": {"token": id, …} | [["token", score], …], …}, …}
 * </pre>
 */
final class TokenizerVocabulary {

    /** Ids from here on are wrong: the largest vocabularies in use have a quarter of it. */
    private static final long MAX_IDS = 1 << 22;

    private int size;
    private String last = "";

    private TokenizerVocabulary() {}

    /** @throws BundleException if the file is too large, no JSON, or has no vocabulary */
    static TokenizerVocabulary read(Path file, BundleLimits limits) throws IOException {
        return JsonFile.read(file, limits, TokenizerVocabulary::of);
    }

    static TokenizerVocabulary of(JsonFile json) throws IOException {
        TokenizerVocabulary vocabulary = new TokenizerVocabulary();
        for (String key = json.key(); key != null; key = json.key()) {
            XContentParser.Token value = json.next();
            if (key.equals("model") && value == XContentParser.Token.START_OBJECT) {
                vocabulary.model(json);
            } else if (key.equals("added_tokens") && value == XContentParser.Token.START_ARRAY) {
                vocabulary.addedTokens(json);
            } else {
                json.skip();
            }
        }
        if (vocabulary.size == 0) {
            throw new BundleException("tokenizer.json: got no tokens, expected a vocabulary at [model.vocab]");
        }
        return vocabulary;
    }

    /** One more than the largest id. */
    int size() {
        return size;
    }

    /** The token with the largest id. */
    String last() {
        return last;
    }

    private void model(JsonFile json) throws IOException {
        for (String key = json.key(); key != null; key = json.key()) {
            XContentParser.Token value = json.next();
            if (key.equals("vocab") && value == XContentParser.Token.START_OBJECT) {
                for (String token = json.key(); token != null; token = json.key()) {
                    json.next();
                    add(token, json, "model.vocab");
                }
            } else if (key.equals("vocab") && value == XContentParser.Token.START_ARRAY) {
                for (int id = 0; json.next() != XContentParser.Token.END_ARRAY; id++) {
                    json.skip();
                    add("at model.vocab[" + id + "]", id, "model.vocab");
                }
            } else {
                json.skip();
            }
        }
    }

    private void addedTokens(JsonFile json) throws IOException {
        while (json.next() != XContentParser.Token.END_ARRAY) {
            if (json.parser().currentToken() != XContentParser.Token.START_OBJECT) {
                throw new BundleException("tokenizer.json: got [" + json.parser().currentToken() + "] in [added_tokens], expected objects");
            }
            for (String key = json.key(); key != null; key = json.key()) {
                json.next();
                if (key.equals("id")) {
                    add("of added_tokens", json, "added_tokens");
                } else {
                    json.skip();
                }
            }
        }
    }

    private void add(String token, JsonFile json, String where) throws IOException {
        if (json.parser().currentToken() != XContentParser.Token.VALUE_NUMBER) {
            throw new BundleException(
                "tokenizer.json: got [" + json.parser().currentToken() + "] as id of token [" + token + "] in [" + where + "], expected a number"
            );
        }
        double id = json.parser().doubleValue();
        if (id < 0 || id >= MAX_IDS || id != Math.rint(id)) {
            throw new BundleException(
                "tokenizer.json: got id " + json.parser().text() + " of token [" + token + "] in [" + where
                    + "], expected a whole number from 0 to " + (MAX_IDS - 1)
            );
        }
        add(token, (int) id, where);
    }

    private void add(String token, int id, String where) {
        if (id >= MAX_IDS) {
            throw new BundleException("tokenizer.json: got more than " + MAX_IDS + " tokens in [" + where + "], expected no more");
        }
        if (id >= size) {
            size = id + 1;
            last = token;
        }
    }
}
