package org.neuralranking.node;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

import static org.junit.Assert.assertEquals;

/** Versions of the toy sparse encoder that can be told apart: each gives the query {@code cat} a weight of its own. */
public final class ToyEncoder {

    private ToyEncoder() {}

    /** A bundle directory in {@code target/toy-encoders}. */
    public static Path version(int weightOfCat) {
        Path bundle = ProjectFiles.target().resolve("toy-encoders").resolve("toy-encoder-" + weightOfCat);
        FileTree.delete(bundle);
        FileTree.copy(ProjectFiles.testModel("toy-sparse"), bundle);
        try {
            Files.writeString(bundle.resolve("idf.json"), "{\"cat\": " + weightOfCat + "}");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bundle;
    }

    /** Which version answers under an id. */
    public static int versionOf(Http http, String id) {
        Answer answer = http.post("/_plugins/_neural_ranking/models/" + id + "/_infer", "{\"texts\": [\"cat\"], \"as\": \"query\"}").ok();
        return answer.at("/results/0/tokens/cat").asInt();
    }

    public static void assertVersion(int expected, Http http, String id) {
        assertEquals(id + " at " + http, expected, versionOf(http, id));
    }
}
