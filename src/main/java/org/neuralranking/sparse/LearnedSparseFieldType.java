package org.neuralranking.sparse;

import java.time.ZoneId;
import java.util.Map;

import org.apache.lucene.search.MultiTermQuery;
import org.apache.lucene.search.Query;
import org.opensearch.common.geo.ShapeRelation;
import org.opensearch.common.time.DateMathParser;
import org.opensearch.common.unit.Fuzziness;
import org.opensearch.core.index.Index;
import org.opensearch.index.mapper.MappedFieldType;
import org.opensearch.index.mapper.SourceValueFetcher;
import org.opensearch.index.mapper.TextSearchInfo;
import org.opensearch.index.mapper.ValueFetcher;
import org.opensearch.index.query.QueryShardContext;
import org.opensearch.index.query.QueryShardException;
import org.opensearch.search.lookup.SearchLookup;

/** How a {@code learned_sparse} field is searched: by the query of the same name and by {@code exists}; all others are refused. */
final class LearnedSparseFieldType extends MappedFieldType {

    LearnedSparseFieldType(String name, Map<String, String> meta) {
        super(name, true, false, false, TextSearchInfo.NONE, meta);
    }

    @Override
    public String typeName() {
        return LearnedSparseFieldMapper.CONTENT_TYPE;
    }

    @Override
    public ValueFetcher valueFetcher(QueryShardContext context, SearchLookup searchLookup, String format) {
        return SourceValueFetcher.identity(name(), context, format);
    }

    /** A QueryShardException, by which {@code query_string} over all fields knows to leave this one out. */
    private QueryShardException refuse(String query, QueryShardContext context) {
        String message = "field ["
            + name()
            + "] of type ["
            + typeName()
            + "]: got a ["
            + query
            + "] query, expected ["
            + LearnedSparseQueryBuilder.NAME
            + "] or [exists]";
        return context == null ? new QueryShardException((Index) null, message, null) : new QueryShardException(context, message);
    }

    @Override
    public Query termQuery(Object value, QueryShardContext context) {
        throw refuse("term", context);
    }

    @Override
    public Query termQueryCaseInsensitive(Object value, QueryShardContext context) {
        throw refuse("term", context);
    }

    @Override
    public Query rangeQuery(
        Object lower,
        Object upper,
        boolean includeLower,
        boolean includeUpper,
        ShapeRelation relation,
        ZoneId timeZone,
        DateMathParser parser,
        QueryShardContext context
    ) {
        throw refuse("range", context);
    }

    @Override
    public Query fuzzyQuery(
        Object value,
        Fuzziness fuzziness,
        int prefixLength,
        int maxExpansions,
        boolean transpositions,
        MultiTermQuery.RewriteMethod method,
        QueryShardContext context
    ) {
        throw refuse("fuzzy", context);
    }

    @Override
    public Query prefixQuery(String value, MultiTermQuery.RewriteMethod method, boolean caseInsensitive, QueryShardContext context) {
        throw refuse("prefix", context);
    }

    @Override
    public Query wildcardQuery(String value, MultiTermQuery.RewriteMethod method, boolean caseInsensitive, QueryShardContext context) {
        throw refuse("wildcard", context);
    }

    @Override
    public Query normalizedWildcardQuery(String value, MultiTermQuery.RewriteMethod method, QueryShardContext context) {
        throw refuse("wildcard", context);
    }

    @Override
    public Query regexpQuery(
        String value,
        int syntaxFlags,
        int matchFlags,
        int maxDeterminizedStates,
        MultiTermQuery.RewriteMethod method,
        QueryShardContext context
    ) {
        throw refuse("regexp", context);
    }
}
