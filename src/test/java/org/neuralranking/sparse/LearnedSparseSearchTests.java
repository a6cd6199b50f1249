package org.neuralranking.sparse;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

import org.apache.lucene.search.Explanation;
import org.apache.lucene.search.join.ScoreMode;
import org.opensearch.ExceptionsHelper;
import org.opensearch.action.bulk.BulkRequestBuilder;
import org.opensearch.action.bulk.BulkResponse;
import org.opensearch.action.fieldcaps.FieldCapabilities;
import org.opensearch.action.search.SearchRequestBuilder;
import org.opensearch.action.search.SearchResponse;
import org.opensearch.action.support.WriteRequest.RefreshPolicy;
import org.opensearch.common.settings.Settings;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.index.query.QueryBuilder;
import org.opensearch.index.query.QueryBuilders;
import org.opensearch.plugins.Plugin;
import org.opensearch.search.SearchHit;
import org.opensearch.test.OpenSearchSingleNodeTestCase;

/** Duel of the field and the query, on a node, against an inner product in plain Java. */
public class LearnedSparseSearchTests extends OpenSearchSingleNodeTestCase {

    private static final String MAPPING = """
        {"properties":{
          "title":{"type":"text"},
          "vector":{"type":"learned_sparse"},
          "chapters":{"type":"nested","properties":{"vector":{"type":"learned_sparse"}}}}}""";

    @Override
    protected Collection<Class<? extends Plugin>> getPlugins() {
        return List.of(LearnedSparsePlugin.class);
    }

    private void createIndex(int shards) {
        Settings settings = Settings.builder().put("index.number_of_shards", shards).put("index.number_of_replicas", 0).build();
        client().admin().indices().prepareCreate("docs").setSettings(settings).setMapping(MAPPING).get();
    }

    /** Few tokens, so that they meet, of which some are rare; weights of model-like size, now and then equal ones for ties. */
    private static Map<String, Float> randomVector(int maxTokens) {
        Map<String, Float> vector = new HashMap<>();
        for (int i = randomIntBetween(0, maxTokens); i > 0; i--) {
            int token = randomBoolean() ? randomIntBetween(0, 20) : randomIntBetween(0, 400);
            vector.put("t." + token, randomBoolean() ? randomFrom(0.5f, 1f, 2f) : (1 - randomFloat()) * 3);
        }
        return vector;
    }

    private static Map<String, Float> randomQuery() {
        Map<String, Float> query = new HashMap<>();
        for (int i = randomIntBetween(1, 30); i > 0; i--) {
            query.put("t." + randomIntBetween(0, 450), randomBoolean() ? randomFrom(1f, 100f) : (1 - randomFloat()) * 5);
        }
        return query;
    }

    private static Map<String, Float> maximum(List<Map<String, Float>> vectors) {
        Map<String, Float> maximum = new HashMap<>();
        vectors.forEach(vector -> vector.forEach((token, weight) -> maximum.merge(token, weight, Math::max)));
        return maximum;
    }

    /** What is expected of a document: the formula in the query's javadoc, or null if it is no hit. */
    private static Double score(Map<String, Float> query, Map<String, Float> document) {
        double score = 0;
        boolean hit = false;
        for (Map.Entry<String, Float> entry : query.entrySet()) {
            Float weight = document.get(entry.getKey());
            if (weight != null) {
                score += entry.getValue() * ImpactField.decode(ImpactField.encode(weight));
                hit = true;
            }
        }
        return hit ? score : null;
    }

    private static Map<String, Double> scores(Map<String, Float> query, Map<String, Map<String, Float>> documents) {
        Map<String, Double> scores = new HashMap<>();
        documents.forEach((id, vector) -> {
            Double score = score(query, vector);
            if (score != null) {
                scores.put(id, score);
            }
        });
        return scores;
    }

    private static void assertClose(String what, double expected, double got) {
        assertEquals(what, expected, got, Math.abs(expected) * 1e-6); // a float's rounding of the sum and of each product
    }

    private static void assertTopHits(Map<String, Double> expected, SearchResponse response, int size) {
        SearchHit[] hits = response.getHits().getHits();
        assertEquals(Math.min(size, expected.size()), hits.length);
        List<Double> best = expected.values().stream().sorted(Comparator.reverseOrder()).limit(size).toList();
        for (int i = 0; i < hits.length; i++) {
            assertTrue(hits[i].getId() + " is no hit", expected.containsKey(hits[i].getId()));
            assertClose("score of " + hits[i].getId(), expected.get(hits[i].getId()), hits[i].getScore());
            assertClose("score at rank " + i, best.get(i), hits[i].getScore());
        }
        assertEquals(hits.length, Set.copyOf(java.util.Arrays.stream(hits).map(SearchHit::getId).toList()).size());
    }

