package org.neuralranking.demo;

import java.io.PrintStream;
import java.util.List;

import org.neuralranking.node.FreePorts;
import org.neuralranking.node.Http;
import org.neuralranking.node.Installation;
import org.neuralranking.node.PluginZip;
import org.neuralranking.node.ProjectFiles;
import org.neuralranking.node.RealNode;
import org.neuralranking.node.RescoreCounters;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * One node with the plugin, a catalogue of films in it, and three ways to search it compared: {@code mvn -Pdemo verify}. The node stays up
 * until Ctrl-C; {@code -Ddemo.exit=true} stops it when the table is printed, {@code -Ddemo.port} is its HTTP port.
 */
public final class Demo {

    private Demo() {}

    public static void main(String[] arguments) {
        int port = Integer.getInteger("demo.port", 9200);
        if (FreePorts.isFree(port) == false) {
            System.err.println("Port " + port + " of 127.0.0.1 is taken. Stop what listens there, or choose another: mvn -Pdemo verify -Ddemo.port=9201");
            System.exit(1);
        }
        endWithParent();
        say(System.out, "Installing the plugin and starting a node on port " + port + " ...");
        RealNode.Builder builder = RealNode.named("demo", Installation.of(PluginZip.forThisMachine())).httpPort(port);
        for (String model : List.of(FilmIndex.ENCODER, FilmIndex.CROSS_ENCODER)) {
            builder.bundle(ProjectFiles.demoModel(model));
        }
        try (RealNode node = builder.start()) {
            show(node.http(), Catalogue.read(ProjectFiles.project().resolve("src/demo/catalogue")), System.out);
            if (Boolean.getBoolean("demo.exit")) {
                return;
            }
            say(System.out, "%nThe node stays at %s until Ctrl-C.", node.http());
            node.awaitExit();
        }
    }

    /** Indexes the catalogue, compares the ways to search it, and prints the table and requests to try. */
    static void show(Http http, Catalogue catalogue, PrintStream out) {
        FilmIndex index = new FilmIndex(http);
        say(out, "Registering the models %s and %s ...", FilmIndex.ENCODER, FilmIndex.CROSS_ENCODER);
        index.registerModels();
        index.create();
        index.load(catalogue.films());
        List<Catalogue.Query> queries = catalogue.queriesWithAnswer();
        List<Comparison.Row> rows = new Comparison(http).run(catalogue);
        say(out, "");
        out.print(ResultTable.of(rows));
        say(
            out,
            "%nMeans over %d queries; %d more have no answer in the catalogue and are left out. nDCG@10: quality of the first ten, 1 is ideal; "
                + "recall@100: part of the relevant films among the first hundred; times as a client sees them for 100 hits, one query at a time.",
            queries.size(),
            catalogue.queries().size() - queries.size()
        );
        RescoreCounters counters = RescoreCounters.read(http);
        if (counters.complete() == false) {
            say(out, "Not everything was rescored, so the last row says too little: %s", counters);
        }
        say(out, "%nTry it:%n%n%s", String.join(System.lineSeparator().repeat(2), requestsToTry(http)));
    }

    private static List<String> requestsToTry(Http http) {
        String wish = "a vampire goes to a spa hotel to quit drinking blood";
        String search = http + "/" + FilmIndex.NAME + "/_search?pretty&filter_path=hits.hits._score,hits.hits._source.title";
        String infer = http + "/_plugins/_neural_ranking/models/" + FilmIndex.ENCODER + "/_infer?pretty";
        ObjectNode texts = Http.JSON.createObjectNode();
        texts.putArray("texts").add(wish);
        return List.of(
            CurlLine.post(search, RankingSystem.LEARNED_SPARSE.body(wish).put("size", 5).toString()),
            CurlLine.post(search, RankingSystem.LEARNED_SPARSE_RESCORED.body(wish).put("size", 5).toString()),
            CurlLine.post(infer, texts.toString())
        );
    }

    /** Maven may be ended without a word to its children. */
    private static void endWithParent() {
        ProcessHandle.current().parent().ifPresent(parent -> parent.onExit().thenRun(() -> System.exit(1)));
    }

    private static void say(PrintStream out, String format, Object... arguments) {
        out.println(String.format(format, arguments));
    }
}
