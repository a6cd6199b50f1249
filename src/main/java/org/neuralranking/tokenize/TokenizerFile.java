package org.neuralranking.tokenize;

import java.io.IOException;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

import org.opensearch.common.xcontent.XContentType;
import org.opensearch.core.xcontent.DeprecationHandler;
import org.opensearch.core.xcontent.NamedXContentRegistry;
import org.opensearch.core.xcontent.XContentParseException;
import org.opensearch.core.xcontent.XContentParser;

/**
 * What a {@code tokenizer.json} says of its tokens and of what is put around texts:
 * <pre>
 * {"added_tokens": [{"id": 3, "content": "[SEP]", "special": true, …}, …],
 *  "padding": null | {"pad_id": 0, …},
 *  "post_processor": null | {…see SequenceTemplate…},
 *  "model": {"type": …, "unk_token": …, "vocab": {"token": id, …} | [["token", score], …]}}
 * </pre>
 * WordPiece, BPE and WordLevel have the first form of {@code vocab}, Unigram the second, where the id is the place in the list.
 */
final class TokenizerFile {

    /** Largest vocabulary taken. The largest in use have a quarter of a million tokens; a wrong id must not cost gigabytes. */
    static final int MAX_SIZE = 1 << 22;

    /** Models that cannot spell a word out of single bytes, and so fail on it without a token for the unknown. */
    private static final Set<String> NEED_UNKNOWN_TOKEN = Set.of("WordPiece", "WordLevel");

    final Map<String, Integer> ids = new HashMap<>();
    final BitSet special = new BitSet();
    int padId = Vocabulary.UNKNOWN;
    SequenceTemplate template;

    private final Map<Integer, String> tokens = new HashMap<>();
    private List<Object> addedTokens = List.of();
    private Map<String, Object> padding = Map.of();
    private Map<String, Object> postProcessor = Map.of();
    private String modelType = "";
    private String unknownToken;

    private TokenizerFile() {}

    static XContentParser open(byte[] json) throws IOException {
        return XContentType.JSON.xContent()
            .createParser(NamedXContentRegistry.EMPTY, DeprecationHandler.THROW_UNSUPPORTED_OPERATION, json);
    }

    static TokenizerFile parse(byte[] tokenizerJson) {
        TokenizerFile file = new TokenizerFile();
        try (XContentParser parser = open(tokenizerJson)) {
            file.parseFile(parser);
        } catch (XContentParseException e) {
            throw notJson(tokenizerJson, e);
        } catch (IllegalArgumentException e) {
            throw e; // ours
        } catch (IOException | RuntimeException e) { // which of the two depends on the JSON library's version
            throw notJson(tokenizerJson, e);
        }
        file.link();
        return file;
    }

    private static IllegalArgumentException notJson(byte[] got, Exception cause) {
        return new IllegalArgumentException("tokenizer.json: got " + got.length + " bytes that are not valid JSON, expected a tokenizer: " + cause.getMessage(), cause);
    }

    String[] tokensById() {
        int largest = tokens.keySet().stream().mapToInt(Integer::intValue).max().orElse(-1);
        String[] byId = new String[largest + 1];
        tokens.forEach((id, token) -> byId[id] = token);
        return byId;
    }

    private void parseFile(XContentParser parser) throws IOException {
        expect(XContentParser.Token.START_OBJECT, parser.nextToken(), "the file");
        while (parser.nextToken() != XContentParser.Token.END_OBJECT) {
            String field = parser.currentName();
            XContentParser.Token value = parser.nextToken();
            if (value == XContentParser.Token.VALUE_NULL) {
                continue;
            }
            switch (field) {
                case "added_tokens" -> {
                    expect(XContentParser.Token.START_ARRAY, value, field);
                    addedTokens = parser.list();
                }
                case "padding" -> padding = object(parser, value, field);
                case "post_processor" -> postProcessor = object(parser, value, field);
                case "model" -> parseModel(parser, value);
                default -> parser.skipChildren();
            }
        }
    }

    private void parseModel(XContentParser parser, XContentParser.Token start) throws IOException {
        expect(XContentParser.Token.START_OBJECT, start, "model");
        while (parser.nextToken() != XContentParser.Token.END_OBJECT) {
            String field = parser.currentName();
            XContentParser.Token value = parser.nextToken();
            switch (field) {
                case "type" -> modelType = parser.textOrNull();
                case "unk_token" -> unknownToken = parser.textOrNull();
                case "vocab" -> {
                    if (value == XContentParser.Token.START_ARRAY) {
                        parseList(parser);
                    } else {
                        expect(XContentParser.Token.START_OBJECT, value, "model.vocab");
                        parseDictionary(parser);
                    }
                }
                default -> parser.skipChildren();
            }
        }
    }

