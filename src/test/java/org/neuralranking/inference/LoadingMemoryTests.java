package org.neuralranking.inference;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

import org.apache.lucene.tests.util.LuceneTestCase;
import org.neuralranking.TestModels;
import org.neuralranking.model.bundle.Bundle;
import org.neuralranking.model.bundle.BundleLimits;
import org.neuralranking.stats.ModelStats;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.util.concurrent.ThreadContext;
import org.opensearch.test.OpenSearchTestCase;

/** Heap that opening a model asks for, most of it garbage at once: what a small node must be able to collect while it searches. */
@LuceneTestCase.SuppressFileSystems("*") // native code opens the files
public class LoadingMemoryTests extends OpenSearchTestCase {

    private static long allocated(Bundle bundle) throws IOException {
        InferenceSettings settings = new InferenceSettings(1, 100, 1, 1024, 1000);
        ThreadContext threadContext = new ThreadContext(Settings.EMPTY);
        AtomicLong bytes = new AtomicLong();
        Allocated.during(
            bytes,
            () -> LoadedModel.open(
                bundle,
                BundleLimits.DEFAULT,
                settings,
                Runnable::run,
                System::nanoTime,
                threadContext,
                new ModelStats(),
                Memory.plenty(),
                RunLimits.none()
            )
        ).close();
        return bytes.get();
    }

    /**
     * 37 and 25 MB were measured, nearly all of it for three and two passes over JSON of 30522 names: the parser remembers each name, about
     * 250 bytes, to find those that come twice.
     */
    public void testOpeningADefaultModelAsksForLittleHeap() throws IOException {
        for (Map.Entry<String, Long> most : Map.of("minilm-sparse-doc", 42_000_000L, "minilm-cross-encoder", 29_000_000L).entrySet()) {
            Bundle bundle = Bundle.read(TestModels.root(most.getKey()), most.getKey(), BundleLimits.DEFAULT);
            allocated(bundle); // classes are loaded
            long bytes = allocated(bundle);
            assertTrue(most + ": got " + bytes, bytes < most.getValue());
            assertTrue("the counter counts", bytes > 500_000);
        }
    }
}
