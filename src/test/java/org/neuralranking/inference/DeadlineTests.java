package org.neuralranking.inference;

import org.opensearch.test.OpenSearchTestCase;

public class DeadlineTests extends OpenSearchTestCase {

    public void testPassesAtItsInstantWhereverTheClockStands() {
        for (long now : new long[] { 0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE, Long.MAX_VALUE - 5, randomLong() }) {
            for (long wait : new long[] { 1, 10, 1_000_000_000L, Long.MAX_VALUE / 2 }) {
                long deadline = Deadline.after(now, wait);
                assertFalse(now + " + " + wait, Deadline.passed(deadline, now));
                assertTrue(now + " + " + wait, Deadline.passed(deadline, now + wait));
                assertTrue(now + " + " + wait, Deadline.passed(deadline, now + wait + 1_000));
            }
            assertTrue(Deadline.passed(Deadline.after(now, 0), now));
            assertTrue(Deadline.passed(Deadline.after(now, -7), now));
        }
    }

    public void testTheLongestWaitIsNotOver() {
        long now = randomLong();
        long deadline = Deadline.after(now, Long.MAX_VALUE);
        assertFalse(Deadline.passed(deadline, now));
        assertFalse(Deadline.passed(deadline, now + randomLongBetween(0, Long.MAX_VALUE - 2)));
    }

    public void testADeadlineIsNeverTakenForNone() {
        long deadline = Deadline.after(Long.MAX_VALUE - 3, 3);
        assertNotEquals(Deadline.NONE, deadline);
        assertTrue(Deadline.passed(deadline, Long.MAX_VALUE));
    }

    public void testNoneNeverPasses() {
        for (long now : new long[] { 0, Long.MIN_VALUE, Long.MAX_VALUE, randomLong() }) {
            assertFalse(Deadline.passed(Deadline.NONE, now));
        }
    }
}
