package org.neuralranking.rescore;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.neuralranking.tokenize.Tokenizer;
import org.neuralranking.tokenize.Tokens;
import org.opensearch.common.xcontent.support.XContentMapValues;
import org.opensearch.core.ParseField;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.xcontent.ConstructingObjectParser;
import org.opensearch.core.xcontent.ToXContentObject;
import org.opensearch.core.xcontent.XContentBuilder;

/**
 * Which text of a document the model reads: fields of {@code _source}, in this order.
 *
 * @param fields    paths in {@code _source}
 * @param separator text between the fields, or null for the tokenizer's own separator token
 */
record DocumentText(List<String> fields, String separator) implements Writeable, ToXContentObject {

    @SuppressWarnings("unchecked")
    static final ConstructingObjectParser<DocumentText, Void> PARSER = new ConstructingObjectParser<>(
        "document",
        fields -> new DocumentText((List<String>) fields[0], (String) fields[1])
    );
    static {
        PARSER.declareStringArray(ConstructingObjectParser.constructorArg(), new ParseField("fields"));
        PARSER.declareString(ConstructingObjectParser.optionalConstructorArg(), new ParseField("separator"));
    }

    /** More fields than any document has sensibly; a bound for what one hit costs. */
    private static final int MAX_FIELDS = 100;

    DocumentText {
        fields = List.copyOf(fields);
        if (fields.isEmpty() || fields.size() > MAX_FIELDS) {
            throw new IllegalArgumentException("[neural] rescorer: got " + fields.size() + " [document.fields], expected 1 to " + MAX_FIELDS);
        }
        for (String field : fields) {
            if (field.isBlank()) {
                throw new IllegalArgumentException("[neural] rescorer: got an empty name in [document.fields] " + fields + ", expected field names");
            }
        }
    }

    DocumentText(StreamInput in) throws IOException {
        this(in.readStringList(), in.readOptionalString());
    }

    /** The values of one document that are there and not blank, field by field. */
    List<String> values(Map<String, Object> source) {
        List<String> values = new ArrayList<>(fields.size());
        for (String field : fields) {
            StringBuilder text = new StringBuilder();
            append(field, XContentMapValues.extractValue(field, source), text);
            if (text.toString().isBlank() == false) {
                values.add(text.toString());
            }
        }
        return values;
    }

    private static void append(String field, Object value, StringBuilder text) {
        switch (value) {
            case null -> {
            }
            case List<?> list -> list.forEach(entry -> append(field, entry, text));
            case String string -> text.append(text.isEmpty() ? "" : " ").append(string);
            case Number number -> text.append(text.isEmpty() ? "" : " ").append(number);
            case Boolean bool -> text.append(text.isEmpty() ? "" : " ").append(bool);
            default -> throw new NotText(
                "[neural] rescorer: got " + (value instanceof Map ? "an object" : value.getClass().getSimpleName()) + " at [" + field
                    + "] of a document's _source, expected text"
            );
        }
    }

    /** A document has something else where the clause expects text. */
    static final class NotText extends IllegalArgumentException {
        NotText(String message) {
            super(message);
        }
    }

    /** Tokens of the values, at most about {@code maxTokens} of them. */
    Tokens tokens(List<String> values, Tokenizer tokenizer, int maxTokens) {
        if (separator != null) {
            return tokenizer.tokenize(String.join(separator, values), maxTokens);
        }
        List<Tokens> parts = new ArrayList<>(values.size());
        int left = maxTokens;
        for (String value : values) {
            // a part with no room left still counts as truncated, and reading none of it is cheap
            Tokens part = tokenizer.tokenize(value, Math.max(0, left));
            parts.add(part);
            left -= part.size() + 1;
        }
        return tokenizer.join(parts);
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeStringCollection(fields);
        out.writeOptionalString(separator);
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
        builder.startObject().field("fields", fields);
        if (separator != null) {
            builder.field("separator", separator);
        }
        return builder.endObject();
    }
}
