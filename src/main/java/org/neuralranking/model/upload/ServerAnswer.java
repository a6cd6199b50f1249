package org.neuralranking.model.upload;

import java.io.IOException;
import java.util.Map;

import org.opensearch.common.xcontent.json.JsonXContent;
import org.opensearch.core.xcontent.DeprecationHandler;
import org.opensearch.core.xcontent.NamedXContentRegistry;
import org.opensearch.core.xcontent.XContentParseException;
import org.opensearch.core.xcontent.XContentParser;

/**
 * What came back to a request.
 *
 * @param body as it came
 */
record ServerAnswer(int status, String body) {
    /** A proxy between here and the cluster answers with a page. */
    private static final int LONGEST_FOREIGN_REASON = 300;

    boolean isSuccess() {
        return status / 100 == 2;
    }

    /** Why the request failed: the innermost reason that OpenSearch gives, or the answer itself where it is no error of OpenSearch's. */
    String reason() {
        Object error = json().get("error");
        if (error instanceof String text) {
            return text;
        }
        String innermost = null;
        while (error instanceof Map<?, ?> level) {
            innermost = level.get("reason") instanceof String reason ? reason : innermost;
            error = level.get("caused_by");
        }
        return innermost == null ? shortened(body.strip()) : innermost;
    }

    private Map<String, Object> json() {
        try (
            XContentParser parser = JsonXContent.jsonXContent.createParser(
                NamedXContentRegistry.EMPTY,
                DeprecationHandler.IGNORE_DEPRECATIONS,
                body
            )
        ) {
            return parser.nextToken() == XContentParser.Token.START_OBJECT ? parser.map() : Map.of();
        } catch (IOException | XContentParseException notJson) {
            return Map.of();
        }
    }

    private static String shortened(String text) {
        if (text.isEmpty()) {
            return "no reason given";
        }
        return text.length() <= LONGEST_FOREIGN_REASON ? text : text.substring(0, LONGEST_FOREIGN_REASON) + "...";
    }
}
