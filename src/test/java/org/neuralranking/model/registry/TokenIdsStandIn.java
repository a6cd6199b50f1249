package org.neuralranking.model.registry;

import java.util.List;
import java.util.Map;

import org.opensearch.index.mapper.KeywordFieldMapper;
import org.opensearch.index.mapper.Mapper;
import org.opensearch.index.mapper.ParametrizedFieldMapper;
import org.opensearch.index.mapper.ParseContext;
import org.opensearch.plugins.MapperPlugin;
import org.opensearch.plugins.Plugin;

/** A field type that takes a {@code model_id}, and does nothing, until the plugin has one. */
public final class TokenIdsStandIn extends Plugin implements MapperPlugin {
    private static final String TYPE = "token_ids";

    @Override
    public Map<String, Mapper.TypeParser> getMappers() {
        return Map.of(TYPE, new ParametrizedFieldMapper.TypeParser((name, context) -> new Builder(name)));
    }

    private static final class Builder extends ParametrizedFieldMapper.Builder {
        private final ParametrizedFieldMapper.Parameter<String> model = ParametrizedFieldMapper.Parameter.stringParam(
            "model_id",
            true,
            mapper -> ((TokenIdsMapper) mapper).model,
            null
        );

        Builder(String name) {
            super(name);
        }

        @Override
        protected List<ParametrizedFieldMapper.Parameter<?>> getParameters() {
            return List.of(model);
        }

        @Override
        public TokenIdsMapper build(Mapper.BuilderContext context) {
            return new TokenIdsMapper(this, context);
        }
    }

    private static final class TokenIdsMapper extends ParametrizedFieldMapper {
        private final String model;

        TokenIdsMapper(TokenIdsStandIn.Builder builder, BuilderContext context) {
            super(
                builder.name(),
                new KeywordFieldMapper.KeywordFieldType(context.path().pathAsText(builder.name())),
                MultiFields.empty(),
                CopyTo.empty()
            );
            model = builder.model.getValue();
        }

        @Override
        protected void parseCreateField(ParseContext context) {}

        @Override
        public Builder getMergeBuilder() {
            return new TokenIdsStandIn.Builder(simpleName()).init(this);
        }

        @Override
        protected String contentType() {
            return TYPE;
        }
    }
}
