package org.neuralranking.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntConsumer;

import org.junit.Test;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

public class PairedRoundsTests {
    private static final long SEED = 42;

    private long nowNanos;

    /** Work that takes the given time on the test's clock. */
    private IntConsumer takes(long nanos) {
        return round -> nowNanos += nanos;
    }

    private PairedRounds rounds() {
        return new PairedRounds(() -> nowNanos, SEED);
    }

    @Test
    public void constantTimesGiveTheirRatioAndAnIntervalOfNoWidth() {
        PairedRounds.Comparison comparison = rounds().compare(2, 20, takes(1_000), takes(1_500));
        assertEquals(new PairedRounds.Ratio(1.5, 1.5, 1.5), comparison.ratio());
        assertEquals(new PairedRounds.Ratio(1, 1, 1), comparison.control());
    }

    @Test
    public void aSlowSpellOfTheMachineDoesNotMoveTheRatio() {
        // from round 12 on everything takes ten times as long
        PairedRounds.Comparison comparison = rounds().compare(
            0,
            24,
            round -> nowNanos += round < 12 ? 1_000 : 10_000,
            round -> nowNanos += round < 12 ? 800 : 8_000
        );
        assertEquals(0.8, comparison.ratio().median(), 1e-12);
        assertTrue(comparison.controlHolds());
    }

    @Test
    public void theIntervalHoldsTheMedianAndIsTheSameForTheSameSeed() {
        List<PairedRounds.Comparison> twice = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Random noise = new Random(7);
            twice.add(rounds().compare(0, 24, takes(10_000), round -> nowNanos += 9_000 + noise.nextInt(2_000)));
        }
        assertEquals(twice.get(0), twice.get(1));
        PairedRounds.Ratio ratio = twice.get(0).ratio();
        assertTrue(ratio.toString(), 0.9 <= ratio.low() && ratio.low() < ratio.median());
        assertTrue(ratio.toString(), ratio.median() < ratio.high() && ratio.high() <= 1.1);
    }

    @Test
    public void warmUpRoundsAreNotCounted() {
        PairedRounds.Comparison comparison = rounds().compare(3, 20, takes(100), round -> nowNanos += round < 3 ? 1_000_000 : 100);
        assertEquals(new PairedRounds.Ratio(1, 1, 1), comparison.ratio());
    }

    @Test
    public void everyOneGoesFirstEquallyOften() {
        StringBuilder order = new StringBuilder();
        rounds().compare(0, 24, round -> {
            order.append('r');
            nowNanos++;
        }, round -> {
            order.append('c');
            nowNanos++;
        });
        int[] candidateAt = new int[3];
        for (int i = 0; i < order.length(); i++) {
            candidateAt[i % 3] += order.charAt(i) == 'c' ? 1 : 0;
        }
        assertEquals(72, order.length());
        assertEquals(8, candidateAt[0]);
        assertEquals(8, candidateAt[1]);
        assertEquals(8, candidateAt[2]);
    }

    @Test
    public void whoGoesFirstInARoundDoesNotWin() {
        // the first of every three runs pays for a cold cache
        int[] runs = { 0 };
        IntConsumer coldFirst = round -> nowNanos += runs[0]++ % 3 == 0 ? 2_000 : 1_000;
        PairedRounds.Comparison comparison = rounds().compare(0, 24, coldFirst, coldFirst);
        assertEquals(1, comparison.ratio().median(), 0);
        assertTrue(comparison.controlHolds());
    }

    @Test
    public void aBoundIsMetByTheFavourableEndOfTheInterval() {
        PairedRounds.Ratio quiet = new PairedRounds.Ratio(1.01, 0.99, 1.02);
        PairedRounds.Comparison comparison = new PairedRounds.Comparison(new PairedRounds.Ratio(1.2, 1.1, 1.3), quiet);
        assertTrue(comparison.isAtMost(1.1));
        assertFalse(comparison.isAtMost(1.09));
        assertTrue(comparison.isAtLeast(1.3));
        assertFalse(comparison.isAtLeast(1.31));
    }

    @Test
    public void noBoundIsMetOnARestlessMachine() {
        PairedRounds.Ratio restless = new PairedRounds.Ratio(1.03, 0.9, 1.1);
        PairedRounds.Comparison comparison = new PairedRounds.Comparison(new PairedRounds.Ratio(0.5, 0.4, 0.6), restless);
        assertFalse(comparison.isAtMost(1));
        assertFalse(comparison.isAtLeast(0.1));
    }

    @Test
    public void tooFewRoundsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> rounds().compare(0, 19, takes(1), takes(1)));
    }

    @Test
    public void workThatTheClockCannotSeeIsRefused() {
        assertThrows(IllegalStateException.class, () -> rounds().compare(0, 20, takes(0), takes(1)));
    }
}
