package org.neuralranking.model.upload;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

import org.junit.After;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;
import org.opensearch.cli.MockTerminal;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

public class UploadCommandTests {
    private static final String MODEL = "/_plugins/_neural_ranking/models/encoder";
    /** Two whole parts and a rest, whatever deflate does to random bytes. */
    private static final int GRAPH_BYTES = 2 * Upload.PART_BYTES + 12_345;

    @Rule
    public final TemporaryFolder folder = new TemporaryFolder();

    private final MockTerminal terminal = new MockTerminal();
    private final Map<String, String> environment = new LinkedHashMap<>();
    private final List<Duration> pauses = new ArrayList<>();
    private final byte[] graph = new byte[GRAPH_BYTES];
    private PartsServer server;
    private Path bundle;

    @Before
    public void startServerAndWriteBundle() throws IOException {
        server = new PartsServer();
        new Random(7).nextBytes(graph);
        bundle = folder.newFolder("bundle").toPath();
        Files.createDirectories(bundle.resolve("onnx"));
        Files.write(bundle.resolve("onnx/model.onnx"), graph);
        Files.writeString(bundle.resolve("tokenizer.json"), "{\"tokenizer\": 1}");
        Files.writeString(bundle.resolve("config.json"), "{\"config\": 1}");
        Files.writeString(bundle.resolve("idf.json"), "{\"idf\": 1}");
        Files.writeString(bundle.resolve("README.md"), "not a bundle's file");
    }

    @After
    public void stopServer() {
        server.close();
    }

    private int upload(String... arguments) throws Exception {
        return new UploadCommand(environment, pauses::add, false).main(arguments, terminal);
    }

    private int uploadTo(PartsServer to, String... arguments) throws Exception {
        List<String> all = new ArrayList<>(List.of("--url", to.url()));
        all.addAll(Arrays.asList(arguments));
        return upload(all.toArray(String[]::new));
    }

    private String error() throws IOException {
        return terminal.getErrorOutput();
    }

    @Test
    public void aDirectoryArrivesAsAZipOfTheBundlesFiles() throws Exception {
        assertEquals(error(), 0, uploadTo(server, "encoder", bundle.toString()));
        Map<String, byte[]> arrived = unzip(server.bytes());
        assertEquals(List.of("model.onnx", "tokenizer.json", "config.json", "idf.json"), List.copyOf(arrived.keySet()));
        assertArrayEquals(graph, arrived.get("model.onnx"));
        assertEquals("{\"idf\": 1}", new String(arrived.get("idf.json"), StandardCharsets.UTF_8));
        assertEquals(
            List.of(
                "PUT " + MODEL + "/_parts/0",
                "PUT " + MODEL + "/_parts/1",
                "PUT " + MODEL + "/_parts/2",
                "POST " + MODEL + "/_commit?wait_for=all"
            ),
            server.requests()
        );
        assertEquals("{\"hash\":\"" + PartsServer.sha256(server.bytes()) + "\"}", terminal.getOutput().strip());
        assertTrue(error(), error().startsWith("Sent [encoder]: 2.1 MB in "));
        assertEquals(List.of("null"), server.authorizations());
    }

    @Test
    public void aZipArrivesAsItIs() throws Exception {
        byte[] zip = new byte[Upload.PART_BYTES]; // exactly one part: no empty one behind it
        new Random(8).nextBytes(zip);
        System.arraycopy("PK\003\004".getBytes(StandardCharsets.US_ASCII), 0, zip, 0, 4);
        Path file = Files.write(folder.getRoot().toPath().resolve("bundle.zip"), zip);
        assertEquals(error(), 0, uploadTo(server, "--wait-for", "none", "encoder", file.toString()));
        assertArrayEquals(zip, server.bytes());
        assertEquals(List.of("PUT " + MODEL + "/_parts/0", "POST " + MODEL + "/_commit?wait_for=none"), server.requests());
    }

    @Test
    public void whatMayPassIsTriedAgain() throws Exception {
        server.failParts("{\"error\":{\"reason\":\"too many parts\"}}", 429, PartsServer.BREAK, 502, 503, 504);
        assertEquals(error(), 0, uploadTo(server, "encoder", bundle.toString()));
        assertArrayEquals(graph, unzip(server.bytes()).get("model.onnx"));
        assertEquals(Retries.PAUSES, pauses);
        assertTrue(error(), error().contains("/_parts/0: 429, too many parts; next attempt in 1 s"));
    }

    @Test
    public void everyPartHasAttemptsOfItsOwn() throws Exception {
        server.failParts("", 503, 200, 503, 503);
        assertEquals(error(), 0, uploadTo(server, "encoder", bundle.toString()));
        assertEquals(List.of(1L, 1L, 2L), pauses.stream().map(Duration::toSeconds).toList());
    }

    @Test
    public void whatDoesNotPassEndsTheUpload() throws Exception {
        server.failParts("{\"error\":{\"reason\":\"still starting\"}}", 503, 503, 503, 503, 503, 503);
        assertEquals(1, uploadTo(server, "encoder", bundle.toString()));
        assertEquals(Retries.PAUSES, pauses);
        assertEquals(1 + Retries.PAUSES.size(), server.requests().size());
        assertTrue(error(), error().endsWith("ERROR: PUT " + server.url() + MODEL + "/_parts/0: 503, still starting\n"));
    }

