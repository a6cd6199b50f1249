package org.neuralranking.rescore;

import org.opensearch.test.OpenSearchTestCase;

public class ScoreContractTests extends OpenSearchTestCase {

    public void testEveryRescoredHitIsAboveEveryOtherOne() {
        for (double x : new double[] { Double.NEGATIVE_INFINITY, -Double.MAX_VALUE, -1e9, -15, 0, 15, 1e9, Double.POSITIVE_INFINITY }) {
            float score = ScoreContract.rescored(x);
            assertTrue(x + " -> " + score, score >= 1 && score < 2);
        }
        for (float s : new float[] { Float.NaN, Float.NEGATIVE_INFINITY, -1e9f, -1, 0, Float.MIN_VALUE, 12, 1e9f, Float.MAX_VALUE, Float.POSITIVE_INFINITY }) {
            float score = ScoreContract.notRescored(s);
            assertTrue(s + " -> " + score, score >= 0 && score < 1);
        }
    }

    public void testScoresOneTenThousandthApartStayApartWhereverLogitsAre() {
        for (double x = -15; x < 15; x += 1e-4) {
            assertTrue("at " + x, ScoreContract.rescored(x) < ScoreContract.rescored(x + 1e-4));
        }
        for (int i = 0; i < 100_000; i++) {
            double x = -15 + 30 * random().nextDouble();
            assertTrue("at " + x, ScoreContract.rescored(x) < ScoreContract.rescored(x + 1e-4));
        }
    }

    public void testOrderIsKeptFarBeyondThat() {
        double[] values = random().doubles(1000, -1e6, 1e6).sorted().toArray();
        for (int i = 1; i < values.length; i++) {
            assertTrue(ScoreContract.rescored(values[i - 1]) <= ScoreContract.rescored(values[i]));
            assertTrue(ScoreContract.notRescored((float) values[i - 1]) <= ScoreContract.notRescored((float) values[i]));
        }
    }

    public void testKnownValues() {
        assertEquals(1.5f, ScoreContract.rescored(0), 0);
        assertEquals(1.75f, ScoreContract.rescored(15), 0);
        assertEquals(1.25f, ScoreContract.rescored(-15), 0);
        assertEquals(0.5f, ScoreContract.notRescored(0), 0);
        assertEquals(0.75f, ScoreContract.notRescored(15), 0);
        assertEquals(0f, ScoreContract.notRescored(Float.NaN), 0);
    }
}
