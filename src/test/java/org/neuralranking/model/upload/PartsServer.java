package org.neuralranking.model.upload;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

/** The server's side of the protocol, as simple as can be, and able to fail when told to. */
final class PartsServer implements AutoCloseable {
    /** Breaks the connection instead of answering. */
    static final int BREAK = 0;
    private static final int LARGEST_PART_BYTES = 8 << 20;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpServer server;
    private final Map<Integer, byte[]> parts = new TreeMap<>();
    private final Deque<Integer> failures = new ArrayDeque<>();
    private final List<String> requests = new ArrayList<>();
    private final List<String> authorizations = new ArrayList<>();
    private String failureBody = "";
    private int commitStatus = 200;

    PartsServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::handle);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** The next parts fail with these statuses, one each. */
    PartsServer failParts(String body, Integer... statuses) {
        failureBody = body;
        failures.addAll(List.of(statuses));
        return this;
    }

    PartsServer failCommit(String body, int status) {
        failureBody = body;
        commitStatus = status;
        return this;
    }

    /** Method, path and query, in order. */
    List<String> requests() {
        return requests;
    }

    /** The distinct values of the header, {@code null} for none. */
    List<String> authorizations() {
        return authorizations.stream().distinct().toList();
    }

    int parts() {
        return parts.size();
    }

    /** All parts in order. */
    byte[] bytes() {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        parts.values().forEach(all::writeBytes);
        return all.toByteArray();
    }

    private void handle(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getRawPath();
        requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
        authorizations.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
        JsonNode body = JSON.readTree(exchange.getRequestBody());
        if (path.contains("/_parts/")) {
            part(exchange, Integer.parseInt(path.substring(path.lastIndexOf('/') + 1)), body);
        } else {
            commit(exchange, body);
        }
    }

    private void part(HttpExchange exchange, int number, JsonNode body) throws IOException {
        int failure = failures.isEmpty() ? 200 : failures.removeFirst();
        if (failure == BREAK) {
            exchange.close();
            return;
        }
        byte[] bytes = Base64.getDecoder().decode(body.get("data").asText());
        if (failure == 200 && bytes.length > LARGEST_PART_BYTES) {
            answer(exchange, 400, "{\"error\":{\"reason\":\"got a part of " + bytes.length + " bytes\"}}");
        } else if (failure == 200) {
            parts.put(number, bytes);
            answer(exchange, 200, "{}");
        } else {
            answer(exchange, failure, failureBody);
        }
    }

    private void commit(HttpExchange exchange, JsonNode body) throws IOException {
        String sha256 = sha256(bytes());
        if (commitStatus != 200) {
            answer(exchange, commitStatus, failureBody);
        } else if (sha256.equals(body.get("sha256").asText()) && body.get("parts").asInt() == parts.size()) {
            answer(exchange, 200, "{\"hash\":\"" + sha256 + "\"}");
        } else {
            answer(exchange, 400, "{\"error\":{\"reason\":\"got " + body + ", expected " + sha256 + " of " + parts.size() + " parts\"}}");
        }
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
