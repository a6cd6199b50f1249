package org.neuralranking.ranking;

import java.io.IOException;

import org.opensearch.core.xcontent.ConstructingObjectParser;
import org.opensearch.core.xcontent.XContentLocation;
import org.opensearch.core.xcontent.XContentParseException;
import org.opensearch.core.xcontent.XContentParser;

/** Parsing whose first sentence is the one that helps. */
public final class StrictParsing {

    private StrictParsing() {}

    /**
     * @throws XContentParseException (400) where and what is wrong; the platform's own says only "failed to parse field" or "failed to build"
     *                                where the reason comes from a value's own check
     */
    public static <T> T parse(ConstructingObjectParser<T, Void> shape, XContentParser parser) {
        try {
            return shape.apply(parser, null);
        } catch (XContentParseException e) {
            Throwable innermost = e;
            while (innermost.getCause() != null && innermost.getCause() != innermost) {
                innermost = innermost.getCause();
            }
            if (innermost instanceof Exception reason && reason != e) {
                // e is left out of the causes: the platform shows the innermost exception of its type as the root cause
                throw new XContentParseException(null, e.getMessage() + ": " + reason.getMessage(), reason);
            }
            throw e;
        }
    }

    /**
     * Reads a body that is one object and nothing behind it.
     *
     * @throws XContentParseException (400) as {@link #parse}, or if something follows
     */
    public static <T> T parseWhole(ConstructingObjectParser<T, Void> shape, XContentParser parser) throws IOException {
        T parsed = parse(shape, parser);
        XContentLocation end = parser.getTokenLocation();
        XContentParser.Token more;
        try {
            more = parser.nextToken();
        } catch (IOException | RuntimeException noToken) { // which of the two depends on the JSON library's version
            throw new XContentParseException(end, "got something that is no JSON behind the object, expected the end", noToken);
        }
        if (more != null) {
            throw new XContentParseException(parser.getTokenLocation(), "got [" + more + "] behind the object, expected the end");
        }
        return parsed;
    }
}
