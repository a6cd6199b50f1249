package org.neuralranking.model.upload;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** The requests that register a model in parts. */
final class ModelRequests {
    /** A node that collects garbage or writes to a slow disk takes long; one that is gone never answers. */
    private static final Duration PART_TIMEOUT = Duration.ofMinutes(2);
    /** Every node reads the model back, checks and loads it; the server has a limit of its own, which comes first. */
    private static final Duration COMMIT_TIMEOUT = Duration.ofMinutes(60);

    private final HttpClient client;
    private final String model;
    private final String authorization;

    /**
     * @param server        scheme, host, port, and perhaps a path that a proxy wants
     * @param authorization the header of that name, or null for none
     */
    ModelRequests(HttpClient client, URI server, String id, String authorization) {
        this.client = client;
        this.model = server.toString().replaceAll("/+$", "") + "/_plugins/_neural_ranking/models/" + pathSegment(id);
        this.authorization = authorization;
    }

    /** @throws RefusedException if the server answers with anything but success */
    void putPart(int number, byte[] bytes, int length) throws IOException {
        send("PUT", model + "/_parts/" + number, PartBody.of(bytes, length), PART_TIMEOUT);
    }

    /**
     * Not to be tried again blindly: an answer that got lost does not say whether the model was registered.
     *
     * @return what the server answered
     * @throws RefusedException if the server answers with anything but success
     */
    String commit(String sha256, int parts, String waitFor) throws IOException {
        BodyPublisher body = BodyPublishers.ofString("{\"sha256\":\"" + sha256 + "\",\"parts\":" + parts + "}");
        return send("POST", model + "/_commit?wait_for=" + waitFor, body, COMMIT_TIMEOUT).body();
    }

    private ServerAnswer send(String method, String url, BodyPublisher body, Duration timeout) throws IOException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url)).timeout(timeout).method(method, body).header("Content-Type", "application/json");
        if (authorization != null) {
            request.header("Authorization", authorization);
        }
        ServerAnswer answer;
        try {
            var response = client.send(request.build(), BodyHandlers.ofString(StandardCharsets.UTF_8));
            answer = new ServerAnswer(response.statusCode(), response.body());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted during " + method + " " + url);
        } catch (IOException e) {
            throw new IOException("no answer to " + method + " " + url + ": " + described(e), e);
        }
        if (answer.isSuccess() == false) {
            throw new RefusedException(method + " " + url, answer);
        }
        return answer;
    }

    /** The client gives a refused connection no message. */
    private static String described(IOException failure) {
        if (failure.getMessage() != null) {
            return failure.getMessage();
        }
        return failure instanceof ConnectException ? "nothing listens there" : failure.getClass().getSimpleName();
    }

    /** Whatever the id is, it arrives as one; whether it is a good one, the server says. */
    private static String pathSegment(String id) {
        return URLEncoder.encode(id, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
