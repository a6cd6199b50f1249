package org.neuralranking.sparse;

import java.util.List;
import java.util.Map;

import org.opensearch.index.mapper.Mapper;
import org.opensearch.plugins.MapperPlugin;
import org.opensearch.plugins.Plugin;
import org.opensearch.plugins.SearchPlugin;

/** The field and the query without models: enough for {@code tokens}. */
public final class LearnedSparsePlugin extends Plugin implements MapperPlugin, SearchPlugin {

    @Override
    public Map<String, Mapper.TypeParser> getMappers() {
        return Map.of(LearnedSparseFieldMapper.CONTENT_TYPE, LearnedSparseFieldMapper.PARSER);
    }

    @Override
    public List<QuerySpec<?>> getQueries() {
        return List.of(
            new QuerySpec<>(
                LearnedSparseQueryBuilder.NAME,
                in -> new LearnedSparseQueryBuilder(in, null),
                parser -> LearnedSparseQueryBuilder.fromXContent(parser, null)
            )
        );
    }
}
