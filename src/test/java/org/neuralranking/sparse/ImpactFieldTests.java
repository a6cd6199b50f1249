package org.neuralranking.sparse;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.apache.lucene.analysis.core.WhitespaceAnalyzer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.FeatureField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.PostingsEnum;
import org.apache.lucene.index.Terms;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.TopScoreDocCollectorManager;
import org.apache.lucene.search.TotalHits;
import org.apache.lucene.store.Directory;
import org.apache.lucene.util.BytesRef;
import org.opensearch.test.OpenSearchTestCase;

public class ImpactFieldTests extends OpenSearchTestCase {

    /** A weight of any magnitude. */
    private static float randomWeight() {
        float weight = Float.intBitsToFloat(randomIntBetween(Float.floatToIntBits(Float.MIN_NORMAL), Float.floatToIntBits(Float.MAX_VALUE)));
        assertTrue(TokenWeights.isWeight(weight));
        return weight;
    }

    public void testDecodingLosesLessThanOne256thAndNeverGains() {
        for (int i = 0; i < 100_000; i++) {
            float weight = randomWeight();
            float read = ImpactField.decode(ImpactField.encode(weight));
            assertTrue(weight + " is read as " + read, read <= weight && read >= (double) weight * (1 - 1.0 / 256));
        }
    }

    public void testEncodingKeepsTheOrderOfWeights() {
        for (int i = 0; i < 100_000; i++) {
            float one = randomWeight();
            float other = randomBoolean() ? randomWeight() : Math.nextUp(one);
            int order = Float.compare(one, other);
            int encodedOrder = Integer.compare(ImpactField.encode(one), ImpactField.encode(other));
            assertTrue(one + " and " + other, encodedOrder == 0 || encodedOrder == order);
        }
    }

    public void testTheSmallestAndTheLargestWeightHaveFrequencies() {
        assertEquals(256, ImpactField.encode(Float.MIN_NORMAL));
        assertEquals(65_279, ImpactField.encode(Float.MAX_VALUE));
        assertEquals(Float.MIN_NORMAL, ImpactField.decode(256), 0f);
    }

    public void testPostingsAreWhatFeatureFieldWrites() throws Exception {
        int documents = randomIntBetween(1, 200);
        try (Directory directory = newDirectory()) {
            try (IndexWriter writer = new IndexWriter(directory, new IndexWriterConfig(new WhitespaceAnalyzer()))) {
                for (int i = 0; i < documents; i++) {
                    Map<String, Float> vector = new HashMap<>();
                    for (int t = randomIntBetween(0, 50); t > 0; t--) {
                        vector.put("t" + randomIntBetween(0, 80), randomWeight());
                    }
                    Document document = new Document();
                    ImpactField impacts = new ImpactField("ours");
                    vector.forEach(impacts::add);
                    document.add(impacts);
                    vector.forEach((token, weight) -> document.add(new FeatureField("lucene", token, weight)));
                    writer.addDocument(document);
                }
                writer.forceMerge(1);
            }
            try (DirectoryReader reader = DirectoryReader.open(directory)) {
                Terms ours = reader.leaves().getFirst().reader().terms("ours");
                Terms lucene = reader.leaves().getFirst().reader().terms("lucene");
                if (lucene == null) {
                    assertNull(ours);
                    return;
                }
                assertEquals(lucene.size(), ours.size());
                assertEquals(lucene.getSumTotalTermFreq(), ours.getSumTotalTermFreq());
                assertFalse(ours.hasPositions());
                TermsEnum expected = lucene.iterator();
                TermsEnum got = ours.iterator();
                for (BytesRef term = expected.next(); term != null; term = expected.next()) {
                    assertEquals(term, got.next());
                    PostingsEnum expectedPostings = expected.postings(null, PostingsEnum.FREQS);
                    PostingsEnum gotPostings = got.postings(null, PostingsEnum.FREQS);
                    while (expectedPostings.nextDoc() != DocIdSetIterator.NO_MORE_DOCS) {
                        assertEquals(expectedPostings.docID(), gotPostings.nextDoc());
                        assertEquals(expectedPostings.freq(), gotPostings.freq());
                    }
                    assertEquals(DocIdSetIterator.NO_MORE_DOCS, gotPostings.nextDoc());
                }
            }
        }
    }

    public void testImpactsLetLuceneSkipDocumentsThatCannotCompete() throws Exception {
        int documents = 20_000;
        try (Directory directory = newFSDirectory(createTempDir())) {
            try (IndexWriter writer = new IndexWriter(directory, new IndexWriterConfig(new WhitespaceAnalyzer()))) {
                for (int i = 0; i < documents; i++) {
                    ImpactField impacts = new ImpactField("f");
                    impacts.add("a", randomFloat() + 0.1f);
                    impacts.add("b", randomFloat() + 0.1f);
                    writer.addDocument(List.of(impacts));
                }
                writer.forceMerge(1);
            }
            try (DirectoryReader reader = DirectoryReader.open(directory)) {
                Query query = new BooleanQuery.Builder().add(FeatureField.newLinearQuery("f", "a", 2), BooleanClause.Occur.SHOULD)
                    .add(FeatureField.newLinearQuery("f", "b", 3), BooleanClause.Occur.SHOULD)
                    .build();
                TotalHits hits = new IndexSearcher(reader).search(query, new TopScoreDocCollectorManager(10, 10)).totalHits;
                assertEquals(TotalHits.Relation.GREATER_THAN_OR_EQUAL_TO, hits.relation());
                assertTrue(hits + " of " + documents, hits.value() < documents / 2);
            }
        }
    }

    public void testOfSeveralWeightsTheLargestStays() {
        ImpactField field = new ImpactField("f");
        field.add("a", 1);
        field.add("a", 3);
        field.add("a", 2);
        assertEquals(Map.of("a", 3f), field.weights());
    }

    public void testAsManyTokensAsLuceneCanCountFitAndNotOneMore() throws Exception {
        ImpactField field = new ImpactField("f");
        for (int i = 0; i < ImpactField.MAX_TOKENS; i++) {
            field.add("t" + i, Float.MAX_VALUE);
        }
        try (
            Directory directory = newDirectory();
            IndexWriter writer = new IndexWriter(directory, new IndexWriterConfig(new WhitespaceAnalyzer()))
        ) {
            Document document = new Document();
            document.add(field);
            writer.addDocument(document);
        }
        IllegalArgumentException e = expectThrows(IllegalArgumentException.class, () -> field.add("one more", 1));
        assertEquals("field [f]: got more than 32897 tokens in one document, expected at most that many", e.getMessage());
    }
}
