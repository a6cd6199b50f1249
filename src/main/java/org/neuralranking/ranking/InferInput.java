package org.neuralranking.ranking;

import java.io.IOException;
import java.util.List;

import org.opensearch.core.ParseField;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.xcontent.ConstructingObjectParser;
import org.opensearch.core.xcontent.XContentParser;

/**
 * The body of {@code _infer}: {@code {"texts": […]}} (with {@code "as": "query"} for query encoding) or
 * {@code {"query": "…", "documents": […]}}.
 *
 * @param texts     texts to encode, or null
 * @param as        {@code document} or {@code query}, or null for {@code document}; only beside texts
 * @param query     the query of pairs, or null
 * @param documents the documents of pairs, or null
 */
public record InferInput(List<String> texts, String as, String query, List<String> documents) implements Writeable {

    /** More belongs into a bulk; the answer is built on the heap. */
    static final int MAX_TEXTS = 1000;

    @SuppressWarnings("unchecked")
    private static final ConstructingObjectParser<InferInput, Void> PARSER = new ConstructingObjectParser<>(
        "infer",
        fields -> new InferInput((List<String>) fields[0], (String) fields[1], (String) fields[2], (List<String>) fields[3])
    );
    static {
        PARSER.declareStringArray(ConstructingObjectParser.optionalConstructorArg(), new ParseField("texts"));
        PARSER.declareString(ConstructingObjectParser.optionalConstructorArg(), new ParseField("as"));
        PARSER.declareString(ConstructingObjectParser.optionalConstructorArg(), new ParseField("query"));
        PARSER.declareStringArray(ConstructingObjectParser.optionalConstructorArg(), new ParseField("documents"));
    }

    public InferInput {
        if ((texts == null) == (query == null) || (query == null) != (documents == null)) {
            throw new IllegalArgumentException("_infer: got neither [texts] alone nor [query] with [documents], expected one of the two");
        }
        int size = texts == null ? documents.size() : texts.size();
        if (size < 1 || size > MAX_TEXTS) {
            throw new IllegalArgumentException(
                "_infer: got " + size + " " + (texts == null ? "documents" : "texts") + ", expected 1 to " + MAX_TEXTS
            );
        }
        if (as != null && texts == null) {
            throw new IllegalArgumentException(
                "_infer: got [as] = [" + as + "] beside [query] with [documents], expected it only beside [texts]"
            );
        }
        if (as != null && as.equals("document") == false && as.equals("query") == false) {
            throw new IllegalArgumentException("_infer: got [as] = [" + as + "], expected [document] or [query]");
        }
    }

    InferInput(StreamInput in) throws IOException {
        this(in.readOptionalStringList(), in.readOptionalString(), in.readOptionalString(), in.readOptionalStringList());
    }

    /** Reads a whole body. */
    static InferInput parse(XContentParser parser) throws IOException {
        return StrictParsing.parseWhole(PARSER, parser);
    }

    public boolean asQuery() {
        return "query".equals(as);
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeOptionalStringCollection(texts);
        out.writeOptionalString(as);
        out.writeOptionalString(query);
        out.writeOptionalStringCollection(documents);
    }
}
