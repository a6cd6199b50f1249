package org.neuralranking.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.function.ToDoubleFunction;

import org.neuralranking.node.Installation;
import org.neuralranking.node.PluginZip;
import org.neuralranking.node.ProjectFiles;
import org.neuralranking.node.RealNode;
import org.neuralranking.node.RescoreCounters;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Effectiveness of BM25, of the default learned sparse model and of the default cross-encoder on top of either, on a collection that the
 * user names: {@code -Dcollection=DIR}. Everything goes through a real node: the ingest pipeline, the query clause, the rescorer.
 */
final class QualityBench {
    private static final long SEED = 7;
    private static final int HITS = 100;
    /** Rescoring takes a second a query on small machines. */
    private static final int RESCORED_QUERIES = 150;
    private static final int WINDOW = 50;
    private static final int QUERIES_A_ROUND = 25;
    /** A round of a few milliseconds a query is short, so that many are needed for a narrow interval. */
    private static final int ROUNDS = 5 * PairedRounds.ROUNDS;
    private static final int PAGE = 10;
    private static final String SAMPLED_LIST = "heldout_queries";

    private final BeirCollection collection;
    private final CollectionIndex index;
    private final Report report = new Report();

    private QualityBench(BeirCollection collection, CollectionIndex index) {
        this.collection = collection;
        this.index = index;
    }

    static Report run() {
        String directory = System.getProperty("collection", "");
        if (directory.isBlank()) {
            throw new IllegalArgumentException("which collection? -Dcollection=DIR, a directory in BEIR layout");
        }
        BeirCollection collection = BeirCollection.read(Path.of(directory).toAbsolutePath());
        RealNode.Builder builder = RealNode.named("quality", Installation.of(PluginZip.forThisMachine()));
        for (String model : List.of(CollectionIndex.ENCODER, CollectionIndex.CROSS_ENCODER)) {
            builder.bundle(ProjectFiles.demoModel(model));
        }
        try (RealNode node = builder.start()) {
            CollectionIndex index = new CollectionIndex(node.http());
            index.build(collection);
            Report report = new QualityBench(collection, index).measure();
            RescoreCounters counters = RescoreCounters.read(node.http());
            if (counters.complete() == false) {
                throw new IllegalStateException("not everything was rescored, so the figures would mislead: " + counters);
            }
            return report;
        }
    }

    private Report measure() {
        List<String> queries = collection.queriesToEvaluate();
        System.out.println("Evaluating " + queries.size() + " queries ...");
        firstStage("bm25", queries, CollectionIndex::bm25);
        firstStage("sparse", queries, CollectionIndex::sparse);
        latency(queries);
        rescoring(sample(queries));
        return report.note(
            "Collection " + collection.directory().getFileName() + ", " + queries.size() + " queries with a judged positive"
                + (collection.lists().isEmpty() ? "." : ", those on " + String.join(", ", collection.lists().keySet()) + ".")
        )
            .note("One node, one shard, one segment; ties in the order of the corpus.")
            .note("BM25: title and text in one field, analyzer english, k1 = 0.9, b = 0.4.")
            .note("Sparse: " + CollectionIndex.ENCODER + " on \"title. text\"; rescoring: " + CollectionIndex.CROSS_ENCODER + ", window " + WINDOW + ".")
            .note("nDCG has linear gain, the discount log2(rank + 1) and the ideal of all judged documents; recall counts grades from 1.");
    }

    private void firstStage(String system, List<String> queries, Function<String, ObjectNode> body) {
        Map<String, List<String>> rankings = new LinkedHashMap<>();
        for (String query : queries) {
            rankings.put(query, index.search(body.apply(collection.queries().get(query)), HITS));
        }
        means("", system, rankings, rankings.keySet(), "all queries evaluated");
        collection.lists().forEach((list, members) -> means(list + "_", system, rankings, members, "the queries of " + list + ".txt"));
    }

    private void means(String prefix, String system, Map<String, List<String>> rankings, Set<String> members, String which) {
        List<String> queries = rankings.keySet().stream().filter(members::contains).toList();
        if (queries.isEmpty()) {
            return;
        }
        String of = "of " + system + ", mean over " + which + " (" + queries.size() + ")";
        report.figure(prefix + system + "_ndcg10", mean(queries, q -> RankingMetrics.ndcg(rankings.get(q), collection.grades().get(q), 10)), "nDCG@10 " + of);
        report.figure(prefix + system + "_recall100", mean(queries, q -> RankingMetrics.recall(rankings.get(q), collection.grades().get(q), 100)), "recall@100 " + of);
    }

    private void rescoring(List<String> queries) {
        System.out.println("Rescoring for " + queries.size() + " queries ...");
        Map<String, Function<String, ObjectNode>> systems = new LinkedHashMap<>();
        systems.put("bm25", CollectionIndex::bm25);
        systems.put("bm25_rescored", text -> CollectionIndex.rescored(CollectionIndex.bm25(text), text, WINDOW));
        systems.put("sparse", CollectionIndex::sparse);
        systems.put("sparse_rescored", text -> CollectionIndex.rescored(CollectionIndex.sparse(text), text, WINDOW));
        systems.forEach((system, body) -> {
            double ndcg = mean(queries, query -> {
                List<String> ranking = index.search(body.apply(collection.queries().get(query)), WINDOW);
                return RankingMetrics.ndcg(ranking, collection.grades().get(query), 10);
            });
            report.figure("sample_" + system + "_ndcg10", ndcg, "nDCG@10 of " + system + ", mean over a sample of " + queries.size() + " queries");
        });
    }

    private void latency(List<String> queries) {
        System.out.println("Timing ...");
        PairedRounds rounds = new PairedRounds(System::nanoTime, SEED);
        PairedRounds.Comparison comparison = rounds.compare(
            PairedRounds.ROUNDS,
            ROUNDS,
            round(queries, CollectionIndex::bm25),
            round(queries, CollectionIndex::sparse)
        );
        report.figures(
            "sparse_over_bm25_latency",
            comparison,
            "time of sparse over time of bm25, as the client sees it: median over "
                + ROUNDS + " rounds of " + QUERIES_A_ROUND + " queries one after the other, " + PAGE + " hits each"
        );
    }

    private IntConsumer round(List<String> queries, Function<String, ObjectNode> body) {
        return round -> {
            for (int i = 0; i < QUERIES_A_ROUND; i++) {
                String query = queries.get((round * QUERIES_A_ROUND + i) % queries.size());
                index.search(body.apply(collection.queries().get(query)), PAGE);
            }
        };
    }

    private List<String> sample(List<String> queries) {
        Set<String> list = collection.lists().get(SAMPLED_LIST);
        List<String> sample = new ArrayList<>(list == null ? queries : queries.stream().filter(list::contains).toList());
        Collections.shuffle(sample, new Random(SEED));
        return sample.subList(0, Math.min(RESCORED_QUERIES, sample.size()));
    }

    private static double mean(List<String> queries, ToDoubleFunction<String> metric) {
        return queries.stream().mapToDouble(metric).average().orElseThrow();
    }
}
