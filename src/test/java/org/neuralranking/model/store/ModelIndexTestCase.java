package org.neuralranking.model.store;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;

import org.apache.lucene.tests.util.LuceneTestCase;
import org.junit.Before;
import org.neuralranking.NeuralRankingPlugin;
import org.opensearch.action.admin.indices.refresh.RefreshRequest;
import org.opensearch.action.delete.DeleteRequest;
import org.opensearch.action.index.IndexRequest;
import org.opensearch.action.search.SearchRequest;
import org.opensearch.action.support.PlainActionFuture;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.index.query.QueryBuilders;
import org.opensearch.plugins.Plugin;
import org.opensearch.search.builder.SearchSourceBuilder;
import org.opensearch.test.OpenSearchSingleNodeTestCase;

/** A node with the plugin, and the model index by a clock of the test's own. */
@LuceneTestCase.SuppressFileSystems("*") // contents are moved while they are read
public abstract class ModelIndexTestCase extends OpenSearchSingleNodeTestCase {

    static final TimeValue EXPIRY = TimeValue.timeValueMinutes(30);

    /** From now on, so that the node's own sweeps, which are by the real one, find nothing old. */
    final AtomicLong clock = new AtomicLong(System.currentTimeMillis());
    ModelIndex index;

    @Override
    protected Collection<Class<? extends Plugin>> getPlugins() {
        return List.of(NeuralRankingPlugin.class);
    }

    @Before
    public void openIndex() {
        index = new ModelIndex(client(), getInstanceFromNode(ClusterService.class), clock::get);
    }

    static void await(Consumer<ActionListener<Void>> work) {
        PlainActionFuture<Void> done = PlainActionFuture.newFuture();
        work.accept(done);
        done.actionGet(TimeValue.timeValueMinutes(1));
    }

    final void pass(TimeValue time) {
        clock.addAndGet(time.millis());
    }

    final void sweep(Supplier<Set<String>> storages) {
        await(done -> index.sweep(storages, EXPIRY, done));
    }

    /** Cut as the REST layer does. */
    final void put(String modelId, int n, byte[] part) throws IOException {
        List<byte[]> pieces = new ArrayList<>();
        try (ChunkOutput cut = new ChunkOutput(ModelIndex.PIECE_BYTES, (i, piece) -> pieces.add(piece))) {
            cut.write(part);
        }
        await(done -> index.putPart(modelId, n, pieces, done));
    }

    /** What a commit would read, or null. */
    final byte[] part(String modelId, int n) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        return index.part(modelId, n, bytes, version -> {}) ? bytes.toByteArray() : null;
    }

    final List<DocumentVersion> versions(String modelId, int n) throws IOException {
        List<DocumentVersion> versions = new ArrayList<>();
        assertTrue(index.part(modelId, n, new ByteArrayOutputStream(), versions::add));
        return versions;
    }

    /** Ids of all documents, sorted. */
    final List<String> documents() {
        client().admin().indices().refresh(new RefreshRequest(ModelIndex.NAME)).actionGet();
        SearchSourceBuilder all = new SearchSourceBuilder().query(QueryBuilders.matchAllQuery()).size(1000).fetchSource(false);
        return Arrays.stream(client().search(new SearchRequest(ModelIndex.NAME).source(all)).actionGet().getHits().getHits())
            .map(hit -> hit.getId())
            .sorted()
            .toList();
    }

    final void delete(String id) {
        client().delete(new DeleteRequest(ModelIndex.NAME, id)).actionGet();
    }

    final void overwrite(String id, Piece piece, Piece.Kind kind, String owner, int n) throws IOException {
        index.create();
        client().index(new IndexRequest(ModelIndex.NAME).id(id).source(piece.document(kind, owner, n, clock.get()))).actionGet();
    }
}
