package org.neuralranking.rescore;

/**
 * How scores of rescored and other hits live together.
 * <p>
 * Shards merge by score, so a shard that could not rescore must not win with its first-stage scale. Both bands use one squashing function,
 * <pre>
 *   squash(x) = (1 + x / (SCALE + |x|)) / 2   ∈ (0, 1), strictly increasing
 *   rescored:   1 + squash(blended score)     ∈ [1, 2)
 *   otherwise:  squash(first-stage score)     ∈ [0, 1)
 * </pre>
 * It is a hyperbola rather than a sigmoid because its slope falls only with the square of x: floats in [1, 2) are 2<sup>-23</sup> apart, and
 * with SCALE = 15 the slope at |x| = 15 is 1/120, so two blended scores 1e-4 apart differ by at least 6.9 floats for every |x| ≤ 15. A
 * sigmoid would merge them from |x| = 7 on.
 */
final class ScoreContract {

    /** Makes the slope at |x| = 15 as large as it can be: c / (c + x)² is largest at c = x. */
    static final double SCALE = 15;

    private static final float BELOW_ONE = Math.nextDown(1f);
    private static final float BELOW_TWO = Math.nextDown(2f);

    private ScoreContract() {}

    private static double squash(double x) {
        if (Double.isInfinite(x)) {
            return x > 0 ? 1 : 0;
        }
        return (1 + x / (SCALE + Math.abs(x))) / 2;
    }

    /** Score of a hit that was rescored. {@code blended} is not NaN. */
    static float rescored(double blended) {
        return Math.min((float) (1 + squash(blended)), BELOW_TWO);
    }

    /** Score of a hit that was not, for whatever reason; NaN counts as the lowest. */
    static float notRescored(float firstStage) {
        return Float.isNaN(firstStage) ? 0 : Math.min((float) squash(firstStage), BELOW_ONE);
    }
}
