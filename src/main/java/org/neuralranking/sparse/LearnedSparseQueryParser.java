package org.neuralranking.sparse;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

import org.neuralranking.inference.Models;
import org.opensearch.core.common.ParsingException;
import org.opensearch.core.xcontent.XContentParser;
import org.opensearch.index.query.AbstractQueryBuilder;

import static org.neuralranking.sparse.LearnedSparseQueryBuilder.MAX_TOKENS;
import static org.neuralranking.sparse.LearnedSparseQueryBuilder.MODEL_ID;
import static org.neuralranking.sparse.LearnedSparseQueryBuilder.NAME;
import static org.neuralranking.sparse.LearnedSparseQueryBuilder.QUERY_TEXT;
import static org.neuralranking.sparse.LearnedSparseQueryBuilder.TOKENS;
import static org.neuralranking.sparse.LearnedSparseQueryBuilder.where;

/** Reads {@link LearnedSparseQueryBuilder}'s two forms, and nothing else. */
final class LearnedSparseQueryParser {

    private static final String BOOST = "boost";
    private static final String QUERY_NAME = "_name";

    private LearnedSparseQueryParser() {}

    /** @param parser stands on the START_OBJECT behind the query's name, afterwards on its END_OBJECT */
    static LearnedSparseQueryBuilder parse(XContentParser parser, Supplier<Models> models) throws IOException {
        String field = null;
        LearnedSparseQueryBuilder query = null;
        while (parser.nextToken() != XContentParser.Token.END_OBJECT) {
            String name = parser.currentName();
            if (field != null) {
                throw new ParsingException(
                    parser.getTokenLocation(),
                    "[" + NAME + "] query: got multiple fields [" + field + "] and [" + name + "], expected one"
                );
            }
            field = name;
            expect(XContentParser.Token.START_OBJECT, parser.nextToken(), field, parser);
            query = parseField(parser, field, models);
        }
        if (query == null) {
            throw new ParsingException(parser.getTokenLocation(), "[" + NAME + "] query: got no field, expected one");
        }
        return query;
    }

    private static LearnedSparseQueryBuilder parseField(XContentParser parser, String field, Supplier<Models> models) throws IOException {
        String queryText = null;
        String modelId = null;
        Map<String, Float> tokens = null;
        float boost = AbstractQueryBuilder.DEFAULT_BOOST;
        String queryName = null;
        while (parser.nextToken() != XContentParser.Token.END_OBJECT) {
            String key = parser.currentName();
            XContentParser.Token value = parser.nextToken();
            switch (key) {
                case QUERY_TEXT -> {
                    expect(XContentParser.Token.VALUE_STRING, value, key, parser);
                    queryText = parser.text();
                }
                case MODEL_ID -> {
                    expect(XContentParser.Token.VALUE_STRING, value, key, parser);
                    modelId = parser.text();
                }
                case TOKENS -> {
                    expect(XContentParser.Token.START_OBJECT, value, key, parser);
                    tokens = parseTokens(parser, field);
                }
                case BOOST -> {
                    expect(XContentParser.Token.VALUE_NUMBER, value, key, parser);
                    boost = parser.floatValue();
                }
                case QUERY_NAME -> {
                    expect(XContentParser.Token.VALUE_STRING, value, key, parser);
                    queryName = parser.text();
                }
                default -> throw new ParsingException(
                    parser.getTokenLocation(),
                    where(field)
                        + ": got unknown key ["
                        + key
                        + "], expected "
                        + List.of(QUERY_TEXT, MODEL_ID, TOKENS, BOOST, QUERY_NAME)
                );
            }
        }
        boolean text = queryText != null && modelId != null && tokens == null;
        boolean vector = queryText == null && modelId == null && tokens != null;
        if (text == false && vector == false) {
            throw new ParsingException(
                parser.getTokenLocation(),
                where(field)
                    + ": got "
                    + (queryText == null ? "no" : "a")
                    + " [query_text], "
                    + (modelId == null ? "no" : "a")
                    + " [model_id] and "
                    + (tokens == null ? "no" : "a")
                    + " [tokens], expected either [query_text] with [model_id] or [tokens]"
            );
        }
        LearnedSparseQueryBuilder query = text
            ? LearnedSparseQueryBuilder.ofText(field, queryText, modelId, models)
            : LearnedSparseQueryBuilder.ofTokens(field, tokens);
        return query.boost(boost).queryName(queryName);
    }

    private static Map<String, Float> parseTokens(XContentParser parser, String field) throws IOException {
        Map<String, Float> tokens = new LinkedHashMap<>();
        try {
            TokenWeights.read(parser, where(field), (token, weight) -> {
                tokens.merge(token, weight, Math::max);
                if (tokens.size() > MAX_TOKENS) {
                    throw new IllegalArgumentException(
                        where(field) + ": got more than " + MAX_TOKENS + " tokens, expected at most that many"
                    );
                }
            });
        } catch (IllegalArgumentException e) {
            throw new ParsingException(parser.getTokenLocation(), e.getMessage(), e);
        }
        return tokens;
    }

    private static void expect(XContentParser.Token expected, XContentParser.Token got, String key, XContentParser parser) {
        if (got != expected) {
            throw new ParsingException(
                parser.getTokenLocation(),
                "[" + NAME + "] query: got [" + got + "] for [" + key + "], expected [" + expected + "]"
            );
        }
    }
}
