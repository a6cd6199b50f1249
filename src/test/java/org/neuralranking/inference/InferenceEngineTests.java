package org.neuralranking.inference;

import org.apache.lucene.tests.util.LuceneTestCase;
import org.neuralranking.TestModels;
import org.neuralranking.model.bundle.Bundle;
import org.neuralranking.model.bundle.BundleLimits;
import org.neuralranking.model.registry.ModelThreads;
import org.neuralranking.stats.NodeStats;
import org.opensearch.common.settings.Settings;
import org.opensearch.test.OpenSearchTestCase;
import org.opensearch.threadpool.FixedExecutorBuilder;
import org.opensearch.threadpool.TestThreadPool;
import org.opensearch.threadpool.ThreadPool;

@LuceneTestCase.SuppressFileSystems("*") // native code opens the files
public class InferenceEngineTests extends OpenSearchTestCase {

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
        engine = new InferenceEngine(new InferenceSettings(Settings.EMPTY), threadPool, new NodeStats());
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

    public void testLoadingAgainReplaces() throws Exception {
        engine.load(bundle);
        LoadedModel first = engine.acquire(bundle.hash());
        engine.load(bundle);
        LoadedModel second = engine.acquire(bundle.hash());
        assertNotSame(first, second);
        assertEquals(1, first.refCount());
        assertEquals(2, second.refCount());
        first.close();
        second.close();
        assertEquals(0, first.refCount());
        assertEquals(1, second.refCount());
    }
}
