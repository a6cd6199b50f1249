package org.neuralranking.sparse;

import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.apache.lucene.document.FeatureField;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.MatchNoDocsQuery;
import org.apache.lucene.search.Query;
import org.opensearch.ExceptionsHelper;
import org.opensearch.common.compress.CompressedXContent;
import org.opensearch.common.io.stream.BytesStreamOutput;
import org.opensearch.index.mapper.MapperService;
import org.opensearch.index.query.BaseQueryRewriteContext;
import org.opensearch.index.query.MatchNoneQueryBuilder;
import org.opensearch.index.query.QueryBuilder;
import org.opensearch.index.query.QueryRewriteContext;
import org.opensearch.index.query.QueryShardContext;
import org.opensearch.index.query.QueryShardException;
import org.opensearch.plugins.Plugin;
import org.opensearch.test.AbstractQueryTestCase;
import org.opensearch.test.TestGeoShapeFieldMapperPlugin;

public class LearnedSparseQueryBuilderTests extends AbstractQueryTestCase<LearnedSparseQueryBuilder> {

    private static final String FIELD = "body_sparse";

    @Override
    protected Collection<Class<? extends Plugin>> getPlugins() {
        return List.of(LearnedSparsePlugin.class, TestGeoShapeFieldMapperPlugin.class); // the parent maps a geo_shape
    }

    @Override
    protected void initializeAdditionalMappings(MapperService mapperService) throws IOException {
        String mapping = "{\"properties\":{\"" + FIELD + "\":{\"type\":\"learned_sparse\"}}}";
        mapperService.merge(MapperService.SINGLE_MAPPING_NAME, new CompressedXContent(mapping), MapperService.MergeReason.MAPPING_UPDATE);
    }

    @Override
    protected LearnedSparseQueryBuilder doCreateTestQueryBuilder() {
        Map<String, Float> tokens = new HashMap<>();
        for (int i = randomIntBetween(1, 40); i > 0; i--) {
            tokens.put(randomRealisticUnicodeOfLengthBetween(1, 8), 200 * (1 - randomFloat()) + Float.MIN_NORMAL);
        }
        return LearnedSparseQueryBuilder.ofTokens(randomBoolean() ? FIELD : "unmapped", tokens);
    }

    @Override
    protected void doAssertLuceneQuery(LearnedSparseQueryBuilder builder, Query query, QueryShardContext context) {
        if (context.fieldMapper(builder.field()) == null) {
            assertTrue(query.toString(), query instanceof MatchNoDocsQuery);
            return;
        }
        List<BooleanClause> clauses = ((BooleanQuery) query).clauses();
        assertEquals(builder.tokens().size(), clauses.size());
        for (int i = 0; i < clauses.size(); i++) {
            assertEquals(BooleanClause.Occur.SHOULD, clauses.get(i).occur());
            BoostQuery clause = (BoostQuery) clauses.get(i).query();
            assertEquals(builder.tokens().weights()[i], clause.getBoost(), 0f);
            assertEquals(FeatureField.newLinearQuery(FIELD, builder.tokens().tokens()[i], 1f), clause.getQuery());
        }
    }

    private static String json(String body) {
        return "{\"learned_sparse\":{\"" + FIELD + "\":" + body + "}}";
    }

    private String refusal(String json) {
        Exception e = expectThrows(Exception.class, () -> parseQuery(json));
        assertEquals(e.toString(), 400, ExceptionsHelper.status(e).getStatus());
        return e.getMessage();
    }

    public void testTextAndModelAreParsedAndPrintedAsTheUserWroteThem() throws IOException {
        String json = json("{\"query_text\":\"how are you\",\"model_id\":\"m\",\"boost\":2.0,\"_name\":\"n\"}");
        LearnedSparseQueryBuilder query = (LearnedSparseQueryBuilder) parseQuery(json);
        assertNull(query.tokens());
        checkGeneratedJson(json, query);
        assertSerialization(query);
    }

    public void testTokensAreParsedAndPrintedHeaviestFirst() throws IOException {
        LearnedSparseQueryBuilder query = (LearnedSparseQueryBuilder) parseQuery(json("{\"tokens\":{\"a.b\":1,\"c\":0.25,\".\":300}}"));
        assertEquals(SparseVector.of(Map.of("a.b", 1f, "c", 0.25f, ".", 300f)), query.tokens());
        checkGeneratedJson(json("{\"tokens\":{\".\":300.0,\"a.b\":1.0,\"c\":0.25},\"boost\":1.0}"), query);
    }

    public void testAQueryIsEitherATextOrTokens() {
        String either = "expected either [query_text] with [model_id] or [tokens]";
        for (String body : List.of(
            "{}",
            "{\"query_text\":\"x\"}",
            "{\"model_id\":\"m\"}",
            "{\"model_id\":\"m\",\"tokens\":{\"a\":1}}",
            "{\"query_text\":\"x\",\"model_id\":\"m\",\"tokens\":{\"a\":1}}"
        )) {
            String reason = refusal(json(body));
            assertTrue(reason, reason.contains(either));
        }
        assertEquals("[learned_sparse] query: got no [model_id], expected a name", refusal(json("{\"query_text\":\"x\",\"model_id\":\"\"}")));
    }

