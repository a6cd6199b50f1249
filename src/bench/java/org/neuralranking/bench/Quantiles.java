package org.neuralranking.bench;

import java.util.Arrays;

/** Quantiles of measured values, by the nearest rank: always one of the values, except the median of an even number. */
public final class Quantiles {

    private Quantiles() {}

    public static double median(double[] values) {
        double[] sorted = sorted(values);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /** @param part in (0, 1]: the smallest value such that at least this part of the values is not greater */
    public static double nearestRank(double[] values, double part) {
        if (part <= 0 || part > 1) {
            throw new IllegalArgumentException("part must be in (0, 1], got " + part);
        }
        double[] sorted = sorted(values);
        return sorted[(int) Math.ceil(part * sorted.length) - 1];
    }

    private static double[] sorted(double[] values) {
        if (values.length == 0) {
            throw new IllegalArgumentException("no values");
        }
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted;
    }
}
