package org.neuralranking.model.store;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.neuralranking.model.bundle.BundleFiles;
import org.opensearch.ExceptionsHelper;
import org.opensearch.ResourceAlreadyExistsException;
import org.opensearch.action.bulk.BulkRequest;
import org.opensearch.action.delete.DeleteRequest;
import org.opensearch.action.get.GetRequest;
import org.opensearch.action.get.GetResponse;
import org.opensearch.action.index.IndexRequest;
import org.opensearch.action.index.IndexResponse;
import org.opensearch.action.search.SearchRequest;
import org.opensearch.action.search.SearchResponse;
import org.opensearch.action.admin.indices.create.CreateIndexRequest;
import org.opensearch.action.admin.indices.refresh.RefreshRequest;
import org.opensearch.action.support.ContextPreservingActionListener;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.common.util.concurrent.ThreadContext;
import org.opensearch.common.xcontent.XContentFactory;
import org.opensearch.common.xcontent.cbor.CborXContent;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.tasks.TaskCancelledException;
import org.opensearch.core.xcontent.DeprecationHandler;
import org.opensearch.core.xcontent.NamedXContentRegistry;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.core.xcontent.XContentParser;
import org.opensearch.index.query.BoolQueryBuilder;
import org.opensearch.index.query.QueryBuilders;
import org.opensearch.search.SearchHit;
import org.opensearch.search.builder.SearchSourceBuilder;
import org.opensearch.transport.client.Client;

/**
 * The system index that carries bytes between the nodes: the chunks of stored contents, and the parts of uploads that are not committed.
 * One shard with a copy on every data node, so that each reads its own. A document is written once, holds one chunk or part as CBOR binary
 * (no base64), and is read by id: no search, no refresh. Methods that say they block must not be called on transport threads.
 */
public final class ModelIndex {

    public static final String NAME = ".neural-ranking-models";

    /** Large enough that a gigabyte is a few hundred requests, small enough that the copies a request makes do not matter to a small heap. */
    static final int CHUNK_BYTES = 2 << 20;

    private static final Logger LOGGER = LogManager.getLogger(ModelIndex.class);
    private static final TimeValue TIMEOUT = TimeValue.timeValueSeconds(60);
    private static final int SWEEP_PAGE = 1000;

    private static final Map<String, Object> SETTINGS = Map.of(
        "index.number_of_shards", 1,
        "index.auto_expand_replicas", "0-all",
        "index.hidden", true,
        "index.refresh_interval", "-1",
        // a copy must have what was acknowledged at once, which segment replication does not promise
        "index.replication.type", "DOCUMENT"
    );
    private static final Map<String, Object> MAPPING = Map.of(
        "dynamic", "strict",
        "properties", Map.of(
            "kind", Map.of("type", "keyword"),
            "owner", Map.of("type", "keyword"),
            "number", Map.of("type", "integer", "index", false),
            "written_at", Map.of("type", "date", "format", "epoch_millis"),
            "data", Map.of("type", "binary")
        )
    );

    /** What a document holds; its owner is a storage or a model id. */
    private enum Kind {
        CHUNK,
        PART;

        String id(String owner, int n) {
            return name() + ":" + owner + ":" + n;
        }
    }

    private final Client client;
    private final ClusterService clusterService;
    private final ThreadContext threadContext;

    public ModelIndex(Client client, ClusterService clusterService) {
        this.client = client;
        this.clusterService = clusterService;
        this.threadContext = client.threadPool().getThreadContext();
    }

    /**
     * Writes a content's stream as chunks. Blocks.
     *
     * @param progress  told how many bytes are written so far
     * @param cancelled asked before each chunk
     * @return how many chunks there are
     */
    int write(BundleFiles files, String storage, LongConsumer progress, BooleanSupplier cancelled) throws IOException {
        createIfMissing();
        long[] written = new long[1];
        ChunkOutput chunks = new ChunkOutput(CHUNK_BYTES, (n, chunk) -> {
            if (cancelled.getAsBoolean()) {
                throw new TaskCancelledException("cancelled after " + written[0] + " bytes");
            }
            try (ThreadContext.StoredContext ignored = threadContext.stashContext()) {
                client.index(document(Kind.CHUNK, storage, n, chunk)).actionGet(TIMEOUT);
            }
            written[0] += chunk.length;
            progress.accept(written[0]);
        });
        try (OutputStream out = chunks) {
            files.writeTo(out);
        }
        return chunks.chunks();
    }

    /** A content's stream. Reading it blocks, and fails with an {@link IOException} where a chunk is missing or cannot be read now. */
    InputStream read(StoredContent content) {
        return new ChunkInput(n -> {
            byte[] chunk = get(Kind.CHUNK, content.storage(), n);
            if (chunk == null) {
                throw new IOException("chunk " + n + " of " + content.chunks() + " of content [" + content.hash() + "] is not in [" + NAME + "]");
            }
            return chunk;
        }, content.chunks());
    }

    /** Stores one part of an upload. Does not block. */
    public void putPart(String modelId, int n, byte[] data, ActionListener<IndexResponse> listener) {
        ActionListener<IndexResponse> inContext = ContextPreservingActionListener.wrapPreservingContext(listener, threadContext);
        try (ThreadContext.StoredContext ignored = threadContext.stashContext()) {
            client.admin().indices().create(creation(), ActionListener.wrap(created -> index(modelId, n, data, inContext), e -> {
                if (ExceptionsHelper.unwrapCause(e) instanceof ResourceAlreadyExistsException) {
                    index(modelId, n, data, inContext);
                } else {
                    inContext.onFailure(e);
                }
            }));
        }
    }