    public void testUnknownKeysAndWrongTypesAreRefused() {
        assertTrue(refusal(json("{\"tokens\":{\"a\":1},\"k\":10}")).contains("got unknown key [k], expected [query_text, model_id, tokens"));
        assertTrue(refusal(json("{\"tokens\":[\"a\"]}")).contains("got [START_ARRAY] for [tokens], expected [START_OBJECT]"));
        assertTrue(refusal(json("{\"query_text\":5,\"model_id\":\"m\"}")).contains("for [query_text], expected [VALUE_STRING]"));
        assertTrue(refusal(json("\"text\"")).contains("for [" + FIELD + "], expected [START_OBJECT]"));
        assertTrue(refusal("{\"learned_sparse\":{}}").contains("got no field, expected one"));
        assertTrue(
            refusal("{\"learned_sparse\":{\"a\":{\"tokens\":{\"x\":1}},\"b\":{\"tokens\":{\"x\":1}}}}").contains("multiple fields")
        );
    }

    public void testQueryWeightsAreFiniteNumbersAboveZero() {
        for (String bad : List.of("0", "-1", "1e39", "\"1\"", "null", "true")) {
            String reason = refusal(json("{\"tokens\":{\"cat\":" + bad + "}}"));
            assertTrue(reason, reason.contains("[learned_sparse] query on field [" + FIELD + "], token [cat]: got weight ["));
        }
    }

    public void testThereAreAtMost1024Tokens() throws IOException {
        StringBuilder tokens = new StringBuilder("\"t0\":1");
        for (int i = 1; i < 1024; i++) {
            tokens.append(",\"t").append(i).append("\":1");
        }
        LearnedSparseQueryBuilder query = (LearnedSparseQueryBuilder) parseQuery(json("{\"tokens\":{" + tokens + "}}"));
        assertEquals(1024, ((BooleanQuery) query.toQuery(createShardContext())).clauses().size());
        String reason = refusal(json("{\"tokens\":{" + tokens + ",\"one more\":1}}"));
        assertTrue(reason, reason.contains("got more than 1024 tokens, expected at most that many"));
    }

    public void testFewerClausesThanTokensAreAnErrorThatNamesTheSetting() throws IOException {
        int before = IndexSearcher.getMaxClauseCount();
        IndexSearcher.setMaxClauseCount(2);
        try {
            QueryBuilder query = LearnedSparseQueryBuilder.ofTokens(FIELD, Map.of("a", 1f, "b", 1f, "c", 1f));
            QueryShardException e = expectThrows(QueryShardException.class, () -> query.toQuery(createShardContext()));
            assertEquals(
                "[learned_sparse] query on field [body_sparse]: got 3 tokens, expected at most 2, see [indices.query.bool.max_clause_count]",
                e.getMessage()
            );
        } finally {
            IndexSearcher.setMaxClauseCount(before);
        }
    }

    public void testNoTokensMatchNothing() throws IOException {
        QueryBuilder query = parseQuery(json("{\"tokens\":{},\"_name\":\"n\"}"));
        QueryBuilder rewritten = query.rewrite(createShardContext());
        assertTrue(rewritten instanceof MatchNoneQueryBuilder);
        assertEquals("n", rewritten.queryName());
    }

    public void testOtherFieldTypesAreRefused() {
        QueryBuilder query = LearnedSparseQueryBuilder.ofTokens(TEXT_FIELD_NAME, Map.of("a", 1f));
        QueryShardException e = expectThrows(QueryShardException.class, () -> query.toQuery(createShardContext()));
        assertEquals("[learned_sparse] query on field [mapped_string]: got type [text], expected [learned_sparse]", e.getMessage());
    }

    public void testATextThatNobodyEncodedIsRefusedOnAShard() {
        QueryBuilder query = LearnedSparseQueryBuilder.ofText(FIELD, "text", "m", null);
        expectThrows(IllegalArgumentException.class, () -> query.toQuery(createShardContext()));
        expectThrows(IllegalArgumentException.class, () -> query.rewrite(createShardContext()));
    }

    public void testAQueryThatIsBeingEncodedIsNotSent() throws IOException {
        QueryBuilder waiting = LearnedSparseQueryBuilder.ofText(FIELD, "text", "m", null).rewrite(createQueryRewriteContext());
        assertSame(waiting, waiting.rewrite(createQueryRewriteContext()));
        expectThrows(IllegalStateException.class, () -> waiting.writeTo(new BytesStreamOutput()));
    }

    private static QueryRewriteContext createQueryRewriteContext() {
        return new BaseQueryRewriteContext(null, null, null, () -> 0);
    }
}
