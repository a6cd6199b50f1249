package org.neuralranking.demo;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

import org.junit.AfterClass;
import org.junit.BeforeClass;
import org.junit.Test;
import org.neuralranking.node.Answer;
import org.neuralranking.node.Installation;
import org.neuralranking.node.PluginZip;
import org.neuralranking.node.ProjectFiles;
import org.neuralranking.node.RealNode;
import org.neuralranking.readme.CurlRequest;
import org.neuralranking.readme.ShellCommand;

import com.fasterxml.jackson.databind.JsonNode;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

/** The demo with a part of its catalogue: it runs to its end, and what it prints is true and can be pasted. */
public class DemoIT {
    private static final int FILMS = 32;
    private static final int QUERIES = 3;

    private static RealNode node;

    @BeforeClass
    public static void startNode() {
        node = RealNode.named("demo-test", Installation.of(PluginZip.forThisMachine()))
            .bundle(ProjectFiles.demoModel(FilmIndex.ENCODER))
            .bundle(ProjectFiles.demoModel(FilmIndex.CROSS_ENCODER))
            .start();
    }

    @AfterClass
    public static void stopNode() {
        if (node != null) {
            node.close();
        }
    }

    @Test
    public void theTableHasARowForEachWayAndThePrintedRequestsAnswer() {
        Catalogue catalogue = part(Catalogue.read(ProjectFiles.project().resolve("src/demo/catalogue")));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Demo.show(node.http(), catalogue, new PrintStream(bytes, true, StandardCharsets.UTF_8));
        String printed = bytes.toString(StandardCharsets.UTF_8);

        for (RankingSystem system : RankingSystem.values()) {
            List<String> rows = printed.lines().filter(line -> line.matches("  " + system.label().replace("+", "\\+") + "( +\\d+\\.\\d+){4}")).toList();
            assertEquals(printed, 1, rows.size());
            String[] cells = rows.getFirst().strip().split(" {2,}");
            assertTrue(printed, Double.parseDouble(cells[1]) <= 1);
            assertEquals("100 hits are all films: " + printed, 1.0, Double.parseDouble(cells[2]), system == RankingSystem.BM25 ? 1 : 0);
        }
        assertTrue(printed, printed.contains("Means over " + QUERIES + " queries; 1 more have no answer"));
        assertFalse("every window was rescored: " + printed, printed.contains("Not everything"));

        List<String> lines = printed.lines().filter(line -> line.startsWith("curl ")).toList();
        assertEquals(printed, 3, lines.size());
        for (String line : lines) {
            Answer answer = send(line);
            if (line.contains("/_infer")) {
                assertTrue(line + "\n" + answer, answer.at("/results/0/tokens").has("vampire"));
            } else {
                assertEquals(line + "\n" + answer, 5, answer.at("/hits/hits").size());
                double best = answer.at("/hits/hits/0/_score").asDouble();
                assertEquals(line + "\n" + answer, line.contains("rescore"), best >= 1 && best < 2);
            }
        }
    }

    /** A printed line names the demo's node; the reader of curl commands knows the README's alone. */
    private static Answer send(String line) {
        String address = "127.0.0.1:" + node.httpPort();
        assertTrue(line, line.contains("http://" + address + "/"));
        List<ShellCommand> commands = ShellCommand.of(line.replace(address, CurlRequest.HOST), 1);
        assertEquals(line, 1, commands.size());
        return CurlRequest.of(commands.getFirst().words()).send(node.httpPort()).ok();
    }

    /** The first films, what was judged about them, and a few queries that they answer, with one that they do not. */
    private static Catalogue part(Catalogue all) {
        List<JsonNode> films = all.films().subList(0, FILMS);
        Set<String> ids = films.stream().map(film -> film.get("id").asText()).collect(Collectors.toSet());
        Map<String, Map<String, Integer>> grades = new HashMap<>(all.grades());
        grades.replaceAll((query, judged) -> judged.entrySet().stream().filter(grade -> ids.contains(grade.getKey())).collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)));
        List<Catalogue.Query> answered = new Catalogue(films, all.queries(), grades).queriesWithAnswer();
        List<Catalogue.Query> unanswered = all.queries().stream().filter(query -> answered.contains(query) == false).toList();
        List<Catalogue.Query> queries = new ArrayList<>(answered.subList(0, QUERIES));
        queries.add(unanswered.getFirst());
        return new Catalogue(films, queries, grades);
    }

    @Test
    public void aTakenPortIsSaidBeforeAnythingStarts() throws IOException, InterruptedException {
        Process demo = new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin/java").toString(),
            "-Ddemo.port=" + node.httpPort(),
            "-cp",
            System.getProperty("java.class.path"),
            Demo.class.getName()
        ).redirectErrorStream(true).start();
        try {
            String printed = new String(demo.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertTrue("the demo did not end: " + printed, demo.waitFor(30, TimeUnit.SECONDS));
            assertEquals(printed, 1, demo.exitValue());
            assertTrue(printed, printed.startsWith("Port " + node.httpPort() + " of 127.0.0.1 is taken."));
            assertTrue(printed, printed.contains("-Ddemo.port="));
        } finally {
            demo.destroyForcibly();
        }
    }
}