    /** Indexes random documents into several segments, then deletes and replaces some. */
    private Map<String, Map<String, Float>> indexRandomDocuments(int count) {
        Map<String, Map<String, Float>> documents = new TreeMap<>();
        int written = 0;
        while (written < count) {
            BulkRequestBuilder bulk = client().prepareBulk().setRefreshPolicy(RefreshPolicy.IMMEDIATE);
            for (int i = randomIntBetween(1, count); i > 0 && written < count; i--, written++) {
                String id = "d" + (randomInt(9) == 0 ? randomIntBetween(0, written) : written); // sometimes a replacement
                List<Map<String, Float>> vectors = new ArrayList<>();
                for (int v = randomFrom(0, 1, 1, 1, 3); v > 0; v--) {
                    vectors.add(randomVector(60));
                }
                bulk.add(client().prepareIndex("docs").setId(id).setSource("title", "text", "vector", vectors.size() == 1 ? vectors.getFirst() : vectors));
                documents.put(id, maximum(vectors));
            }
            assertNoFailures(bulk.get());
        }
        BulkRequestBuilder deletes = client().prepareBulk().setRefreshPolicy(RefreshPolicy.IMMEDIATE);
        for (String id : List.copyOf(documents.keySet())) {
            if (randomInt(9) == 0) {
                deletes.add(client().prepareDelete("docs", id));
                documents.remove(id);
            }
        }
        if (deletes.numberOfActions() > 0) {
            assertNoFailures(deletes.get());
        }
        return documents;
    }

    private static void assertNoFailures(BulkResponse response) {
        assertFalse(response.buildFailureMessage(), response.hasFailures());
    }

    private SearchRequestBuilder search(QueryBuilder query) {
        return client().prepareSearch("docs").setQuery(query);
    }

    public void testScoresAndTopHitsAreThoseOfBruteForce() {
        createIndex(randomIntBetween(1, 3));
        Map<String, Map<String, Float>> documents = indexRandomDocuments(randomIntBetween(1, 600));
        for (int round = 0; round < 30; round++) {
            Map<String, Float> query = randomQuery();
            Map<String, Double> expected = scores(query, documents);
            LearnedSparseQueryBuilder builder = LearnedSparseQueryBuilder.ofTokens("vector", query);

            SearchResponse all = search(builder).setSize(1000).setTrackTotalHits(true).get();
            assertEquals(expected.size(), all.getHits().getTotalHits().value());
            assertTopHits(expected, all, 1000);

            int size = randomIntBetween(1, 20);
            assertTopHits(expected, search(builder).setSize(size).setTrackTotalHits(false).get(), size); // pruned

            SearchResponse filtered = search(QueryBuilders.boolQuery().filter(builder)).setSize(0).setTrackTotalHits(true).get();
            assertEquals(expected.size(), filtered.getHits().getTotalHits().value());
        }
    }

    public void testBoostAndOtherClausesAddUp() {
        createIndex(1);
        Map<String, Map<String, Float>> documents = indexRandomDocuments(200);
        Map<String, Float> query = randomQuery();
        Map<String, Double> expected = scores(query, documents);
        expected.replaceAll((id, score) -> 2.5 * score + 7);
        QueryBuilder both = QueryBuilders.boolQuery()
            .must(LearnedSparseQueryBuilder.ofTokens("vector", query).boost(2.5f))
            .must(QueryBuilders.constantScoreQuery(QueryBuilders.termQuery("title", "text")).boost(7));
        assertTopHits(expected, search(both).setSize(10).get(), 10);
    }

    public void testTheBestChapterScoresTheBook() {
        createIndex(1);
        Map<String, List<Map<String, Float>>> books = new HashMap<>();
        BulkRequestBuilder bulk = client().prepareBulk().setRefreshPolicy(RefreshPolicy.IMMEDIATE);
        for (int i = 0; i < 100; i++) {
            List<Map<String, Float>> chapters = new ArrayList<>();
            for (int c = randomIntBetween(0, 4); c > 0; c--) {
                chapters.add(randomVector(30));
            }
            books.put("b" + i, chapters);
            List<Map<String, Object>> objects = chapters.stream().map(vector -> Map.<String, Object>of("vector", vector)).toList();
            bulk.add(client().prepareIndex("docs").setId("b" + i).setSource("chapters", objects));
        }
        assertNoFailures(bulk.get());
        Map<String, Float> query = randomQuery();
        Map<String, Double> expected = new HashMap<>();
        books.forEach((id, chapters) -> chapters.forEach(chapter -> {
            Double score = score(query, chapter);
            if (score != null) {
                expected.merge(id, score, Math::max);
            }
        }));
        QueryBuilder chapter = LearnedSparseQueryBuilder.ofTokens("chapters.vector", query);
        assertTopHits(expected, search(QueryBuilders.nestedQuery("chapters", chapter, ScoreMode.Max)).setSize(10).get(), 10);
    }

