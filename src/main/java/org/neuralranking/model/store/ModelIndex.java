package org.neuralranking.model.store;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.IntStream;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.neuralranking.model.bundle.BundleFiles;
import org.opensearch.ExceptionsHelper;
import org.opensearch.action.bulk.BulkItemResponse;
import org.opensearch.action.bulk.BulkRequest;
import org.opensearch.action.bulk.BulkResponse;
import org.opensearch.action.delete.DeleteRequest;
import org.opensearch.action.get.GetResponse;
import org.opensearch.action.get.MultiGetItemResponse;
import org.opensearch.action.get.MultiGetRequest;
import org.opensearch.action.index.IndexRequest;
import org.opensearch.action.support.PlainActionFuture;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.UUIDs;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.tasks.TaskCancelledException;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.transport.client.Client;
import org.opensearch.transport.client.OriginSettingClient;

/**
 * The system index that carries bytes between the nodes: the chunks of stored contents, and the parts of uploads that are not committed.
 * One shard with a copy on every data node, so that each reads its own. A document holds one {@link Piece} and is read by id: no search, no
 * refresh. Methods that say they block must not be called on transport threads.
 */
public final class ModelIndex {

    public static final String NAME = ".neural-ranking-models";

    /** What no piece of a part may be larger than. */
    public static final int PIECE_BYTES = Piece.MOST_BYTES;

    /** 2 MiB: a request is one sync of the disk, and its bytes are held some times over while they are stored and replicated. */
    private static final int PIECES_A_WRITE = 8;

    /** 1 MiB: enough that requests cost nothing beside reading. */
    private static final int PIECES_A_READ = 4;

    private static final Logger LOGGER = LogManager.getLogger(ModelIndex.class);
    private static final TimeValue TIMEOUT = TimeValue.timeValueSeconds(60);

    /** Requests are the plugin's own, not the user's. */
    private static final String ORIGIN = "neural_ranking";

    private final Client client;
    private final Creation creation;
    private final LongSupplier clock;
    private final Deletions deletions;
    private final Sweep sweep;

    public ModelIndex(Client client, ClusterService clusterService) {
        this(client, clusterService, client.threadPool()::absoluteTimeInMillis);
    }

    /** @param clock milliseconds since the epoch, by which documents are written and swept */
    ModelIndex(Client client, ClusterService clusterService, LongSupplier clock) {
        this.client = new OriginSettingClient(client, ORIGIN);
        this.creation = new Creation(this.client, clusterService);
        this.clock = clock;
        this.deletions = new Deletions(this.client);
        this.sweep = new Sweep(this.client, deletions, clock);
    }

    /**
     * Writes a content's stream as chunks. Blocks.
     *
     * @param progress  told how many bytes are written so far
     * @param cancelled asked before each request
     * @return how many chunks there are
     */
    int write(BundleFiles files, String storage, LongConsumer progress, BooleanSupplier cancelled) throws IOException {
        create();
        BulkRequest[] waiting = { bulk() };
        long[] bytes = new long[1];
        ChunkOutput chunks = new ChunkOutput(Piece.MOST_BYTES, (n, chunk) -> {
            if (cancelled.getAsBoolean()) {
                throw new TaskCancelledException("cancelled after " + bytes[0] + " bytes");
            }
            waiting[0].add(document(Piece.Kind.CHUNK.id(storage, n), Piece.ofChunk(chunk), Piece.Kind.CHUNK, storage, n));
            bytes[0] += chunk.length;
            if (waiting[0].numberOfActions() == PIECES_A_WRITE) {
                write(waiting[0]);
                progress.accept(bytes[0]);
                waiting[0] = bulk();
            }
        });
        try (OutputStream out = chunks) {
            files.writeTo(out);
        }
        if (waiting[0].numberOfActions() > 0) {
            write(waiting[0]);
            progress.accept(bytes[0]);
        }
        return chunks.chunks();
    }

    private void write(BulkRequest bulk) {
        PlainActionFuture<Void> written = PlainActionFuture.newFuture();
        client.bulk(bulk, allOf(written));
        written.actionGet(TIMEOUT);
    }

    private static BulkRequest bulk() {
        return new BulkRequest().timeout(TIMEOUT);
    }

    /** As one request: what fails of it fails all. */
    private static ActionListener<BulkResponse> allOf(ActionListener<Void> listener) {
        return ActionListener.wrap(written -> {
            for (BulkItemResponse item : written) {
                if (item.isFailed()) {
                    throw item.getFailure().getCause();
                }
            }
            listener.onResponse(null);
        }, listener::onFailure);
    }

    /** A content's stream. Reading it blocks, and fails with an {@link IOException} where a chunk is missing or cannot be read now. */
    InputStream read(StoredContent content) {
        return new ChunkInput((from, to) -> {
            List<String> ids = IntStream.range(from, to).mapToObj(n -> Piece.Kind.CHUNK.id(content.storage(), n)).toList();
            List<byte[]> chunks = new ArrayList<>();
            for (Piece chunk : get(ids, version -> {})) {
                if (chunk == null) {
                    int missing = from + chunks.size();
                    throw new IOException("chunk " + missing + " of " + content.chunks() + " of content [" + content.hash() + "] is not in [" + NAME + "]");
                }
                chunks.add(chunk.data());
            }
            return chunks;
        }, content.chunks(), PIECES_A_READ);
    }

