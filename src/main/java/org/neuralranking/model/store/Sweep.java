package org.neuralranking.model.store;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;

import org.opensearch.action.admin.indices.refresh.RefreshRequest;
import org.opensearch.action.delete.DeleteRequest;
import org.opensearch.action.search.SearchRequest;
import org.opensearch.action.search.SearchResponse;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.index.query.BoolQueryBuilder;
import org.opensearch.index.query.QueryBuilder;
import org.opensearch.index.query.QueryBuilders;
import org.opensearch.search.SearchHit;
import org.opensearch.search.aggregations.AggregationBuilders;
import org.opensearch.search.aggregations.BucketOrder;
import org.opensearch.search.aggregations.bucket.terms.Terms;
import org.opensearch.search.aggregations.metrics.Max;
import org.opensearch.search.builder.SearchSourceBuilder;
import org.opensearch.transport.client.Client;

/**
 * Finds and deletes what a dead node or a client that gave up has left in the model index. The parts of an upload go together, when its
 * newest is older than the expiry of uploads; chunks go when no content in use is stored there and they are older than any registration.
 * At most a page of each goes in one sweep. Nothing here blocks.
 */
final class Sweep {

    /**
     * The chunks of a registration under way are named nowhere. It takes a read and a write of the bundle and at most as long to load as its
     * caller says; a working day's half is beyond both, and what a dead node has left may lie that long. An expiry of uploads that somebody
     * has set to seconds must not shorten it.
     */
    static final TimeValue SHORTEST_CHUNK_GRACE = TimeValue.timeValueHours(6);

    private static final int PAGE = Deletions.MOST_A_REQUEST;

    private final Client client;
    private final Deletions deletions;
    private final LongSupplier clock;

    /** @param clock milliseconds since the epoch; the one that documents are written by */
    Sweep(Client client, Deletions deletions, LongSupplier clock) {
        this.client = client;
        this.deletions = deletions;
        this.clock = clock;
    }

    /** @param storages in use; null if that is not known, then no chunk is deleted. Asked again just before the deletes. */
    void run(Supplier<Set<String>> storages, TimeValue uploadExpiry, ActionListener<Void> done) {
        long now = clock.getAsLong();
        long partsBefore = now - uploadExpiry.millis();
        long chunksBefore = now - Math.max(uploadExpiry.millis(), SHORTEST_CHUNK_GRACE.millis());
        ActionListener<Void> parts = ActionListener.wrap(swept -> chunks(storages, chunksBefore, done), done::onFailure);
        refreshed(ActionListener.wrap(refreshed -> uploads(partsBefore, parts), done::onFailure));
    }

    private void refreshed(ActionListener<Void> next) {
        client.admin().indices().refresh(new RefreshRequest(ModelIndex.NAME), ActionListener.map(next, refreshed -> null));
    }

    private void uploads(long before, ActionListener<Void> done) {
        SearchSourceBuilder newest = new SearchSourceBuilder().size(0)
            .query(kind(Piece.Kind.PART))
            .aggregation(
                AggregationBuilders.terms("uploads")
                    .field("owner")
                    .size(PAGE)
                    .order(BucketOrder.aggregation("newest", true))
                    .subAggregation(AggregationBuilders.max("newest").field("written_at"))
            );
        client.search(new SearchRequest(ModelIndex.NAME).source(newest), ActionListener.wrap(found -> {
            List<String> expired = new ArrayList<>();
            Terms uploads = found.getAggregations().get("uploads");
            for (Terms.Bucket upload : uploads.getBuckets()) {
                Max written = upload.getAggregations().get("newest");
                if (written.getValue() < before) {
                    expired.add(upload.getKeyAsString());
                }
            }
            if (expired.isEmpty()) {
                done.onResponse(null);
            } else {
                delete(partsOf(expired), () -> owner -> true, done);
            }
        }, done::onFailure));
    }

    private void chunks(Supplier<Set<String>> storages, long before, ActionListener<Void> done) {
        Set<String> used = storages.get();
        if (used == null) {
            done.onResponse(null);
            return;
        }
        BoolQueryBuilder left = kind(Piece.Kind.CHUNK).filter(QueryBuilders.rangeQuery("written_at").lt(before).format("epoch_millis"))
            .mustNot(QueryBuilders.termsQuery("owner", used));
        delete(left, () -> {
            Set<String> now = storages.get(); // a registration may have finished during the search
            return owner -> now != null && now.contains(owner) == false;
        }, done);
    }

    private static BoolQueryBuilder kind(Piece.Kind kind) {
        return QueryBuilders.boolQuery().filter(QueryBuilders.termQuery("kind", kind.name()));
    }

    private static QueryBuilder partsOf(Collection<String> modelIds) {
        return kind(Piece.Kind.PART).filter(QueryBuilders.termsQuery("owner", modelIds));
    }

    /** @param unused asked when the search is over, whether what an owner has may go */
    private void delete(QueryBuilder query, Supplier<Predicate<String>> unused, ActionListener<Void> done) {
        SearchSourceBuilder page = new SearchSourceBuilder().query(query)
            .size(PAGE)
            .fetchSource(false)
            .seqNoAndPrimaryTerm(true)
            .docValueField("owner");
        client.search(new SearchRequest(ModelIndex.NAME).source(page), ActionListener.wrap(found -> deletions.run(of(found, unused.get()), done), done::onFailure));
    }

    private static Iterator<DeleteRequest> of(SearchResponse found, Predicate<String> unused) {
        return Arrays.stream(found.getHits().getHits())
            .filter(hit -> unused.test(hit.field("owner").getValue()))
            .map(Sweep::version)
            .map(Deletions::of)
            .iterator();
    }

    private static DocumentVersion version(SearchHit hit) {
        return new DocumentVersion(hit.getId(), hit.getSeqNo(), hit.getPrimaryTerm());
    }
}
