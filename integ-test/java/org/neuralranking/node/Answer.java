package org.neuralranking.node;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * What a node answered.
 *
 * @param request method and path, for messages
 * @param json    the body; a missing node if it is not JSON
 * @param body    the body as it came
 */
public record Answer(String request, int status, JsonNode json, String body) {

    /** This answer, if its status is 2xx and, for a bulk request, if every item succeeded. */
    public Answer ok() {
        if (status / 100 != 2) {
            throw new AssertionError("expected success, got " + this);
        }
        if (json.path("errors").asBoolean(false)) {
            throw new AssertionError("expected every item to succeed, got " + this);
        }
        return this;
    }

    /** This answer, if its status is the expected one. */
    public Answer expect(int expected) {
        if (status != expected) {
            throw new AssertionError("expected status " + expected + ", got " + this);
        }
        return this;
    }

    /** @param pointer a JSON pointer, for example {@code /hits/hits/0/_id}; throws if there is nothing */
    public JsonNode at(String pointer) {
        JsonNode found = json.at(pointer);
        if (found.isMissingNode()) {
            throw new AssertionError("nothing at " + pointer + " in " + this);
        }
        return found;
    }

    @Override
    public String toString() {
        return status + " to " + request + ": " + body;
    }
}