    /**
     * Stores one part of an upload. Does not block.
     *
     * @param pieces of the part, in order; none larger than {@link #PIECE_BYTES}
     */
    public void putPart(String modelId, int n, List<byte[]> pieces, ActionListener<Void> listener) {
        BulkRequest bulk = bulk();
        String write = UUIDs.randomBase64UUID();
        int last = pieces.size() - 1;
        try {
            for (int i = 0; i < last; i++) {
                bulk.add(document(Piece.partId(modelId, n, i), new Piece(pieces.get(i), write, 0), Piece.Kind.PART, modelId, n));
            }
            Piece.Kind kind = Piece.Kind.PART;
            bulk.add(document(kind.id(modelId, n), new Piece(pieces.get(last), write, pieces.size()), kind, modelId, n));
        } catch (IOException e) {
            listener.onFailure(e);
            return;
        }
        creation.ifMissing(ActionListener.wrap(created -> client.bulk(bulk, allOf(listener)), listener::onFailure));
    }

    /**
     * Reads one part of an upload. Blocks.
     *
     * @param into gets its bytes; not all of them if it is not there whole
     * @param read told which documents these are
     * @return whether it is there whole
     */
    boolean part(String modelId, int n, OutputStream into, Consumer<DocumentVersion> read) throws IOException {
        if (exists() == false) {
            return false;
        }
        Piece last = get(List.of(Piece.Kind.PART.id(modelId, n)), read).getFirst();
        if (last == null) {
            return false;
        }
        for (int from = 0; from < last.pieces() - 1; from += PIECES_A_READ) {
            int to = Math.min(last.pieces() - 1, from + PIECES_A_READ);
            for (Piece piece : get(IntStream.range(from, to).mapToObj(i -> Piece.partId(modelId, n, i)).toList(), read)) {
                if (piece == null || last.write().equals(piece.write()) == false) {
                    return false;
                }
                into.write(piece.data());
            }
        }
        into.write(last.data());
        return true;
    }

    private boolean exists() {
        return creation.exists();
    }

    /** Blocks. */
    void create() {
        PlainActionFuture<Void> created = PlainActionFuture.newFuture();
        creation.ifMissing(created);
        created.actionGet(TIMEOUT);
    }

    private IndexRequest document(String id, Piece piece, Piece.Kind kind, String owner, int n) throws IOException {
        try (XContentBuilder document = piece.document(kind, owner, n, clock.getAsLong())) {
            return new IndexRequest(NAME).id(id).source(document);
        }
    }

    /** Documents in the order of their ids; null is one that is not there. */
    private List<Piece> get(List<String> ids, Consumer<DocumentVersion> read) throws IOException {
        MultiGetRequest request = new MultiGetRequest().preference("_local");
        ids.forEach(id -> request.add(NAME, id));
        List<Piece> pieces = new ArrayList<>();
        try {
            for (MultiGetItemResponse item : client.multiGet(request).actionGet(TIMEOUT)) {
                if (item.isFailed()) {
                    throw item.getFailure().getFailure();
                }
                GetResponse found = item.getResponse();
                if (found.isExists()) {
                    read.accept(new DocumentVersion(found.getId(), found.getSeqNo(), found.getPrimaryTerm()));
                }
                pieces.add(found.isExists() ? Piece.parse(found.getId(), found.getSourceAsBytesRef()) : null);
            }
        } catch (IOException e) {
            throw e;
        } catch (Exception e) { // the index is missing, red, or its copy is on a node that does not answer
            throw new IOException("[" + NAME + "] cannot be read: " + ExceptionsHelper.unwrapCause(e).getMessage(), e);
        }
        return pieces;
    }

    /** Deletes the chunks of a content that nobody names any more. What cannot be deleted now is left to {@link #sweep}. Does not block. */
    public void dropChunks(String storage, int chunks) {
        dropChunks(storage, chunks, logged());
    }

    void dropChunks(String storage, int chunks, ActionListener<Void> done) {
        drop(IntStream.range(0, chunks).mapToObj(n -> new DeleteRequest(NAME, Piece.Kind.CHUNK.id(storage, n))).iterator(), done);
    }

    /** Deletes parts as they were read, and none that were sent again since; as {@link #dropChunks}. */
    public void dropParts(List<DocumentVersion> read) {
        dropParts(read, logged());
    }

    void dropParts(List<DocumentVersion> read, ActionListener<Void> done) {
        drop(read.stream().map(Deletions::of).iterator(), done);
    }

    private void drop(Iterator<DeleteRequest> deletes, ActionListener<Void> done) {
        if (exists()) {
            deletions.run(deletes, done);
        } else {
            done.onResponse(null);
        }
    }

    /**
     * Deletes what a dead node or a client that gave up has left: uploads that expired, and old chunks whose storage is not in use. Does not
     * block.
     *
     * @param storages in use; null if that is not known, then no chunk is deleted. Asked more than once.
     */
    public void sweep(Supplier<Set<String>> storages, TimeValue uploadExpiry) {
        sweep(storages, uploadExpiry, logged());
    }

    void sweep(Supplier<Set<String>> storages, TimeValue uploadExpiry, ActionListener<Void> done) {
        if (exists()) {
            sweep.run(storages, uploadExpiry, done);
        } else {
            done.onResponse(null);
        }
    }

    private static ActionListener<Void> logged() {
        return ActionListener.wrap(done -> {}, e -> LOGGER.debug("documents of [{}] stay until the next sweep", NAME, e));
    }
}
