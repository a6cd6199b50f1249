package org.neuralranking.model.registry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.neuralranking.model.Task;
import org.neuralranking.model.store.StoredContent;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.ClusterStateUpdateTask;
import org.opensearch.cluster.metadata.Metadata;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.test.ClusterServiceUtils;
import org.opensearch.test.OpenSearchTestCase;
import org.opensearch.threadpool.TestThreadPool;
import org.opensearch.threadpool.ThreadPool;

public class DirectoryKeeperTests extends OpenSearchTestCase {

    private static final ModelDirectory DIRECTORY = ModelDirectory.EMPTY.with(
        new ModelEntry("m", new StoredContent("hash", Task.SPARSE_ENCODER, 1, "s", 1), null, Map.of())
    );

    private ThreadPool threads;
    private Path data;

    @Override
    public void setUp() throws Exception {
        super.setUp();
        threads = new TestThreadPool(getTestName());
        data = createTempDir();
    }

    @Override
    public void tearDown() throws Exception {
        terminate(threads);
        super.tearDown();
    }

    /**
     * One life of a node and cluster.
     *
     * @param recovered what the state has of the directory when it comes from disk, null for nothing
     * @param changed   what users make of it then, null for no change
     * @return what the state has of it in the end
     */
    private ModelDirectory life(String cluster, ModelDirectory recovered, ModelDirectory changed) throws Exception {
        try (ClusterService service = ClusterServiceUtils.createClusterService(threads)) {
            service.addListener(new DirectoryKeeper(data, service, Runnable::run));
            Metadata.Builder metadata = Metadata.builder(service.state().metadata()).clusterUUID(cluster).clusterUUIDCommitted(true);
            if (recovered != null) {
                metadata.putCustom(ModelDirectory.TYPE, recovered);
            }
            ClusterServiceUtils.setState(service, ClusterState.builder(service.state()).metadata(metadata));
            if (changed != null) {
                ClusterServiceUtils.setState(service, changed.in(service.state()));
            }
            awaitTasks(service);
            return service.state().metadata().custom(ModelDirectory.TYPE);
        }
    }

    /** Tasks of one priority are run in the order in which they were submitted. */
    private static void awaitTasks(ClusterService service) throws InterruptedException {
        CountDownLatch done = new CountDownLatch(1);
        service.submitStateUpdateTask("last", new ClusterStateUpdateTask() {
            @Override
            public ClusterState execute(ClusterState current) {
                return current;
            }

            @Override
            public void clusterStateProcessed(String source, ClusterState before, ClusterState after) {
                done.countDown();
            }

            @Override
            public void onFailure(String source, Exception e) {
                throw new AssertionError(source, e);
            }
        });
        assertTrue(done.await(1, TimeUnit.MINUTES));
    }

    public void testWhatTheStateHasLostComesBack() throws Exception {
        assertNull("nothing to bring back", life("c", null, null));
        assertEquals(DIRECTORY, life("c", null, DIRECTORY));
        assertEquals(DIRECTORY, life("c", null, null));
        assertEquals("also a second time", DIRECTORY, life("c", null, null));
    }

    public void testAnotherClustersModelsDoNot() throws Exception {
        life("c", null, DIRECTORY);
        assertNull(life("d", null, null));
    }

    public void testWhatTheStateHasCounts() throws Exception {
        ModelDirectory more = DIRECTORY.with(new ModelEntry("n", new StoredContent("other", Task.CROSS_ENCODER, 1, "t", 1), null, Map.of()));
        life("c", null, DIRECTORY);
        assertEquals(more, life("c", more, null));
        assertEquals(more, life("c", null, null));
    }

    public void testWhatWasDeletedStaysDeleted() throws Exception {
        life("c", null, DIRECTORY);
        assertEquals(ModelDirectory.EMPTY, life("c", DIRECTORY, ModelDirectory.EMPTY));
        assertEquals(ModelDirectory.EMPTY, life("c", ModelDirectory.EMPTY, null));
        assertNull("an empty one need not come back", life("c", null, null));
    }

    public void testADamagedCopyIsNoneAndIsReplaced() throws Exception {
        life("c", null, DIRECTORY);
        damage();
        assertNull(life("c", null, null));
        assertEquals(DIRECTORY, life("c", DIRECTORY, null));
        assertEquals(DIRECTORY, life("c", null, null));
    }

    private void damage() throws IOException {
        Path file = data.resolve(DirectoryKeeper.FILE_NAME);
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, randomIntBetween(0, bytes.length - 1)));
    }
}
