package org.neuralranking.ranking;

import org.opensearch.core.xcontent.ConstructingObjectParser;
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
            if (innermost == e) {
                throw e;
            }
            // the wrapper's message begins with the place already
            throw new XContentParseException(null, e.getMessage() + ": " + innermost.getMessage(), e);
        }
    }
}
