package org.neuralranking;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

import org.junit.AfterClass;
import org.junit.BeforeClass;
import org.junit.Test;
import org.neuralranking.node.Answer;
import org.neuralranking.node.FileTree;
import org.neuralranking.node.Http;
import org.neuralranking.node.Installation;
import org.neuralranking.node.PartsSink;
import org.neuralranking.node.PluginZip;
import org.neuralranking.node.ProjectFiles;
import org.neuralranking.node.Ran;
import org.neuralranking.node.RealNode;
import org.neuralranking.node.Upload;

import com.fasterxml.jackson.databind.JsonNode;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

/** The command that the zip brings along, as {@code opensearch-plugin} has installed it. */
public class UploadCommandIT {
    private static final String COMMAND = "bin/neural-ranking/neural-ranking-upload";
    private static final String ENCODER = "minilm-sparse-doc";
    /** Far more than the heap that the command is given, and nothing that deflate could make smaller. */
    private static final int LARGE_GRAPH_BYTES = 100 << 20;

    private static Installation installation;
    private static Path directory;
    private static RealNode node;

    @BeforeClass
    public static void startNode() throws IOException {
        installation = Installation.of(PluginZip.forThisMachine());
        directory = ProjectFiles.target().resolve("upload");
        FileTree.delete(directory);
        Files.createDirectories(directory);
        node = RealNode.named("upload", installation).bundle(ProjectFiles.demoModel(ENCODER)).start();
    }

    @AfterClass
    public static void stopNode() {
        if (node != null) {
            node.close();
        }
        if (directory != null) {
            FileTree.delete(directory);
        }
    }

    /** Where the bundles of the demo lie, so that their names are paths. */
    private static Ran upload(String... arguments) {
        return upload(ProjectFiles.demoModel(ENCODER).getParent(), Map.of(), node.http().toString(), arguments);
    }

    private static Ran upload(Path from, Map<String, String> environment, String url, String... arguments) {
        List<String> command = new ArrayList<>(List.of(COMMAND, "--url", url));
        command.addAll(List.of(arguments));
        return installation.attempt(from, environment, command);
    }

    @Test
    public void everybodyMayRunItUntilThePluginIsRemoved() throws IOException {
        for (PluginZip zip : PluginZip.values()) {
            Installation home = Installation.fresh("upload-" + zip, List.of(zip.file()));
            Path command = home.home().resolve(COMMAND);
            assertEquals("rwxr-xr-x", PosixFilePermissions.toString(Files.getPosixFilePermissions(command)));
            Ran help = home.attempt(directory, Map.of(), List.of(COMMAND, "--help"));
            assertEquals(help.toString(), 0, help.status());
            assertTrue(help.toString(), help.out().contains("MODEL_ID PATH") && help.out().contains("--wait-for"));
            home.run(List.of("bin/opensearch-plugin", "remove", "neural-ranking"));
            assertFalse(Files.exists(command.getParent()));
            FileTree.delete(home.home());
        }
    }

    @Test
    public void memoryStaysFlatWhateverTheBundlesSize() throws IOException {
        Path bundle = directory.resolve("large");
        Files.createDirectories(bundle);
        Files.writeString(bundle.resolve("tokenizer.json"), "{}");
        Files.writeString(bundle.resolve("config.json"), "{}");
        try (OutputStream graph = Files.newOutputStream(bundle.resolve("model.onnx"))) {
            Random random = new Random(1);
            byte[] block = new byte[1 << 20];
            for (int written = 0; written < LARGE_GRAPH_BYTES; written += block.length) {
                random.nextBytes(block);
                graph.write(block);
            }
        }
        Map<String, String> smallHeap = Map.of("OPENSEARCH_JAVA_OPTS", "-Xmx16m -XX:MaxDirectMemorySize=2m");
        try (PartsSink sink = new PartsSink()) {
            Ran ran = upload(directory, smallHeap, sink.url(), "large", "large");
            assertEquals(ran.toString(), 0, ran.status());
            assertTrue("got " + sink.bytes() + " bytes", sink.bytes() > LARGE_GRAPH_BYTES);
            assertEquals("{\"sha256\":\"" + sink.sha256() + "\",\"parts\":" + sink.parts() + "}", ran.out().strip());
        }
    }

    @Test
    public void aRefusalOfTheNodeIsTheLastLine() {
        Ran ran = upload("Not-an-id", ENCODER);
        assertEquals(ran.toString(), 1, ran.status());
        assertEquals(ran.toString(), "", ran.out());
        String last = ran.error().lines().reduce((before, line) -> line).orElseThrow();
        assertTrue(last, last.startsWith("ERROR: PUT " + node.http() + "/_plugins/_neural_ranking/models/Not-an-id/_parts/0: 400, "));
        assertTrue(last, last.contains("got model id [Not-an-id], expected"));
    }

    @Test
    public void aDirectoryIsRegisteredWithTheContentThatAPathHas() {
        Ran ran = upload("from-directory", ENCODER);
        assertEquals(ran.toString(), 0, ran.status());
        assertReady("from-directory", ran);
    }

    @Test
    public void aZipIsRegisteredWithTheContentThatAPathHas() throws IOException {
        Path zip = directory.resolve("encoder.zip");
        Files.write(zip, Upload.zip(ProjectFiles.demoModel(ENCODER)));
        Ran ran = upload(directory, Map.of(), node.http().toString(), "from-zip", "encoder.zip");
        assertEquals(ran.toString(), 0, ran.status());
        assertReady("from-zip", ran);
    }

    @Test
    public void aModelThatASearchPipelineNamesIsNotDeleted() {
        Ran ran = upload("filter", ENCODER);
        assertEquals(ran.toString(), 0, ran.status());
        String query = "{\"learned_sparse\": {\"body\": {\"query_text\": \"keeper\", \"model_id\": \"filter\"}}}";
        node.http().put("/_search/pipeline/keepers", "{\"request_processors\": [{\"filter_query\": {\"query\": " + query + "}}]}").ok();
        Answer refused = node.http().delete("/_plugins/_neural_ranking/models/filter").expect(409);
        assertTrue(refused.toString(), refused.at("/error/reason").asText().contains("search pipeline [keepers]"));
        node.http().delete("/_search/pipeline/keepers").ok();
        node.http().delete("/_plugins/_neural_ranking/models/filter").ok();
    }

    /** Without polling: the command has waited for all nodes. */
    private static void assertReady(String id, Ran ran) {
        node.http().put("/_plugins/_neural_ranking/models/by-path", "{\"path\": \"" + ENCODER + "\"}").ok();
        JsonNode byPath = node.http().get("/_plugins/_neural_ranking/models/by-path").ok().at("/models/0/hash");
        JsonNode model = node.http().get("/_plugins/_neural_ranking/models/" + id).ok().at("/models/0");
        model.path("nodes").forEach(n -> assertEquals(model.toString(), "ready", n.path("state").asText()));
        assertEquals(ran.toString(), byPath, model.path("hash"));
        assertEquals(ran.toString(), byPath, read(ran.out()).path("hash"));
        node.http().post("/_plugins/_neural_ranking/models/" + id + "/_infer", "{\"texts\": [\"a keeper\"]}").ok().at("/results/0/tokens");
    }

    private static JsonNode read(String json) {
        try {
            return Http.JSON.readTree(json);
        } catch (IOException e) {
            throw new AssertionError("not JSON: " + json, e);
        }
    }
}
