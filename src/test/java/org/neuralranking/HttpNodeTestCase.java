package org.neuralranking;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import org.apache.lucene.tests.util.LuceneTestCase;
import org.junit.After;
import org.junit.Before;
import org.opensearch.common.network.NetworkModule;
import org.opensearch.common.settings.Settings;
import org.opensearch.http.HttpServerTransport;
import org.opensearch.plugins.Plugin;
import org.opensearch.test.OpenSearchSingleNodeTestCase;
import org.opensearch.transport.Netty4ModulePlugin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

/** A node with the plugin, spoken to over HTTP as users do. */
@LuceneTestCase.SuppressFileSystems("*") // native code opens the files
public abstract class HttpNodeTestCase extends OpenSearchSingleNodeTestCase {

    protected static final ObjectMapper JSON = new ObjectMapper();

    private HttpClient http;

    @Override
    protected Collection<Class<? extends Plugin>> getPlugins() {
        return List.of(NeuralRankingPlugin.class, Netty4ModulePlugin.class);
    }

    @Override
    protected boolean addMockHttpTransport() {
        return false;
    }

    @Override
    protected Settings nodeSettings() {
        return Settings.builder().put(NetworkModule.HTTP_TYPE_KEY, Netty4ModulePlugin.NETTY_HTTP_TRANSPORT_NAME).build();
    }

    @Before
    public void openClient() {
        http = HttpClient.newHttpClient();
    }

    @After
    public void closeClient() {
        http.close();
    }

    protected record Answer(int status, JsonNode body) {
        /** Whether the answer has this status and every text somewhere in its body. */
        public Answer is(int expected, String... texts) {
            assertEquals(body.toString(), expected, status);
            for (String text : texts) {
                assertTrue("[" + text + "] is not in " + body, body.toString().contains(text));
            }
            return this;
        }
    }

    protected final CompletableFuture<Answer> send(String method, String path, String body) {
        InetSocketAddress address = getInstanceFromNode(HttpServerTransport.class).boundAddress().publishAddress().address();
        URI uri = URI.create("http://" + address.getHostString() + ":" + address.getPort() + path);
        HttpRequest.BodyPublisher publisher = body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body);
        HttpRequest request = HttpRequest.newBuilder(uri).method(method, publisher).header("Content-Type", "application/json").build();
        return http.sendAsync(request, HttpResponse.BodyHandlers.ofString()).thenApply(response -> {
            try {
                return new Answer(response.statusCode(), JSON.readTree(response.body()));
            } catch (IOException e) {
                throw new AssertionError(method + " " + path + " answered " + response.body(), e);
            }
        });
    }

    protected final Answer call(String method, String path, String body) {
        return send(method, path, body).join();
    }

    protected final JsonNode ok(String method, String path, String body) {
        Answer answer = call(method, path, body);
        assertTrue(method + " " + path + ": " + answer.body, answer.status < 300);
        return answer.body;
    }

    /** Registers a copy of a test's bundle and waits until this node has it. */
    protected final void register(String id, String bundle) throws Exception {
        copy(bundle, bundle);
        registerDirectory(id, bundle);
    }

    /** Copies a test's bundle, unless the copy is there, to where this node looks for models. */
    protected final Path copy(String bundle, String directory) throws IOException {
        Path target = node().getEnvironment().configDir().resolve("neural-ranking").resolve("models").resolve(directory);
        if (Files.exists(target) == false) {
            Files.createDirectories(target);
            try (Stream<Path> files = Files.list(TestModels.directory(bundle))) {
                for (Path file : files.toList()) {
                    Files.copy(file, target.resolve(file.getFileName().toString()));
                }
            }
        }
        return target;
    }

    /** Registers a copy and waits until this node has it: until then it is 503; 400 is a model of another task. */
    protected final void registerDirectory(String id, String directory) throws Exception {
        ok("PUT", "/_plugins/_neural_ranking/models/" + id, "{\"path\":\"" + directory + "\"}");
        assertBusy(() -> assertNotEquals(503, call("POST", "/_plugins/_neural_ranking/models/" + id + "/_infer", "{\"texts\":[\"x\"]}").status));
    }

    /** This node's counters. */
    protected final JsonNode stats() {
        return ok("GET", "/_plugins/_neural_ranking/stats", null).get("nodes").elements().next();
    }
}
