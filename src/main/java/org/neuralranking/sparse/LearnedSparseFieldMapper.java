package org.neuralranking.sparse;

import java.io.IOException;
import java.util.List;
import java.util.Map;

import org.opensearch.common.Explicit;
import org.opensearch.core.xcontent.XContentParser;
import org.opensearch.index.mapper.MappedFieldType;
import org.opensearch.index.mapper.Mapper;
import org.opensearch.index.mapper.MapperParsingException;
import org.opensearch.index.mapper.MappingLookup;
import org.opensearch.index.mapper.ObjectMapper;
import org.opensearch.index.mapper.ParametrizedFieldMapper;
import org.opensearch.index.mapper.ParseContext;

/**
 * The field {@code "type": "learned_sparse"}: a sparse vector {@code {"token": weight, …}}, or a list of them, of which the document has
 * the maximum per token (MaxP over passages). {@code null} and an empty object are no value. The only parameter is {@code meta}.
 */
public final class LearnedSparseFieldMapper extends ParametrizedFieldMapper {

    public static final String CONTENT_TYPE = "learned_sparse";

    /** Stricter than the usual parser, which lets {@code store}, {@code index} and the like pass with a warning. */
    public static final Mapper.TypeParser PARSER = (name, node, context) -> {
        if (context.isWithinMultiField()) {
            throw new MapperParsingException(
                "field [" + name + "] of type [" + CONTENT_TYPE + "]: got a place in [fields], expected a field of its own"
            );
        }
        for (String parameter : node.keySet()) {
            if (parameter.equals("type") == false && parameter.equals("meta") == false) {
                throw new MapperParsingException(
                    "field [" + name + "] of type [" + CONTENT_TYPE + "]: got unknown parameter [" + parameter + "], expected only [meta]"
                );
            }
        }
        Builder builder = new Builder(name);
        builder.parse(name, context, node);
        return builder;
    };

    static final class Builder extends ParametrizedFieldMapper.Builder {
        private final Parameter<Map<String, String>> meta = Parameter.metaParam();

        Builder(String name) {
            super(name);
        }

        @Override
        protected List<Parameter<?>> getParameters() {
            return List.of(meta);
        }

        @Override
        public LearnedSparseFieldMapper build(BuilderContext context) {
            return new LearnedSparseFieldMapper(
                name,
                new LearnedSparseFieldType(buildFullName(context), meta.getValue()),
                multiFieldsBuilder.build(this, context),
                copyTo.build()
            );
        }
    }

    private LearnedSparseFieldMapper(String simpleName, MappedFieldType fieldType, MultiFields multiFields, CopyTo copyTo) {
        super(simpleName, fieldType, multiFields, copyTo);
    }

    @Override
    protected void parseCreateField(ParseContext context) throws IOException {
        XContentParser parser = context.parser();
        XContentParser.Token value = parser.currentToken();
        if (value == XContentParser.Token.VALUE_NULL) {
            return;
        }
        if (value != XContentParser.Token.START_OBJECT) {
            throw new IllegalArgumentException(
                "field [" + name() + "]: got [" + parser.textOrNull() + "], expected an object {\"token\": weight, …} or a list of them"
            );
        }
        TokenWeights.read(parser, "field [" + name() + "]", (token, weight) -> fieldOf(context).add(token, weight));
    }

    /** The document's one field, however many objects and enclosing objects its value is spread over. */
    private ImpactField fieldOf(ParseContext context) {
        ImpactField field = (ImpactField) context.doc().getByKey(name());
        if (field == null) {
            field = new ImpactField(name());
            context.doc().addWithKey(name(), field);
            createFieldNamesField(context);
        }
        return field;
    }

    /** A wrong vector is never left out silently, whatever {@code index.mapping.ignore_malformed} says. */
    @Override
    protected Explicit<Boolean> ignoreMalformed() {
        return new Explicit<>(false, false);
    }

    /** Copying the fields of nested documents into one document would add the impacts of a token instead of taking the maximum. */
    @Override
    protected void doValidate(MappingLookup mappers) {
        for (int dot = name().lastIndexOf('.'); dot > 0; dot = name().lastIndexOf('.', dot - 1)) {
            ObjectMapper parent = mappers.objectMappers().get(name().substring(0, dot));
            if (parent != null && (parent.nested().isIncludeInParent() || parent.nested().isIncludeInRoot())) {
                throw new IllegalArgumentException(
                    "field ["
                        + name()
                        + "] of type ["
                        + CONTENT_TYPE
                        + "]: got nested object ["
                        + parent.fullPath()
                        + "] with [include_in_parent] or [include_in_root], expected neither"
                );
            }
        }
    }

    @Override
    public Builder getMergeBuilder() {
        return (Builder) new Builder(simpleName()).init(this);
    }

    @Override
    protected String contentType() {
        return CONTENT_TYPE;
    }
}
