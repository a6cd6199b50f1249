package org.neuralranking.inference;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import org.neuralranking.stats.ModelStats;
import org.neuralranking.stats.Snapshot;
import org.neuralranking.tokenize.TokenSequence;
import org.opensearch.ExceptionsHelper;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.concurrency.OpenSearchRejectedExecutionException;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.test.OpenSearchTestCase;

public class SchedulerTests extends OpenSearchTestCase {

    private final AtomicLong now = new AtomicLong(randomLong());
    private final ModelStats stats = new ModelStats();
    private final Deque<Runnable> tasks = new ArrayDeque<>(); // of the executor, run by hand
    private final List<Scheduler.Batch> batches = new ArrayList<>(); // that ran
    private int mostTasks;

    private static InferenceSettings settings(int threads, int capacity, int items, int tokens) {
        return new InferenceSettings(threads, capacity, items, tokens, 1000);
    }

    private Scheduler scheduler(InferenceSettings settings) {
        return scheduler(settings, batch -> {
            batches.add(batch);
            Rows.read(batch);
        });
    }

    private Scheduler scheduler(InferenceSettings settings, Scheduler.Runner runner) {
        return new Scheduler(runner, settings, task -> {
            tasks.add(task);
            mostTasks = Math.max(mostTasks, tasks.size());
        }, now::get, stats);
    }

    private void runAll() {
        while (tasks.isEmpty() == false) {
            tasks.remove().run();
        }
    }

    private Submission<Integer> submit(Scheduler scheduler, List<TokenSequence> rows, Urgency urgency) {
        return submit(scheduler, rows, urgency, Deadline.NONE);
    }

    private Submission<Integer> submit(Scheduler scheduler, List<TokenSequence> rows, Urgency urgency, long deadline) {
        Submission<Integer> submission = Rows.submission(rows, urgency, deadline, now::get);
        scheduler.submit(submission);
        return submission;
    }

    private static void assertAllDone(Submission<Integer> submission, int from) {
        assertNull(submission.failure());
        assertTrue(submission.isDone());
        for (int i = 0; i < submission.size(); i++) {
            assertEquals(from + i, (int) submission.result(i));
        }
    }

    private int queue() {
        return stats.snapshot().queue();
    }

    /** First row of each batch that ran. */
    private List<Integer> order() {
        return batches.stream().map(batch -> batch.rows().getFirst().ids()[0]).toList();
    }

    public void testEveryRowRunsOnceInOrder() {
        Scheduler scheduler = scheduler(settings(2, 1000, 3, 1000));
        Submission<Integer> submission = submit(scheduler, Rows.rows(0, 10), Urgency.SEARCH);
        assertEquals(10, queue());
        runAll();
        assertAllDone(submission, 0);
        assertEquals(List.of(0, 3, 6, 9), order());
        assertEquals(0, queue());
        Snapshot snapshot = stats.snapshot();
        assertEquals(10, snapshot.texts());
        assertEquals(10, snapshot.tokens());
        assertEquals(4, snapshot.batches());
        assertEquals(0, snapshot.failed() + snapshot.dropped() + snapshot.rejected());
    }

    public void testABatchKeepsItsBoundsWithPaddingCounted() {
        for (int round = 0; round < 50; round++) {
            batches.clear();
            int maxItems = randomIntBetween(1, 8);
            int maxTokens = randomIntBetween(1, 40);
            Scheduler scheduler = scheduler(settings(1, 1000, maxItems, maxTokens));
            List<TokenSequence> rows = new ArrayList<>();
            for (int i = 0; i < randomIntBetween(1, 30); i++) {
                rows.add(Rows.row(i, randomIntBetween(1, 50)));
            }
            Submission<Integer> submission = submit(scheduler, rows, Urgency.SEARCH);
            runAll();
            assertAllDone(submission, 0);
            int at = 0;
            for (Scheduler.Batch batch : batches) {
                assertEquals(at, batch.from());
                assertTrue(batch.rows().size() >= 1 && batch.rows().size() <= maxItems);
                assertTrue(batch.rows().size() == 1 || padded(batch.rows()) <= maxTokens);
                at += batch.rows().size();
                if (at < rows.size() && batch.rows().size() < maxItems) {
                    assertTrue("no batch is smaller than it must be", padded(rows.subList(batch.from(), at + 1)) > maxTokens);
                }
            }
            assertEquals(rows.size(), at);
        }
    }

    private static int padded(List<TokenSequence> rows) {
        return rows.size() * rows.stream().mapToInt(TokenSequence::size).max().getAsInt();
    }

