package org.neuralranking.sparse;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import org.opensearch.test.OpenSearchTestCase;

public class FewAtOnceTests extends OpenSearchTestCase {

    private static List<Integer> numbers(int size) {
        return IntStream.range(0, size).boxed().toList();
    }

    public void testNothingIsDoneAtOnce() {
        AtomicInteger done = new AtomicInteger();
        FewAtOnce.run(List.of(), 3, (item, ended) -> fail("begun"), done::incrementAndGet);
        assertEquals(1, done.get());
    }

    public void testEveryItemIsBegunOnceInOrderAndNeverMoreThanAllowed() {
        for (int most : new int[] { 1, 2, 7, 100 }) {
            List<Runnable> open = new ArrayList<>();
            List<Integer> begun = new ArrayList<>();
            AtomicInteger done = new AtomicInteger();
            FewAtOnce.run(numbers(50), most, (item, ended) -> {
                begun.add(item);
                if (randomBoolean()) {
                    open.add(ended);
                    assertTrue(open.size() + " open", open.size() <= most);
                } else {
                    ended.run(); // before it returns
                }
            }, done::incrementAndGet);
            while (open.isEmpty() == false) {
                assertEquals(0, done.get());
                open.remove(randomInt(open.size() - 1)).run();
            }
            assertEquals(numbers(50), begun);
            assertEquals(1, done.get());
        }
    }

    public void testManyThatEndAtOnceDoNotFillTheStack() {
        AtomicInteger begun = new AtomicInteger();
        AtomicInteger done = new AtomicInteger();
        FewAtOnce.run(numbers(200_000), 4, (item, ended) -> {
            begun.incrementAndGet();
            ended.run();
        }, done::incrementAndGet);
        assertEquals(200_000, begun.get());
        assertEquals(1, done.get());
    }

    public void testEndsOnManyThreadsAreAllCounted() throws Exception {
        List<Integer> begun = Collections.synchronizedList(new ArrayList<>());
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicInteger done = new AtomicInteger();
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            FewAtOnce.run(numbers(5000), 4, (item, ended) -> {
                begun.add(item);
                most.accumulateAndGet(running.incrementAndGet(), Math::max);
                threads.execute(() -> {
                    running.decrementAndGet();
                    ended.run();
                });
            }, () -> {
                done.incrementAndGet();
                threads.shutdown();
            });
            assertTrue(threads.awaitTermination(30, TimeUnit.SECONDS));
        } finally {
            threads.shutdownNow();
        }
        Collections.sort(begun);
        assertEquals(numbers(5000), begun);
        assertEquals(1, done.get());
        assertTrue(most.get() + " at once", most.get() <= 4);
    }
}
