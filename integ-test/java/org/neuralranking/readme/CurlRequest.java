package org.neuralranking.readme;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;

import org.neuralranking.node.Answer;
import org.neuralranking.node.Http;

/**
 * What a {@code curl} command sends: the few options that the README uses, with curl's own defaults.
 *
 * @param target path and query
 * @param body   null for none
 */
public record CurlRequest(String method, String target, Map<String, String> headers, String body) {
    /** The host of all examples; tests put their node's port in place of this one. */
    public static final String HOST = "127.0.0.1:9200";

    private static final String CONTENT_TYPE = "content-type";
    private static final Duration TIMEOUT = Duration.ofMinutes(5);

    /**
     * @param words the command, {@code curl} first
     * @throws IllegalArgumentException for an option that is not {@code -s -X -H -d --data-binary}, and for another host
     */
    public static CurlRequest of(List<String> words) {
        String method = null;
        String url = null;
        String body = null;
        Map<String, String> headers = new LinkedHashMap<>();
        for (int i = 1; i < words.size(); i++) {
            String word = words.get(i);
            switch (word) {
                case "-s" -> {
                }
                case "-X" -> method = value(words, ++i);
                case "-H" -> {
                    String[] header = value(words, ++i).split(":", 2);
                    if (header.length != 2) {
                        throw new IllegalArgumentException("curl: got header [" + header[0] + "], expected NAME: VALUE");
                    }
                    headers.put(header[0].strip().toLowerCase(Locale.ROOT), header[1].strip());
                }
                case "-d", "--data-binary" -> {
                    if (body != null) {
                        throw new IllegalArgumentException("curl: got a second body, expected one");
                    }
                    body = value(words, ++i);
                    if (body.startsWith("@")) {
                        throw new IllegalArgumentException("curl: got the file [" + body + "] as body, expected the body itself");
                    }
                }
                default -> {
                    if (word.startsWith("-")) {
                        throw new IllegalArgumentException("curl: got option [" + word + "], expected one of -s -X -H -d --data-binary");
                    }
                    if (url != null) {
                        throw new IllegalArgumentException("curl: got a second URL [" + word + "], expected one");
                    }
                    url = word;
                }
            }
        }
        if (body != null) {
            headers.putIfAbsent(CONTENT_TYPE, "application/x-www-form-urlencoded"); // as curl does, which OpenSearch refuses
        }
        return new CurlRequest(method != null ? method : body == null ? "GET" : "POST", target(url), headers, body);
    }

    private static String value(List<String> words, int i) {
        if (i == words.size()) {
            throw new IllegalArgumentException("curl: got [" + words.get(i - 1) + "] without a value");
        }
        return words.get(i);
    }

    private static String target(String url) {
        String address = url == null ? "" : url.startsWith("http://") ? url.substring("http://".length()) : url;
        if (address.equals(HOST) == false && address.startsWith(HOST + "/") == false) {
            throw new IllegalArgumentException("curl: got URL [" + url + "], expected one at " + HOST);
        }
        return address.length() == HOST.length() ? "/" : address.substring(HOST.length());
    }

    /** Sends it to a node on this machine. */
    public Answer send(int port) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + target)).timeout(TIMEOUT);
        headers.forEach(request::header);
        request.method(method, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            HttpResponse<String> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
            return new Answer(method + " " + target, answer.statusCode(), json(answer.body()), answer.body());
        } catch (IOException e) {
            throw new UncheckedIOException("no answer to " + method + " " + target, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted during " + method + " " + target, e);
        }
    }

    private static JsonNode json(String body) {
        try {
            return body.isBlank() ? MissingNode.getInstance() : Http.JSON.readTree(body);
        } catch (JsonProcessingException notJson) {
            return MissingNode.getInstance();
        }
    }
}