    private void index(String modelId, int n, byte[] data, ActionListener<IndexResponse> listener) {
        try (ThreadContext.StoredContext ignored = threadContext.stashContext()) {
            client.index(document(Kind.PART, modelId, n, data), listener);
        } catch (IOException e) {
            listener.onFailure(e);
        }
    }

    /** One part of an upload, or null. Blocks. */
    byte[] part(String modelId, int n) throws IOException {
        return get(Kind.PART, modelId, n);
    }

    private void createIfMissing() {
        try (ThreadContext.StoredContext ignored = threadContext.stashContext()) {
            client.admin().indices().create(creation()).actionGet(TIMEOUT);
        } catch (RuntimeException e) {
            if ((ExceptionsHelper.unwrapCause(e) instanceof ResourceAlreadyExistsException) == false) {
                throw e;
            }
        }
    }

    private static CreateIndexRequest creation() {
        return new CreateIndexRequest(NAME).settings(Settings.builder().loadFromMap(SETTINGS)).mapping(MAPPING);
    }

    private static IndexRequest document(Kind kind, String owner, int n, byte[] data) throws IOException {
        try (XContentBuilder builder = XContentFactory.cborBuilder()) {
            builder.startObject()
                .field("kind", kind.name())
                .field("owner", owner)
                .field("number", n)
                .field("written_at", System.currentTimeMillis())
                .field("data", data)
                .endObject();
            return new IndexRequest(NAME).id(kind.id(owner, n)).source(builder).timeout(TIMEOUT);
        }
    }

    /** The bytes of a document, or null if there is none. */
    private byte[] get(Kind kind, String owner, int n) throws IOException {
        GetResponse response;
        try (ThreadContext.StoredContext ignored = threadContext.stashContext()) {
            response = client.get(new GetRequest(NAME, kind.id(owner, n)).preference("_local")).actionGet(TIMEOUT);
        } catch (RuntimeException e) { // the index is missing, red, or its copy is on a node that does not answer
            throw new IOException("[" + NAME + "] cannot be read: " + ExceptionsHelper.unwrapCause(e).getMessage(), e);
        }
        if (response.isExists() == false) {
            return null;
        }
        try (
            XContentParser parser = CborXContent.cborXContent.createParser(
                NamedXContentRegistry.EMPTY,
                DeprecationHandler.IGNORE_DEPRECATIONS,
                response.getSourceAsBytesRef().streamInput()
            )
        ) {
            for (XContentParser.Token token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token == XContentParser.Token.FIELD_NAME && parser.currentName().equals("data")) {
                    parser.nextToken();
                    return parser.binaryValue();
                }
            }
        }
        throw new IOException("[" + NAME + "] has a document [" + response.getId() + "] without data");
    }

    /** Deletes the chunks of a content that nobody names any more. What cannot be deleted now is left to {@link #sweep}. Does not block. */
    public void dropChunks(String storage, int chunks) {
        drop(Kind.CHUNK, storage, chunks);
    }

    /** Deletes the parts of an upload that is committed; as {@link #dropChunks}. */
    public void dropParts(String modelId, int parts) {
        drop(Kind.PART, modelId, parts);
    }

    private void drop(Kind kind, String owner, int count) {
        BulkRequest bulk = new BulkRequest();
        for (int n = 0; n < count; n++) {
            bulk.add(new DeleteRequest(NAME, kind.id(owner, n)));
        }
        delete(bulk);
    }

    private void delete(BulkRequest bulk) {
        if (bulk.numberOfActions() == 0 || clusterService.state().metadata().hasIndex(NAME) == false) {
            return;
        }
        try (ThreadContext.StoredContext ignored = threadContext.stashContext()) {
            client.bulk(bulk, ActionListener.wrap(deleted -> {
                if (deleted.hasFailures()) {
                    LOGGER.debug("some chunks stay until the next sweep: {}", deleted.buildFailureMessage());
                }
            }, e -> LOGGER.debug("chunks stay until the next sweep", e)));
        }
    }

    /**
     * Deletes what a dead node or a client that gave up has left: parts, and chunks whose storage is not among those in use, written before
     * a moment. Does not block.
     *
     * @param storages      in use; null if that is not known, then no chunk is deleted
     * @param writtenBefore milliseconds since the epoch
     */
    public void sweep(Set<String> storages, long writtenBefore) {
        if (clusterService.state().metadata().hasIndex(NAME) == false) {
            return;
        }
        BoolQueryBuilder left = QueryBuilders.boolQuery()
            .filter(QueryBuilders.rangeQuery("written_at").lt(writtenBefore).format("epoch_millis"))
            .mustNot(chunksOf(storages));
        SearchRequest search = new SearchRequest(NAME).source(new SearchSourceBuilder().query(left).size(SWEEP_PAGE).fetchSource(false));
        try (ThreadContext.StoredContext ignored = threadContext.stashContext()) {
            client.admin()
                .indices()
                .refresh(
                    new RefreshRequest(NAME),
                    ActionListener.wrap(
                        refreshed -> client.search(search, ActionListener.wrap(this::delete, e -> LOGGER.debug("no sweep", e))),
                        e -> LOGGER.debug("no sweep", e)
                    )
                );
        }
    }

    private static BoolQueryBuilder chunksOf(Set<String> storages) {
        BoolQueryBuilder chunks = QueryBuilders.boolQuery().filter(QueryBuilders.termQuery("kind", Kind.CHUNK.name()));
        return storages == null ? chunks : chunks.filter(QueryBuilders.termsQuery("owner", storages));
    }

    private void delete(SearchResponse found) {
        BulkRequest bulk = new BulkRequest();
        for (SearchHit hit : found.getHits()) {
            bulk.add(new DeleteRequest(NAME, hit.getId()));
        }
        delete(bulk);
    }
}