    private void parseDictionary(XContentParser parser) throws IOException {
        while (parser.nextToken() != XContentParser.Token.END_OBJECT) {
            String token = parser.currentName();
            Supplier<String> where = () -> "model.vocab[" + token + "]";
            expect(XContentParser.Token.VALUE_NUMBER, parser.nextToken(), where);
            add(token, id(parser.numberValue(), where), where);
        }
    }

    private void parseList(XContentParser parser) throws IOException {
        for (int id = 0; parser.nextToken() != XContentParser.Token.END_ARRAY; id++) {
            int at = id;
            Supplier<String> where = () -> "model.vocab[" + at + "]";
            expect(XContentParser.Token.START_ARRAY, parser.currentToken(), where);
            expect(XContentParser.Token.VALUE_STRING, parser.nextToken(), () -> where.get() + "[0]");
            add(parser.text(), id(at, where), where);
            expect(XContentParser.Token.VALUE_NUMBER, parser.nextToken(), () -> where.get() + "[1]");
            expect(XContentParser.Token.END_ARRAY, parser.nextToken(), () -> where.get() + " after its score");
        }
    }

    /** Joins what the parts of the file say, whatever order they came in. */
    private void link() {
        if (ids.isEmpty()) {
            throw new IllegalArgumentException("tokenizer.json: got no tokens, expected a vocabulary at [model.vocab]");
        }
        if (NEED_UNKNOWN_TOKEN.contains(modelType) && ids.containsKey(unknownToken) == false) {
            throw new IllegalArgumentException(
                "tokenizer.json: got unknown token [" + unknownToken + "] at [model.unk_token], expected a token of [model.vocab]"
            );
        }
        for (int i = 0; i < addedTokens.size(); i++) {
            int at = i;
            addToken(addedTokens.get(i), () -> "added_tokens[" + at + "]");
        }
        if (padding.get("pad_id") instanceof Number pad) {
            padId = known(pad, "padding.pad_id");
        }
        template = SequenceTemplate.of(postProcessor, this::known);
        template.specialIds().forEach(special::set);
    }

    private void addToken(Object entry, Supplier<String> where) {
        if (entry instanceof Map<?, ?> added && added.get("content") instanceof String content && added.get("id") instanceof Number number) {
            int id = id(number, () -> where.get() + ".id");
            if (content.equals(tokens.get(id)) == false) { // most added tokens are in the model's vocabulary as well
                add(content, id, where);
            }
            if (Boolean.TRUE.equals(added.get("special"))) {
                special.set(id);
            }
            return;
        }
        throw new IllegalArgumentException("tokenizer.json: got [" + entry + "] at [" + where.get() + "], expected an object with [id] and [content]");
    }

    /** @param where the place in the file, put into words only for an error: there are as many as tokens */
    private void add(String token, int id, Supplier<String> where) {
        String other = tokens.putIfAbsent(id, token);
        if (other != null) {
            throw new IllegalArgumentException(
                "tokenizer.json: got id " + id + " at [" + where.get() + "], expected an id of its own: token [" + other + "] has it too"
            );
        }
        Integer otherId = ids.putIfAbsent(token, id);
        if (otherId != null) {
            throw new IllegalArgumentException(
                "tokenizer.json: got id " + id + " for token [" + token + "] at [" + where.get() + "], expected one id: it has id " + otherId + " too"
            );
        }
    }

    private static int id(Number number, Supplier<String> where) {
        double value = number.doubleValue();
        if (value < 0 || value >= MAX_SIZE || value != Math.rint(value)) {
            throw new IllegalArgumentException(
                "tokenizer.json: got id " + number + " at [" + where.get() + "], expected a whole number from 0 to " + (MAX_SIZE - 1)
            );
        }
        return (int) value;
    }

    /** @param where the place in the file that speaks of the id */
    private int known(Object number, String where) {
        if (number instanceof Number n && tokens.containsKey(id(n, () -> where))) {
            return n.intValue();
        }
        throw new IllegalArgumentException("tokenizer.json: got id [" + number + "] at [" + where + "], expected the id of a token");
    }

    private static Map<String, Object> object(XContentParser parser, XContentParser.Token value, String where) throws IOException {
        expect(XContentParser.Token.START_OBJECT, value, where);
        return parser.map();
    }

    private static void expect(XContentParser.Token expected, XContentParser.Token got, String where) {
        expect(expected, got, () -> where);
    }

    private static void expect(XContentParser.Token expected, XContentParser.Token got, Supplier<String> where) {
        if (got != expected) {
            throw new IllegalArgumentException("tokenizer.json: got [" + got + "] at [" + where.get() + "], expected [" + expected + "]");
        }
    }
}