    public void testABulkGetsEveryFourthBatchWhileSearchesWait() {
        Scheduler scheduler = scheduler(settings(1, 1000, 1, 1000));
        submit(scheduler, Rows.rows(1000, 3), Urgency.INGEST);
        submit(scheduler, Rows.rows(0, 8), Urgency.SEARCH);
        runAll();
        assertEquals(List.of(0, 1, 2, 1000, 3, 4, 5, 1001, 6, 7, 1002), order());
    }

    public void testSearchesThatWereGivenUpCountForNoTurn() {
        Scheduler scheduler = scheduler(settings(1, 1000, 1, 1000));
        submit(scheduler, Rows.rows(1000, 2), Urgency.INGEST);
        for (int i = 0; i < 5; i++) {
            submit(scheduler, Rows.rows(500, 1), Urgency.SEARCH).cancel();
        }
        submit(scheduler, Rows.rows(0, 4), Urgency.SEARCH);
        runAll();
        assertEquals(List.of(0, 1, 2, 1000, 3, 1001), order());
    }

    public void testSubmissionsOfOneClassTakeTurns() {
        for (Urgency urgency : Urgency.values()) {
            batches.clear();
            Scheduler scheduler = scheduler(settings(1, 1000, 2, 1000));
            submit(scheduler, Rows.rows(0, 6), urgency);
            submit(scheduler, Rows.rows(100, 1), urgency);
            submit(scheduler, Rows.rows(200, 4), urgency);
            runAll();
            assertEquals(List.of(0, 100, 200, 2, 202, 4), order());
        }
    }

    public void testAFullQueueRefusesAtOnceAndKeepsNothing() {
        Scheduler scheduler = scheduler(settings(1, 5, 1, 1000));
        Submission<Integer> first = submit(scheduler, Rows.rows(0, 4), Urgency.INGEST);
        Submission<Integer> second = submit(scheduler, Rows.rows(100, 3), Urgency.SEARCH);
        OpenSearchRejectedExecutionException e = expectThrows(
            OpenSearchRejectedExecutionException.class,
            () -> submit(scheduler, Rows.rows(200, 2), Urgency.SEARCH)
        );
        assertEquals(RestStatus.TOO_MANY_REQUESTS, ExceptionsHelper.status(e));
        assertEquals("got 2 texts while 7 wait, expected fewer than neural_ranking.inference.queue_capacity = 5 to wait", e.getMessage());
        assertEquals(7, queue());
        assertEquals(2, stats.snapshot().rejected());
        runAll();
        assertAllDone(first, 0);
        assertAllDone(second, 100);
        assertFalse(order().contains(200));
        assertAllDone(submitAndRun(scheduler), 0);
    }

    private Submission<Integer> submitAndRun(Scheduler scheduler) {
        Submission<Integer> submission = submit(scheduler, Rows.rows(0, 2), Urgency.SEARCH);
        runAll();
        return submission;
    }

    public void testRowsOfACancelledSubmissionNeverRunAndTakeNoRoom() {
        Scheduler scheduler = scheduler(settings(1, 5, 1, 1000));
        Submission<Integer> cancelled = submit(scheduler, Rows.rows(0, 5), Urgency.SEARCH);
        tasks.remove().run();
        cancelled.cancel();
        submit(scheduler, Rows.rows(100, 1), Urgency.SEARCH);
        Submission<Integer> kept = submit(scheduler, Rows.rows(200, 2), Urgency.SEARCH); // five wait, but four of them for nobody
        assertEquals(3, queue());
        assertEquals(4, stats.snapshot().dropped());
        runAll();
        assertAllDone(kept, 200);
        assertEquals(List.of(0, 100, 200, 201), order());
        assertEquals(1, cancelled.completed());
        assertEquals(0, (int) cancelled.result(0));
        assertEquals(0, queue());
    }

    public void testRowsThatHaveNotBegunAtTheDeadlineAreDropped() {
        Scheduler scheduler = scheduler(settings(1, 100, 2, 1000));
        Submission<Integer> late = submit(scheduler, Rows.rows(0, 5), Urgency.SEARCH, Deadline.after(now.get(), 50));
        Submission<Integer> other = submit(scheduler, Rows.rows(100, 2), Urgency.SEARCH);
        List<Exception> told = new ArrayList<>();
        late.whenDone(ActionListener.wrap(unused -> fail("late"), e -> {
            assertFalse("not under the lock", Thread.holdsLock(scheduler));
            told.add(e);
        }));
        tasks.remove().run();
        now.addAndGet(50);
        runAll();
        assertTrue(late.expired());
        assertEquals(List.of(late.failure()), told);
        assertEquals(2, late.completed());
        assertAllDone(other, 100);
        assertEquals(List.of(0, 100), order());
        assertEquals(3, stats.snapshot().dropped());
        assertEquals(0, queue());
    }

