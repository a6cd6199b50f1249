package org.neuralranking.demo;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

import org.neuralranking.bench.Quantiles;
import org.neuralranking.bench.RankingMetrics;
import org.neuralranking.node.Answer;
import org.neuralranking.node.CountProgress;
import org.neuralranking.node.Http;

/**
 * Runs every query on every system, one at a time, the systems taking turns query by query, and keeps what came back and how long it took
 * as seen from the client.
 */
final class Comparison {
    private static final int HITS = 100;
    private static final int WARM_UP_QUERIES = 10;

    /** Averages over the queries that have an answer; times in milliseconds. */
    record Row(String system, double ndcg10, double recall100, double medianMillis, double p95Millis) {}

    private record Outcome(double ndcg10, double recall100, double millis) {}

    private final Http http;

    Comparison(Http http) {
        this.http = http;
    }

    List<Row> run(Catalogue catalogue) {
        List<Catalogue.Query> queries = catalogue.queriesWithAnswer();
        for (Catalogue.Query query : queries.subList(0, Math.min(WARM_UP_QUERIES, queries.size()))) {
            for (RankingSystem system : RankingSystem.values()) {
                search(system, query, catalogue);
            }
        }
        Map<RankingSystem, List<Outcome>> outcomes = new EnumMap<>(RankingSystem.class);
        CountProgress progress = new CountProgress("Ran", "of " + queries.size() + " queries in three ways");
        int done = 0;
        for (Catalogue.Query query : queries) {
            for (RankingSystem system : RankingSystem.values()) {
                outcomes.computeIfAbsent(system, s -> new ArrayList<>()).add(search(system, query, catalogue));
            }
            progress.at(++done);
        }
        progress.end(done);
        return Arrays.stream(RankingSystem.values()).map(system -> row(system, outcomes.get(system))).toList();
    }

    private Outcome search(RankingSystem system, Catalogue.Query query, Catalogue catalogue) {
        String body = system.body(query.text()).put("size", HITS).put("_source", false).toString();
        long startNanos = System.nanoTime();
        Answer answer = http.post("/" + FilmIndex.NAME + "/_search", body);
        double millis = (System.nanoTime() - startNanos) / 1e6;
        List<String> ranking = new ArrayList<>();
        answer.ok().at("/hits/hits").forEach(hit -> ranking.add(hit.get("_id").asText()));
        Map<String, Integer> grades = catalogue.grades().get(query.id());
        return new Outcome(RankingMetrics.ndcg(ranking, grades, 10), RankingMetrics.recall(ranking, grades, 100), millis);
    }

    private static Row row(RankingSystem system, List<Outcome> outcomes) {
        double[] millis = outcomes.stream().mapToDouble(Outcome::millis).toArray();
        return new Row(
            system.label(),
            outcomes.stream().mapToDouble(Outcome::ndcg10).average().orElseThrow(),
            outcomes.stream().mapToDouble(Outcome::recall100).average().orElseThrow(),
            Quantiles.median(millis),
            Quantiles.nearestRank(millis, 0.95)
        );
    }
}