    public void testEqualScoresComeInIndexOrder() {
        createIndex(1);
        BulkRequestBuilder bulk = client().prepareBulk().setRefreshPolicy(RefreshPolicy.IMMEDIATE);
        for (int i = 0; i < 50; i++) {
            bulk.add(client().prepareIndex("docs").setId("d" + i).setSource("vector", Map.of("a", 1, "b" + i % 3, 2)));
        }
        assertNoFailures(bulk.get());
        SearchHit[] hits = search(LearnedSparseQueryBuilder.ofTokens("vector", Map.of("a", 1.5f))).setSize(10).get().getHits().getHits();
        for (int i = 0; i < 10; i++) {
            assertEquals("d" + i, hits[i].getId());
            assertEquals(1.5f, hits[i].getScore(), 0f);
        }
    }

    public void testExplainSpellsTheSumAndProfileShowsTheQuery() {
        createIndex(1);
        client().prepareIndex("docs").setId("1").setSource("vector", Map.of("cat", 2, "dog", 0.5, "cow", 1)).setRefreshPolicy(RefreshPolicy.IMMEDIATE).get();
        QueryBuilder query = LearnedSparseQueryBuilder.ofTokens("vector", Map.of("cat", 100f, "dog", 4f, "owl", 1f)).boost(0.5f).queryName("n");
        SearchResponse response = search(query).setExplain(true).setProfile(true).get();
        SearchHit hit = response.getHits().getAt(0);
        assertEquals(101f, hit.getScore(), 0f); // (100 * 2 + 4 * 0.5) * 0.5
        assertArrayEquals(new String[] { "n" }, hit.getMatchedQueries());
        Explanation explanation = hit.getExplanation();
        assertEquals(101f, explanation.getValue().floatValue(), 0f);
        assertTrue(explanation.toString(), explanation.toString().contains("Linear function on the vector field for the cat feature"));
        assertFalse(response.getProfileResults().isEmpty());
        assertTrue(client().prepareExplain("docs", "1").setQuery(query).get().isMatch());
    }

    public void testExistsFieldsAndFieldCapsWork() {
        createIndex(1);
        client().prepareIndex("docs").setId("1").setSource("vector", List.of(Map.of("a.b", 1.25), Map.of(".", 2))).get();
        client().prepareIndex("docs").setId("2").setSource("vector", Map.of()).get();
        client().prepareIndex("docs").setId("3").setSource("title", "text").setRefreshPolicy(RefreshPolicy.IMMEDIATE).get();
        SearchResponse response = search(QueryBuilders.existsQuery("vector")).addFetchField("vector").get();
        assertEquals(1, response.getHits().getTotalHits().value());
        assertEquals(List.of(Map.of("a.b", 1.25), Map.of(".", 2)), response.getHits().getAt(0).field("vector").getValues());
        FieldCapabilities caps = client().prepareFieldCaps("docs").setFields("vector").get().getField("vector").get("learned_sparse");
        assertTrue(caps.isSearchable());
        assertFalse(caps.isAggregatable());
    }

    public void testTextQueriesOnTheFieldAreToldWhichToUseAndQueriesOnAllFieldsLeaveItOut() {
        createIndex(1);
        client().prepareIndex("docs").setId("1").setSource("title", "cat", "vector", Map.of("cat", 1)).setRefreshPolicy(RefreshPolicy.IMMEDIATE).get();
        for (QueryBuilder wrong : List.of(
            QueryBuilders.matchQuery("vector", "cat"),
            QueryBuilders.termQuery("vector", "cat"),
            QueryBuilders.prefixQuery("vector", "cat")
        )) {
            Exception e = expectThrows(Exception.class, () -> search(wrong).get());
            assertEquals(RestStatus.BAD_REQUEST, ExceptionsHelper.status(e));
            String causes = ExceptionsHelper.stackTrace(e);
            assertTrue(causes, causes.contains("query, expected [learned_sparse] or [exists]"));
        }
        assertEquals(1, search(QueryBuilders.queryStringQuery("cat")).get().getHits().getTotalHits().value());
        assertEquals(1, search(QueryBuilders.simpleQueryStringQuery("cat")).get().getHits().getTotalHits().value());
    }

    public void testAVectorThatIsWrongFailsItsDocumentEvenWhereMalformedValuesAreIgnored() {
        Settings settings = Settings.builder().put("index.mapping.ignore_malformed", true).build();
        client().admin().indices().prepareCreate("docs").setSettings(settings).setMapping(MAPPING).get();
        Map<String, Object> source = new LinkedHashMap<>();
        source.put("vector", Map.of("cat", -1));
        Exception e = expectThrows(Exception.class, () -> client().prepareIndex("docs").setSource(source).get());
        assertEquals(RestStatus.BAD_REQUEST, ExceptionsHelper.status(e));
        assertTrue(ExceptionsHelper.stackTrace(e), ExceptionsHelper.stackTrace(e).contains("field [vector], token [cat]: got weight [-1]"));
    }
}