    public void testARunnerThatThrowsFailsOnlyItsSubmission() {
        for (Throwable thrown : List.of(new IllegalStateException("bad"), new UnsatisfiedLinkError("bad"))) {
            Scheduler scheduler = scheduler(settings(1, 100, 1, 1000), batch -> {
                if (batch.rows().getFirst().ids()[0] == 1) {
                    throwAny(thrown);
                }
                Rows.read(batch);
            });
            Submission<Integer> bad = submit(scheduler, Rows.rows(0, 4), Urgency.SEARCH);
            Submission<Integer> good = submit(scheduler, Rows.rows(100, 4), Urgency.SEARCH);
            runAll();
            assertAllDone(good, 100);
            assertTrue(bad.failure().toString(), bad.failure().toString().contains("bad"));
            assertEquals(0, (int) bad.result(0));
            assertNull(bad.result(1));
            assertEquals(0, queue());
        }
        assertEquals(2, stats.snapshot().failed());
        assertEquals("what came after the failed row", 4, stats.snapshot().dropped());
    }

    /** What the node must hear of, such as a failed assertion, still leaves a scheduler that works. */
    public void testAnErrorReachesTheThreadAndTheWorkerGoesOn() {
        Scheduler scheduler = scheduler(settings(1, 100, 1, 1000), batch -> {
            if (batch.rows().getFirst().ids()[0] == 0) {
                throw new StackOverflowError("bad");
            }
            Rows.read(batch);
        });
        Submission<Integer> bad = submit(scheduler, Rows.rows(0, 1), Urgency.SEARCH);
        Submission<Integer> good = submit(scheduler, Rows.rows(100, 2), Urgency.SEARCH);
        expectThrows(StackOverflowError.class, () -> tasks.remove().run());
        assertTrue(bad.isDone());
        runAll();
        assertAllDone(good, 100);
    }

    @SuppressWarnings("unchecked")
    private static <E extends Throwable> void throwAny(Throwable e) throws E {
        throw (E) e;
    }

    public void testAListenerMaySubmitAgain() {
        Scheduler scheduler = scheduler(settings(1, 100, 1, 1000));
        List<Submission<Integer>> second = new ArrayList<>();
        submit(scheduler, Rows.rows(0, 2), Urgency.SEARCH).whenDone(
            ActionListener.wrap(results -> second.add(submit(scheduler, Rows.rows(50, 1), Urgency.SEARCH)), e -> fail(e.toString()))
        );
        runAll();
        assertAllDone(second.getFirst(), 50);
    }

    public void testAListenerThatThrowsHarmsNobody() {
        Scheduler scheduler = scheduler(settings(1, 100, 1, 1000));
        submit(scheduler, Rows.rows(0, 1), Urgency.SEARCH).whenDone(new ActionListener<>() {
            @Override
            public void onResponse(List<Integer> results) {
                throw new IllegalStateException("listener");
            }

            @Override
            public void onFailure(Exception e) {
                throw new IllegalStateException("listener");
            }
        });
        assertAllDone(submitAndRun(scheduler), 0);
        assertEquals(0, stats.snapshot().failed());
    }

    public void testAnExecutorThatIsShutDownFailsWhatWaits() {
        boolean[] shutDown = new boolean[1];
        Scheduler scheduler = new Scheduler(Rows::read, settings(3, 100, 1, 1000), task -> {
            if (shutDown[0]) {
                throw new OpenSearchRejectedExecutionException("closing", true);
            }
            tasks.add(task);
        }, now::get, stats);
        Submission<Integer> first = submit(scheduler, Rows.rows(0, 6), Urgency.SEARCH);
        Submission<Integer> second = submit(scheduler, Rows.rows(100, 2), Urgency.INGEST);
        shutDown[0] = true;
        runAll();
        assertTrue(first.failure() instanceof OpenSearchRejectedExecutionException);
        assertNotNull(second.failure());
        assertEquals(0, queue());
        Submission<Integer> third = submit(scheduler, Rows.rows(200, 2), Urgency.SEARCH);
        assertNotNull("refused later than at once, but refused", third.failure());
        shutDown[0] = false;
        assertAllDone(submitAndRun(scheduler), 0); // no worker was lost
    }

    public void testThereAreNeverMoreWorkersThanThreads() {
        int threads = randomIntBetween(1, 4);
        Scheduler scheduler = scheduler(settings(threads, 1000, 1, 1000));
        for (int i = 0; i < 20; i++) {
            submit(scheduler, Rows.rows(100 * i, randomIntBetween(0, 9)), randomFrom(Urgency.values()));
            if (rarely() && tasks.isEmpty() == false) {
                tasks.remove().run();
            }
        }
        assertTrue(mostTasks <= threads);
        runAll();
        mostTasks = 0;
        submit(scheduler, Rows.rows(0, 20), Urgency.SEARCH);
        assertEquals("all of them work again", threads, tasks.size());
        runAll();
    }

