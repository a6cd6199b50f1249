package org.neuralranking.model.store;

import java.util.Iterator;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.opensearch.action.bulk.BulkRequest;
import org.opensearch.action.delete.DeleteRequest;
import org.opensearch.core.action.ActionListener;
import org.opensearch.transport.client.Client;

/** Deletes any number of documents in requests of bounded size, one after the other. What cannot be deleted is left to the next sweep. */
final class Deletions {

    /** A delete is an id of some dozen bytes. */
    static final int MOST_A_REQUEST = 1000;

    private static final Logger LOGGER = LogManager.getLogger(Deletions.class);

    private final Client client;

    Deletions(Client client) {
        this.client = client;
    }

    static DeleteRequest of(DocumentVersion version) {
        return new DeleteRequest(ModelIndex.NAME, version.id()).setIfSeqNo(version.seqNo()).setIfPrimaryTerm(version.primaryTerm());
    }

    void run(Iterator<DeleteRequest> deletes, ActionListener<Void> done) {
        BulkRequest bulk = new BulkRequest();
        while (deletes.hasNext() && bulk.numberOfActions() < MOST_A_REQUEST) {
            bulk.add(deletes.next());
        }
        if (bulk.numberOfActions() == 0) {
            done.onResponse(null);
            return;
        }
        client.bulk(bulk, ActionListener.wrap(deleted -> {
            if (deleted.hasFailures()) {
                LOGGER.debug("some documents of [{}] stay for now: {}", ModelIndex.NAME, deleted.buildFailureMessage());
            }
            run(deletes, done);
        }, done::onFailure));
    }
}
