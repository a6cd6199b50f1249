package org.neuralranking.bench;

import org.junit.Test;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;

public class QuantilesTests {

    @Test
    public void medianOfOddAndEvenNumbers() {
        assertEquals(2, Quantiles.median(new double[] { 3, 1, 2 }), 0);
        assertEquals(2.5, Quantiles.median(new double[] { 4, 1, 3, 2 }), 0);
        assertEquals(7, Quantiles.median(new double[] { 7 }), 0);
    }

    @Test
    public void nearestRankIsOneOfTheValues() {
        double[] values = { 50, 15, 40, 20, 35 };
        assertEquals(15, Quantiles.nearestRank(values, 0.05), 0);
        assertEquals(20, Quantiles.nearestRank(values, 0.4), 0);
        assertEquals(35, Quantiles.nearestRank(values, 0.41), 0);
        assertEquals(50, Quantiles.nearestRank(values, 1), 0);
    }

    @Test
    public void nothingHasNoQuantiles() {
        assertThrows(IllegalArgumentException.class, () -> Quantiles.median(new double[0]));
        assertThrows(IllegalArgumentException.class, () -> Quantiles.nearestRank(new double[] { 1 }, 0));
    }
}
