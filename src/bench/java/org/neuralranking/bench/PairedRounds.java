package org.neuralranking.bench;

import java.util.List;
import java.util.Random;
import java.util.function.IntConsumer;
import java.util.function.IntToDoubleFunction;
import java.util.function.LongSupplier;

/**
 * Compares the time of a candidate with that of a reference on a machine that is not quiet.
 *
 * <p>A round runs the reference, the candidate and the reference once more (the control) on the same work right after each other, so that a
 * slow spell of the machine hits all three; which of them goes first changes from round to round through all six orders. Each round gives
 * one ratio candidate / reference and one ratio control / reference. What is reported is the median over the rounds, with a 95 % interval by
 * the percentile bootstrap (Efron 1979): rounds are drawn with replacement and the median taken again.
 */
public final class PairedRounds {
    /** Fewer rounds make the interval of a median meaningless; the number is a multiple of the six orders. */
    public static final int ROUNDS = 24;
    public static final int FEWEST_ROUNDS = 20;
    /** The reference against itself must come out as 1 within this, or the machine was too restless to say anything. */
    static final double CONTROL_TOLERANCE = 0.02;

    private static final int RESAMPLES = 10_000;
    private static final int REFERENCE = 0;
    private static final int CANDIDATE = 1;
    private static final int CONTROL = 2;
    private static final List<int[]> ORDERS = List.of(
        new int[] { REFERENCE, CANDIDATE, CONTROL },
        new int[] { CONTROL, CANDIDATE, REFERENCE },
        new int[] { CANDIDATE, REFERENCE, CONTROL },
        new int[] { CANDIDATE, CONTROL, REFERENCE },
        new int[] { REFERENCE, CONTROL, CANDIDATE },
        new int[] { CONTROL, REFERENCE, CANDIDATE }
    );

    private final LongSupplier nanoClock;
    private final long seed;

    /** @param seed of the bootstrap */
    public PairedRounds(LongSupplier nanoClock, long seed) {
        this.nanoClock = nanoClock;
        this.seed = seed;
    }

    /**
     * A median ratio with its interval.
     *
     * @param low  2.5 % quantile of the bootstrap
     * @param high 97.5 % quantile of the bootstrap
     */
    public record Ratio(double median, double low, double high) {}

    /**
     * @param ratio   time of the candidate over time of the reference
     * @param control the same for the reference against itself
     */
    public record Comparison(Ratio ratio, Ratio control) {

        public boolean controlHolds() {
            return Math.abs(control.median() - 1) <= CONTROL_TOLERANCE;
        }

        /** Whether "the candidate takes at most {@code bound} times as long" holds. */
        public boolean isAtMost(double bound) {
            return controlHolds() && ratio.low() <= bound;
        }

        /** Whether "the candidate takes at least {@code bound} times as long" holds. */
        public boolean isAtLeast(double bound) {
            return controlHolds() && ratio.high() >= bound;
        }
    }

    /**
     * Compares by the time that the work takes.
     *
     * @param warmUps   rounds that run first and are not counted
     * @param rounds    at least {@value #FEWEST_ROUNDS}
     * @param reference runs the work of the round of this number, warm-ups included
     */
    public Comparison compare(int warmUps, int rounds, IntConsumer reference, IntConsumer candidate) {
        return compareValues(warmUps, rounds, round -> time(reference, round), round -> time(candidate, round));
    }

    /**
     * Compares by a value above 0 that the work of a round gives; otherwise as {@link #compare}.
     *
     * @param reference runs the work of the round of this number, warm-ups included
     */
    public Comparison compareValues(int warmUps, int rounds, IntToDoubleFunction reference, IntToDoubleFunction candidate) {
        if (rounds < FEWEST_ROUNDS) {
            throw new IllegalArgumentException("at least " + FEWEST_ROUNDS + " rounds, got " + rounds);
        }
        double[] ratios = new double[rounds];
        double[] controls = new double[rounds];
        for (int i = 0; i < warmUps + rounds; i++) {
            double[] values = new double[3];
            for (int contestant : ORDERS.get(i % ORDERS.size())) {
                values[contestant] = (contestant == CANDIDATE ? candidate : reference).applyAsDouble(i);
            }
            if (i >= warmUps) {
                ratios[i - warmUps] = values[CANDIDATE] / values[REFERENCE];
                controls[i - warmUps] = values[CONTROL] / values[REFERENCE];
            }
        }
        return new Comparison(ratio(ratios), ratio(controls));
    }

    private long time(IntConsumer work, int round) {
        long start = nanoClock.getAsLong();
        work.accept(round);
        long nanos = nanoClock.getAsLong() - start;
        if (nanos <= 0) {
            throw new IllegalStateException("a round took " + nanos + " ns: too little work for the clock");
        }
        return nanos;
    }

    private Ratio ratio(double[] perRound) {
        Random random = new Random(seed);
        double[] medians = new double[RESAMPLES];
        double[] drawn = new double[perRound.length];
        for (int i = 0; i < RESAMPLES; i++) {
            for (int j = 0; j < drawn.length; j++) {
                drawn[j] = perRound[random.nextInt(perRound.length)];
            }
            medians[i] = Quantiles.median(drawn);
        }
        return new Ratio(Quantiles.median(perRound), Quantiles.nearestRank(medians, 0.025), Quantiles.nearestRank(medians, 0.975));
    }
}