    public void testAFewRowsStartAFewWorkers() {
        Scheduler scheduler = scheduler(settings(4, 1000, 1, 1000));
        submit(scheduler, Rows.rows(0, 2), Urgency.SEARCH);
        assertEquals(2, tasks.size());
        runAll();
        submit(scheduler, List.of(), Urgency.SEARCH);
        assertEquals(0, tasks.size());
    }

    /** Real threads that submit, cancel, fail and run; the oracle counts what every row became. */
    public void testUnderRandomLoadEveryRowEndsInOneWay() throws Exception {
        int threads = randomIntBetween(1, 4);
        InferenceSettings settings = settings(threads, randomIntBetween(50, 500), randomIntBetween(1, 5), randomIntBetween(1, 50));
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        AtomicInteger running = new AtomicInteger();
        AtomicInteger mostRunning = new AtomicInteger();
        ConcurrentHashMap<Integer, Integer> runs = new ConcurrentHashMap<>();
        AtomicInteger failedBatches = new AtomicInteger();
        Scheduler scheduler = new Scheduler(batch -> {
            mostRunning.accumulateAndGet(running.incrementAndGet(), Math::max);
            try {
                for (TokenSequence row : batch.rows()) {
                    runs.merge(row.ids()[0], 1, Integer::sum);
                }
                if (batch.rows().getFirst().ids()[0] % 97 == 0) {
                    failedBatches.incrementAndGet();
                    throw new IllegalStateException("every 97th");
                }
                Rows.read(batch);
            } finally {
                running.decrementAndGet();
            }
        }, settings, pool, System::nanoTime, stats);

        AtomicInteger ids = new AtomicInteger();
        AtomicInteger rejectedRows = new AtomicInteger();
        AtomicInteger told = new AtomicInteger();
        List<Submission<Integer>> accepted = new ArrayList<>();
        int perClient = 200;
        long[] seeds = { randomLong(), randomLong(), randomLong() };
        CountDownLatch clients = new CountDownLatch(seeds.length);
        for (long seed : seeds) {
            new Thread(() -> {
                java.util.Random random = new java.util.Random(seed);
                for (int i = 0; i < perClient; i++) {
                    int count = random.nextInt(12);
                    int from = ids.getAndAdd(count);
                    List<TokenSequence> rows = new ArrayList<>();
                    for (int r = 0; r < count; r++) {
                        rows.add(Rows.row(from + r, 1 + random.nextInt(20)));
                    }
                    long deadline = random.nextInt(5) == 0 ? System.nanoTime() + random.nextInt(1_000_000) : Deadline.NONE;
                    Submission<Integer> submission = Rows.submission(
                        rows, random.nextBoolean() ? Urgency.SEARCH : Urgency.INGEST, deadline, System::nanoTime
                    );
                    try {
                        scheduler.submit(submission);
                    } catch (OpenSearchRejectedExecutionException e) {
                        rejectedRows.addAndGet(count);
                        continue;
                    }
                    submission.whenDone(ActionListener.wrap(told::incrementAndGet));
                    synchronized (accepted) {
                        accepted.add(submission);
                    }
                    if (random.nextInt(5) == 0) {
                        submission.cancel();
                    }
                }
                clients.countDown();
            }, "client").start();
        }
        assertTrue(clients.await(60, TimeUnit.SECONDS));
        for (Submission<Integer> submission : accepted) {
            assertTrue(submission.awaitUntil(System.nanoTime() + TimeUnit.SECONDS.toNanos(60)));
        }
        assertBusy(() -> assertEquals(0, queue()));
        pool.shutdown();
        assertTrue(pool.awaitTermination(60, TimeUnit.SECONDS));

        assertTrue(mostRunning.get() <= threads);
        assertEquals(accepted.size(), told.get());
        int ran = 0;
        int all = 0;
        for (Submission<Integer> submission : accepted) {
            all += submission.size();
            int results = 0;
            for (int i = 0; i < submission.size(); i++) {
                int id = submission.row(i).ids()[0];
                ran += runs.getOrDefault(id, 0);
                assertTrue("row " + id + " ran " + runs.get(id) + " times", runs.getOrDefault(id, 0) <= 1);
                if (submission.result(i) != null) {
                    assertEquals(id, (int) submission.result(i));
                    assertEquals(1, (int) runs.get(id));
                    results++;
                }
            }
            assertEquals(results, submission.completed());
            assertTrue(submission.failure() != null || results == submission.size());
        }
        Snapshot snapshot = stats.snapshot();
        assertEquals(ran, runs.values().stream().mapToInt(i -> i).sum());
        assertEquals(ran, snapshot.texts() + snapshot.failed());
        assertEquals(all, snapshot.texts() + snapshot.failed() + snapshot.dropped());
        assertEquals(rejectedRows.get(), snapshot.rejected());
    }
}
