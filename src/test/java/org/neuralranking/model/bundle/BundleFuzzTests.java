package org.neuralranking.model.bundle;

import java.io.IOException;

import org.opensearch.test.OpenSearchTestCase;

/** Some thousand damaged files of each kind; {@code -Dbench=fuzz} does more. */
public class BundleFuzzTests extends OpenSearchTestCase {

    private void fuzz(BundleFuzz.Kind kind, int cases) throws IOException {
        long seed = randomLong();
        BundleFuzz fuzz = new BundleFuzz(seed);
        int accepted = 0;
        for (int number = 0; number < cases; number++) {
            BundleFuzz.Outcome outcome = fuzz.run(kind, number);
            if (outcome.unexpected() != null) {
                throw new AssertionError(kind + " " + number + " of seed " + seed + " is neither taken nor refused", outcome.unexpected());
            }
            accepted += outcome.accepted() ? 1 : 0;
        }
        logger.info("{}: {} of {} taken, seed {}", kind, accepted, cases, seed);
        assertTrue("some are harmless: " + accepted, accepted > 0);
        assertTrue("most are refused: " + accepted, accepted < cases * 3 / 4);
    }

    public void testDamagedGraphs() throws IOException {
        fuzz(BundleFuzz.Kind.GRAPH, 5000);
    }

    public void testDamagedZips() throws IOException {
        fuzz(BundleFuzz.Kind.ZIP, 3000);
    }

    public void testDamagedJson() throws IOException {
        fuzz(BundleFuzz.Kind.JSON, 3000);
    }

    public void testACaseCanBeMadeAgain() throws IOException {
        for (BundleFuzz.Kind kind : BundleFuzz.Kind.values()) {
            assertArrayEquals(new BundleFuzz(7).run(kind, 11).bytes(), new BundleFuzz(7).run(kind, 11).bytes());
        }
    }
}
