package org.neuralranking.inference;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import org.neuralranking.tokenize.TokenSequence;
import org.opensearch.ExceptionsHelper;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.util.concurrent.ThreadContext;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.core.tasks.TaskCancelledException;
import org.opensearch.test.OpenSearchTestCase;

public class SubmissionTests extends OpenSearchTestCase {

    private final AtomicLong now = new AtomicLong(randomLong());

    private Submission<Integer> submission(int rows, long deadline) {
        return Rows.submission(Rows.rows(100, rows), Urgency.SEARCH, deadline, now::get);
    }

    private static void runRow(Submission<Integer> submission, int i) {
        submission.read(Rows.output(List.of(submission.row(i))), 0, i);
        submission.ended(1);
    }

    /** What a listener was told, one entry a call. */
    private static List<Object> told(Submission<Integer> submission) {
        List<Object> told = new ArrayList<>();
        submission.whenDone(ActionListener.wrap(told::add, told::add));
        return told;
    }

    public void testEndsWhenEveryRowHasItsResultInWhateverOrder() throws Exception {
        Submission<Integer> submission = submission(3, Deadline.NONE);
        List<Object> told = told(submission);
        for (int i : new int[] { 2, 0, 1 }) {
            assertEquals(List.of(), told);
            assertFalse(submission.awaitUntil(now.get()));
            runRow(submission, i);
            assertEquals(100 + i, (int) submission.result(i));
        }
        assertEquals(List.of(List.of(100, 101, 102)), told);
        assertTrue(submission.awaitUntil(Deadline.NONE));
        assertNull(submission.failure());
        assertEquals(3, submission.completed());
    }

    public void testNobodyIsToldBeforeTheLastBatchHasEnded() {
        Submission<Integer> submission = submission(1, Deadline.NONE);
        List<Object> told = told(submission);
        submission.read(Rows.output(List.of(submission.row(0))), 0, 0);
        assertEquals("the batch's time is not yet counted", List.of(), told);
        submission.ended(1);
        assertEquals(List.of(List.of(100)), told);
    }

    public void testAFailureEndsItAndKeepsTheResultsThatWereThere() throws Exception {
        Submission<Integer> submission = submission(3, Deadline.NONE);
        List<Object> told = told(submission);
        runRow(submission, 1);
        Exception failure = new IllegalStateException("no");
        submission.fail(failure);
        submission.fail(new IllegalStateException("the second does not count"));
        assertSame(failure, submission.failure());
        assertEquals(List.of(failure), told);
        assertTrue(submission.awaitUntil(Deadline.NONE));
        assertTrue(submission.over());
        assertNull(submission.result(0));
        assertEquals(101, (int) submission.result(1));
        runRow(submission, 2); // a batch that was running
        assertEquals(102, (int) submission.result(2));
        assertEquals(2, submission.completed());
        assertEquals("once", 1, told.size());
    }

    public void testCancellingSaysHowFarItCame() {
        Submission<Integer> submission = submission(3, Deadline.NONE);
        runRow(submission, 0);
        assertFalse(submission.over());
        submission.cancel();
        assertTrue(submission.over());
        assertTrue(submission.failure() instanceof TaskCancelledException);
        assertEquals("cancelled with 1 of 3 texts done", submission.failure().getMessage());
        assertFalse(submission.expired());
    }

    public void testCancellingWhatIsDoneChangesNothing() {
        Submission<Integer> submission = submission(1, Deadline.NONE);
        runRow(submission, 0);
        submission.cancel();
        assertNull(submission.failure());
        assertEquals(List.of(List.of(100)), told(submission));
    }

    public void testItIsOverAtItsDeadline() {
        Submission<Integer> submission = submission(2, Deadline.after(now.get(), 10));
        now.addAndGet(9);
        assertFalse(submission.over());
        now.addAndGet(1);
        assertTrue(submission.over());
        assertNull("looking does not end it", submission.failure());
        submission.expire();
        assertTrue(submission.expired());
        assertEquals(RestStatus.GATEWAY_TIMEOUT, ExceptionsHelper.status(submission.failure()));
        assertEquals("the deadline passed with 0 of 2 texts done", submission.failure().getMessage());
    }

    public void testNoRowsAreDoneAtOnce() throws Exception {
        Submission<Integer> submission = submission(0, Deadline.NONE);
        assertTrue(submission.awaitUntil(Deadline.NONE));
        assertEquals(List.of(List.of()), told(submission));
    }

    public void testEveryListenerIsToldInTheThreadContextOfItsCall() throws Exception {
        ThreadContext threads = new ThreadContext(Settings.EMPTY);
        Submission<Integer> submission = Rows.submission(Rows.rows(0, 1), Urgency.SEARCH, Deadline.NONE, now::get, threads);
        List<String> users = new ArrayList<>();
        for (String user : List.of("ann", "bob")) {
            try (ThreadContext.StoredContext ignored = threads.stashContext()) {
                threads.putHeader("user", user);
                submission.whenDone(ActionListener.wrap(unused -> users.add(threads.getHeader("user")), e -> fail(e.toString())));
            }
        }
        List<String> leaked = new ArrayList<>();
        Thread inference = new Thread(() -> {
            runRow(submission, 0);
            leaked.add(threads.getHeader("user"));
        });
        inference.start();
        inference.join();
        users.sort(null);
        assertEquals(List.of("ann", "bob"), users);
        assertNull("the inference thread has no user's context after", leaked.getFirst());
    }

    public void testTheBooksAreKeptBeforeAnybodyIsTold() throws Exception {
        for (boolean good : new boolean[] { true, false }) {
            Submission<Integer> submission = submission(1, Deadline.NONE);
            AtomicInteger ends = new AtomicInteger();
            submission.onEnd(ends::incrementAndGet);
            List<Integer> seen = new ArrayList<>();
            submission.whenDone(ActionListener.wrap(() -> seen.add(ends.get())));
            if (good) {
                runRow(submission, 0);
            } else {
                submission.cancel();
            }
            assertEquals(List.of(1), seen);
            assertTrue(submission.awaitUntil(Deadline.NONE));
            assertEquals(good, submission.failure() == null);
        }
    }

    public void testRowsAreItsOwn() {
        List<TokenSequence> rows = new ArrayList<>(Rows.rows(0, 2));
        Submission<Integer> submission = Rows.submission(rows, Urgency.INGEST, Deadline.NONE, now::get);
        rows.clear();
        assertEquals(2, submission.size());
        assertEquals(1, submission.row(1).ids()[0]);
    }
}
