package org.neuralranking.inference;

import org.apache.lucene.tests.util.LuceneTestCase;
import org.neuralranking.TestModels;
import org.neuralranking.model.bundle.Bundle;
import org.neuralranking.model.bundle.BundleLimits;
import org.neuralranking.model.registry.LoadReport;
import org.neuralranking.model.registry.ModelThreads;
import org.neuralranking.stats.NodeStats;
import org.opensearch.common.settings.Settings;
import org.opensearch.core.common.breaker.CircuitBreakingException;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.test.OpenSearchTestCase;
import org.opensearch.threadpool.FixedExecutorBuilder;
import org.opensearch.threadpool.TestThreadPool;
import org.opensearch.threadpool.ThreadPool;

@LuceneTestCase.SuppressFileSystems("*") // native code opens the files
public class InferenceEngineTests extends OpenSearchTestCase {

    private final ModelMemory memory = Memory.plenty();
    private ThreadPool threadPool;
    private InferenceEngine engine;
    private Bundle bundle;

    @Override
    public void setUp() throws Exception {
        super.setUp();
        threadPool = new TestThreadPool(
            getTestName(),
            new FixedExecutorBuilder(Settings.EMPTY, ModelThreads.INFERENCE, 1, -1, "thread_pool." + ModelThreads.INFERENCE)
        );
        engine = new InferenceEngine(new InferenceSettings(Settings.EMPTY), BundleLimits.DEFAULT, threadPool, new NodeStats(memory::use), memory);
        bundle = Bundle.read(TestModels.root("toy-cross-encoder"), "toy-cross-encoder", BundleLimits.DEFAULT);
    }

    @Override
    public void tearDown() throws Exception {
        engine.unload(bundle.hash());
        terminate(threadPool);
        super.tearDown();
    }

    public void testWhatIsNotLoadedCannotBeAcquired() throws Exception {
        assertNull(engine.acquire(bundle.hash()));
        engine.load(bundle);
        engine.acquire(bundle.hash()).close();
        assertNull(engine.acquire("other"));
        engine.unload(bundle.hash());
        assertNull(engine.acquire(bundle.hash()));
        engine.unload(bundle.hash()); // twice is fine
    }

    public void testUnloadedModelsServeTheirUsersToTheEnd() throws Exception {
        engine.load(bundle);
        LoadedModel model = engine.acquire(bundle.hash());
        engine.unload(bundle.hash());
        assertEquals(1, model.refCount());
        assertEquals(1, model.tokenizer().tokenize("cat", 5).size());
        model.close();
        assertEquals(0, model.refCount());
    }

    public void testWhatIsLoadedIsNotLoadedAgain() throws Exception {
        engine.load(bundle);
        long booked = memory.use().nativeBytes();
        IllegalStateException e = expectThrows(IllegalStateException.class, () -> engine.load(bundle));
        assertEquals("got content " + bundle.hash() + ", expected one that is not loaded", e.getMessage());
        assertEquals(booked, memory.use().nativeBytes());
        engine.acquire(bundle.hash()).close(); // the first one is as it was
    }

    public void testMemoryIsBookedFromLoadToTheLastUser() throws Exception {
        LoadReport report = engine.load(bundle);
        assertEquals(report.nativeBytes(), memory.use().nativeBytes());
        assertEquals(report.heapBytes(), memory.use().heapBytes());
        assertTrue(report.toString(), report.nativeBytes() > 0 && report.heapBytes() > 0);
        LoadedModel model = engine.acquire(bundle.hash());
        engine.unload(bundle.hash());
        assertEquals(report.nativeBytes(), memory.use().nativeBytes());
        model.close();
        assertEquals(0, memory.use().nativeBytes() + memory.use().heapBytes());
    }

    public void testARefusedLoadLeavesNothing() throws Exception {
        memory.limit(1000);
        CircuitBreakingException e = expectThrows(CircuitBreakingException.class, () -> engine.load(bundle));
        assertEquals(RestStatus.TOO_MANY_REQUESTS, e.status());
        assertNull(engine.acquire(bundle.hash()));
        assertEquals(0, memory.use().nativeBytes() + memory.use().heapBytes());
        memory.limit(Long.MAX_VALUE);
        engine.load(bundle);
        engine.acquire(bundle.hash()).close();
    }
}
