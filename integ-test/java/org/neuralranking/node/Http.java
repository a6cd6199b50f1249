package org.neuralranking.node;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.BooleanSupplier;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;

/** A plain client of one node. It never retries; a connection that fails is an {@link UncheckedIOException} that names the request. */
public final class Http {
    /** A bulk through a model on a busy machine takes long. */
    private static final Duration REQUEST_TIMEOUT = Duration.ofMinutes(10);
    /** Short, so that a node which hangs while it starts is found out by whoever waits for it. */
    private static final Duration ALIVE_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration POLL_EVERY = Duration.ofMillis(100);

    public static final ObjectMapper JSON = new ObjectMapper();

    private final String base;
    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(CONNECT_TIMEOUT).build();

    public Http(String host, int port) {
        base = "http://" + host + ":" + port;
    }

    public Answer get(String path) {
        return request("GET", path, null);
    }

    public Answer delete(String path) {
        return request("DELETE", path, null);
    }

    /** @param body JSON text, or an object that Jackson writes as JSON */
    public Answer put(String path, Object body) {
        return request("PUT", path, body);
    }

    public Answer post(String path, Object body) {
        return request("POST", path, body);
    }

    /** @param body JSON text, or an object that Jackson writes as JSON, or null for none */
    public Answer request(String method, String path, Object body) {
        return send(method, path, body == null ? null : text(body), "application/json", REQUEST_TIMEOUT);
    }

    /**
     * @param path   {@code /_bulk} or {@code /INDEX/_bulk}, with parameters
     * @param ndjson lines; the newline at the end may be missing
     */
    public Answer bulk(String path, String ndjson) {
        return send("POST", path, ndjson.endsWith("\n") ? ndjson : ndjson + "\n", "application/x-ndjson", REQUEST_TIMEOUT);
    }

    /** Whether the node answers {@code GET /} with 200. */
    public boolean isUp() {
        try {
            return send("GET", "/", null, "application/json", ALIVE_TIMEOUT).status() == 200;
        } catch (UncheckedIOException e) {
            return false;
        }
    }

    private Answer send(String method, String path, String body, String contentType, Duration timeout) {
        HttpRequest.Builder builder = HttpRequest.newBuilder(URI.create(base + path)).timeout(timeout);
        if (body == null) {
            builder.method(method, HttpRequest.BodyPublishers.noBody());
        } else {
            builder.header("Content-Type", contentType).method(method, HttpRequest.BodyPublishers.ofString(body));
        }
        String request = method + " " + base + path;
        try {
            HttpResponse<String> response = client.send(builder.build(), HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
            return new Answer(request, response.statusCode(), parse(response.body()), response.body());
        } catch (IOException e) {
            throw new UncheckedIOException("no answer to " + request, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted during " + request, e);
        }
    }

    private static String text(Object body) {
        if (body instanceof String text) {
            return text;
        }
        try {
            return JSON.writeValueAsString(body);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("not writable as JSON: " + body, e);
        }
    }

    private static JsonNode parse(String body) {
        if (body.isEmpty()) {
            return MissingNode.getInstance();
        }
        try {
            return JSON.readTree(body);
        } catch (JsonProcessingException notJson) {
            return MissingNode.getInstance();
        }
    }

    /**
     * The one place that polls.
     *
     * @param what the sentence that should become true, for the message
     * @throws AssertionError if it has not by the deadline
     */
    public static void waitFor(String what, Duration atMost, BooleanSupplier condition) {
        long deadlineNanos = System.nanoTime() + atMost.toNanos();
        while (condition.getAsBoolean() == false) {
            if (System.nanoTime() - deadlineNanos > 0) {
                throw new AssertionError("waited " + atMost.toSeconds() + " s in vain for: " + what);
            }
            try {
                Thread.sleep(POLL_EVERY);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while waiting for: " + what, e);
            }
        }
    }

    @Override
    public String toString() {
        return base;
    }
}
