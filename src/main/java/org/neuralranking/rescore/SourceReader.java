package org.neuralranking.rescore;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;

import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.ReaderUtil;
import org.apache.lucene.index.StoredFields;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.util.BytesRef;
import org.opensearch.core.common.bytes.BytesArray;
import org.opensearch.search.lookup.SourceLookup;

/** Reads texts from {@code _source}, through the searcher that the user's rights give. */
final class SourceReader {

    private SourceReader() {}

    /**
     * @param docs  global document ids, in any order
     * @param check runs before each document; may throw to stop
     * @return [docs] the values of each, an empty list where a document has none
     */
    static List<List<String>> read(int[] docs, DocumentText text, IndexSearcher searcher, Runnable check) throws IOException {
        List<List<String>> values = new ArrayList<>(Collections.nCopies(docs.length, List.of()));
        List<LeafReaderContext> leaves = searcher.getIndexReader().leaves();
        // stored fields are compressed in blocks: in document order no block is opened twice
        long[] byDoc = new long[docs.length];
        for (int i = 0; i < docs.length; i++) {
            byDoc[i] = (long) docs[i] << 32 | i;
        }
        Arrays.sort(byDoc);
        LeafReaderContext leaf = null;
        StoredFields stored = null;
        for (long entry : byDoc) {
            check.run();
            int doc = (int) (entry >>> 32);
            if (leaf == null || doc >= leaf.docBase + leaf.reader().maxDoc()) {
                leaf = leaves.get(ReaderUtil.subIndex(doc, leaves));
                stored = leaf.reader().storedFields();
            }
            BytesRef source = stored.document(doc - leaf.docBase, Set.of("_source")).getBinaryValue("_source");
            if (source != null) {
                values.set((int) entry, text.values(SourceLookup.sourceAsMap(new BytesArray(source))));
            }
        }
        return values;
    }
}