    @Test
    public void aRefusalIsFinalAndSaysTheInnermostReason() throws Exception {
        server.failParts("{\"error\":{\"reason\":\"outer\",\"caused_by\":{\"reason\":\"got id [Encoder]\"}},\"status\":400}", 200, 400);
        assertEquals(1, uploadTo(server, "encoder", bundle.toString()));
        assertEquals(List.of("PUT " + MODEL + "/_parts/0", "PUT " + MODEL + "/_parts/1"), server.requests());
        assertTrue(error(), error().endsWith("/_parts/1: 400, got id [Encoder]\n"));
        assertEquals("", terminal.getOutput());
    }

    @Test
    public void aCommitIsSentOnce() throws Exception {
        server.failCommit("{\"error\":{\"reason\":\"a node left\"}}", 503);
        assertEquals(1, uploadTo(server, "encoder", bundle.toString()));
        assertEquals(1, server.requests().stream().filter(request -> request.contains("_commit")).count());
        assertTrue(error(), error().endsWith("/_commit?wait_for=all: 503, a node left\n"));
        assertEquals(List.of(), pauses);
    }

    @Test
    public void nobodyListening() throws Exception {
        PartsServer gone = new PartsServer();
        gone.close();
        assertEquals(1, uploadTo(gone, "encoder", bundle.toString()));
        assertTrue(error(), error().endsWith("/_parts/0: nothing listens there\n"));
        assertEquals(Retries.PAUSES, pauses);
    }

    @Test
    public void userAndPassword() throws Exception {
        assertEquals(0, uploadTo(server, "--user", "kim:pass:wörd", "encoder", bundle.toString()));
        assertEquals(List.of(basic("kim:pass:wörd")), server.authorizations());
    }

    @Test
    public void thePasswordMayComeFromTheEnvironment() throws Exception {
        environment.put(UploadCommand.PASSWORD_VARIABLE, "secret");
        assertEquals(0, uploadTo(server, "--user", "kim", "encoder", bundle.toString()));
        assertEquals(List.of(basic("kim:secret")), server.authorizations());
    }

    @Test
    public void anyIdArrivesAsOne() throws Exception {
        assertEquals(0, uploadTo(server, "../a b/ä?", bundle.toString()));
        assertEquals("PUT /_plugins/_neural_ranking/models/..%2Fa%20b%2F%C3%A4%3F/_parts/0", server.requests().getFirst());
    }

    @Test
    public void aProxysPathStaysInFront() throws Exception {
        assertEquals(0, upload("--url", server.url() + "/search/", "encoder", bundle.toString()));
        assertEquals("PUT /search" + MODEL + "/_parts/0", server.requests().getFirst());
    }

    @Test
    public void whatCannotBeABundleIsNotSent() throws Exception {
        Path text = Files.writeString(folder.getRoot().toPath().resolve("bundle.tar"), "text");
        assertEquals(1, uploadTo(server, "encoder", text.toString()));
        assertTrue(error(), error().contains("got [" + text + "] that is no zip, expected"));
        assertEquals(1, uploadTo(server, "encoder", text + "x"));
        assertTrue(error(), error().contains("got [" + text + "x], which does not exist, expected"));
        Files.delete(bundle.resolve("tokenizer.json"));
        assertEquals(1, uploadTo(server, "encoder", bundle.toString()));
        assertTrue(error(), error().contains("without [tokenizer.json], expected model.onnx (or onnx/model.onnx), tokenizer.json and config.json"));
        assertEquals(List.of(), server.requests());
    }

    @Test
    public void misuseSaysWhatWasExpected() throws Exception {
        String path = bundle.toString();
        Map<List<String>, String> misuses = new LinkedHashMap<>();
        misuses.put(List.of(), "got [], expected MODEL_ID PATH");
        misuses.put(List.of("encoder"), "got [encoder], expected MODEL_ID PATH");
        misuses.put(List.of("encoder", path, "x"), "expected MODEL_ID PATH");
        misuses.put(List.of("--wait-for", "some", "encoder", path), "got --wait-for [some], expected one of [all, any, none]");
        misuses.put(List.of("--url", "127.0.0.1:9200", "encoder", path), "got --url [127.0.0.1:9200], expected http or https");
        misuses.put(List.of("--url", "http://kim:secret@127.0.0.1", "encoder", path), "expected http or https");
        misuses.put(List.of("--user", "kim", "encoder", path), "got --user [kim] without a password, expected it in NEURAL_RANKING_PASSWORD");
        misuses.put(List.of("--speed", "9", "encoder", path), "speed is not a recognized option");
        for (Map.Entry<List<String>, String> misuse : misuses.entrySet()) {
            terminal.reset();
            assertEquals(misuse.toString(), 64, upload(misuse.getKey().toArray(String[]::new)));
            assertTrue(error(), error().contains(misuse.getValue()));
        }
    }

    private static String basic(String credentials) {
        return "Basic " + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8));
    }

    private static Map<String, byte[]> unzip(byte[] zip) throws IOException {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(zip))) {
            for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                entries.put(entry.getName(), in.readAllBytes());
            }
        }
        return entries;
    }
}
