package org.neuralranking.bench;

import java.util.HashSet;
import java.util.List;
import java.util.Map;

/**
 * Effectiveness of one ranking, as trec_eval and BEIR compute it. A document without a judgment counts as grade 0.
 *
 * <p>DCG follows Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques" (TOIS 2002), with the linear gain and the
 * discount of trec_eval: {@code DCG@k = ∑ grade(i) / log2(i + 1)} over ranks i = 1…k.
 */
public final class RankingMetrics {

    private RankingMetrics() {}

    /**
     * DCG@k over the DCG@k of the best possible ranking of <em>all</em> judged documents of the query, retrieved or not.
     *
     * @param ranking document ids, best first, none twice
     * @param grades  judged document → grade, at least one of them positive
     * @return in [0, 1]
     */
    public static double ndcg(List<String> ranking, Map<String, Integer> grades, int k) {
        checkNoneTwice(ranking);
        double ideal = dcg(grades.values().stream().sorted((a, b) -> Integer.compare(b, a)).toList(), k);
        if (ideal == 0) {
            throw new IllegalArgumentException("nDCG of a query without a positive judgment");
        }
        return dcg(ranking.stream().map(id -> grades.getOrDefault(id, 0)).toList(), k) / ideal;
    }

    /**
     * The part of the documents of grade 1 or more that is among the first k.
     *
     * @param ranking document ids, best first, none twice
     * @param grades  judged document → grade, at least one of them positive
     * @return in [0, 1]
     */
    public static double recall(List<String> ranking, Map<String, Integer> grades, int k) {
        checkNoneTwice(ranking);
        long relevant = grades.values().stream().filter(grade -> grade > 0).count();
        if (relevant == 0) {
            throw new IllegalArgumentException("recall of a query without a positive judgment");
        }
        return (double) ranking.stream().limit(k).filter(id -> grades.getOrDefault(id, 0) > 0).count() / relevant;
    }

    private static double dcg(List<Integer> grades, int k) {
        double sum = 0;
        for (int i = 0; i < Math.min(k, grades.size()); i++) {
            double discount = Math.log(i + 2) / Math.log(2);
            sum += Math.max(0, grades.get(i)) / discount;
        }
        return sum;
    }

    private static void checkNoneTwice(List<String> ranking) {
        if (new HashSet<>(ranking).size() != ranking.size()) {
            throw new IllegalArgumentException("a document occurs twice in " + ranking);
        }
    }
}
