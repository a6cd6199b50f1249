package org.neuralranking;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

/** Where the bundles of the tests lie, and what their golden files say. */
public final class TestModels {

    private static final ObjectMapper JSON = new ObjectMapper();

    private TestModels() {}

    /** The default and toy bundles are in two directories; this is the one that holds {@code name}. */
    public static Path root(String name) {
        Path project = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
        Path demo = project.resolve("src/demo/models");
        return Files.exists(demo.resolve(name)) ? demo : project.resolve("src/test/resources/models");
    }

    public static Path directory(String name) {
        return root(name).resolve(name);
    }

    public static JsonNode golden(String name) {
        try {
            return JSON.readTree(directory(name).resolve("golden.json").toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static List<JsonNode> cases(String name) {
        List<JsonNode> cases = new ArrayList<>();
        golden(name).get("cases").forEach(cases::add);
        return cases;
    }

    public static int[] ints(JsonNode array) {
        int[] values = new int[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = array.get(i).asInt();
        }
        return values;
    }
}
