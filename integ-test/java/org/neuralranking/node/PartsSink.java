package org.neuralranking.node;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

/** Takes the parts of a model that no node would take, and forgets them; answers a commit with its own body. */
public final class PartsSink implements AutoCloseable {
    private final HttpServer server;
    private final MessageDigest sha256;
    private long bytes;
    private int parts;

    public PartsSink() throws IOException {
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::take);
        server.start();
    }

    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    public long bytes() {
        return bytes;
    }

    public int parts() {
        return parts;
    }

    /** Of all parts, lower-case hex; once, at the end. */
    public String sha256() {
        return HexFormat.of().formatHex(sha256.digest());
    }

    private void take(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        if (exchange.getRequestURI().getPath().endsWith("/_parts/" + parts)) {
            byte[] part = Base64.getDecoder().decode(Http.JSON.readTree(body).get("data").asText());
            sha256.update(part);
            bytes += part.length;
            parts++;
            body = "{}".getBytes(StandardCharsets.UTF_8);
        }
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
