package org.neuralranking.bench;

import java.util.List;
import java.util.Map;

import org.junit.Test;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;

/** Against values computed by hand; 1/log2(i+1) for ranks 1…4 is 1, 0.63093, 0.5, 0.43068. */
public class RankingMetricsTests {
    private static final double DELTA = 1e-5;

    @Test
    public void linearGainAndLogDiscount() {
        // 2·1 + 0·0.63093 + 3·0.5 = 3.5 over the ideal 3·1 + 2·0.63093 + 1·0.5 = 4.76186
        assertEquals(3.5 / 4.76186, RankingMetrics.ndcg(List.of("b", "x", "a"), Map.of("a", 3, "b", 2, "c", 1, "d", 0), 10), DELTA);
    }

    @Test
    public void theIdealIsMadeOfAllJudgedDocumentsAndCutAtK() {
        // only one of three is retrieved; k = 2 cuts the ideal to 1 + 0.63093
        assertEquals(1 / 1.63093, RankingMetrics.ndcg(List.of("a"), Map.of("a", 1, "b", 1, "c", 1), 2), DELTA);
    }

    @Test
    public void nothingCountsBelowK() {
        assertEquals(0, RankingMetrics.ndcg(List.of("x", "y", "a"), Map.of("a", 3), 2), 0);
        assertEquals(0, RankingMetrics.recall(List.of("x", "y", "a"), Map.of("a", 3), 2), 0);
        assertEquals(0.5, RankingMetrics.ndcg(List.of("x", "y", "a"), Map.of("a", 3), 3), DELTA);
        assertEquals(1, RankingMetrics.recall(List.of("x", "y", "a"), Map.of("a", 3), 3), 0);
    }

    @Test
    public void aPerfectRankingIsOne() {
        assertEquals(1, RankingMetrics.ndcg(List.of("a", "b", "c", "x"), Map.of("a", 3, "b", 2, "c", 1), 10), 0);
    }

    @Test
    public void negativeGradesGainNothing() {
        assertEquals(0.63093, RankingMetrics.ndcg(List.of("bad", "a"), Map.of("bad", -1, "a", 1), 10), DELTA);
    }

    @Test
    public void recallIsOverGradesFromOne() {
        assertEquals(2 / 3.0, RankingMetrics.recall(List.of("a", "z", "c"), Map.of("a", 1, "b", 2, "c", 3, "z", 0), 100), DELTA);
    }

    @Test
    public void whatHasNoAnswerIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> RankingMetrics.ndcg(List.of("a"), Map.of("a", 0), 10));
        assertThrows(IllegalArgumentException.class, () -> RankingMetrics.recall(List.of("a"), Map.of(), 10));
        assertThrows(IllegalArgumentException.class, () -> RankingMetrics.ndcg(List.of("a", "a"), Map.of("a", 1), 10));
    }
}
