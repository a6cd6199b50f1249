package org.neuralranking.sparse;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

import org.apache.lucene.document.FeatureField;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.MatchNoDocsQuery;
import org.apache.lucene.search.Query;
import org.neuralranking.inference.LoadedModel;
import org.neuralranking.inference.Models;
import org.neuralranking.model.ModelRef;
import org.neuralranking.model.Task;
import org.opensearch.action.ActionRunnable;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.ParsingException;
import org.opensearch.core.common.Strings;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.core.xcontent.XContentParser;
import org.opensearch.index.mapper.MappedFieldType;
import org.opensearch.index.query.AbstractQueryBuilder;
import org.opensearch.index.query.MatchNoneQueryBuilder;
import org.opensearch.index.query.QueryBuilder;
import org.opensearch.index.query.QueryRewriteContext;
import org.opensearch.index.query.QueryShardContext;
import org.opensearch.index.query.QueryShardException;
import org.opensearch.search.SearchService;
import org.opensearch.threadpool.ThreadPool;

/**
 * The query {@code learned_sparse}: the inner product of a query vector and each document's vector,
 *
 * <pre>score(q, d) = boost · ∑ q<sub>t</sub> · d<sub>t</sub>   over the tokens t of q that d has</pre>
 *
 * where d<sub>t</sub> is the weight as {@link ImpactField} keeps it, and a document without any token of q is no hit. It comes as
 *
 * <pre>
 * {"learned_sparse": {"FIELD": {"query_text": "…", "model_id": "…"}}}
 * {"learned_sparse": {"FIELD": {"tokens": {"token": weight, …}}}}
 * </pre>
 *
 * with {@code boost} and {@code _name} beside. The first form becomes the second in {@link #rewrite} on the coordinating node, once per
 * search, by exactly one version of the model, which the rewritten query names to the shards. A query without tokens matches nothing.
 *
 * <p>On a shard it is a disjunction of Lucene's linear feature queries; dynamic pruning is Lucene's (MaxScore: Turtle &amp; Flood,
 * "Query Evaluation: Strategies and Optimizations", 1995), {@code explain} and {@code profile} too.
 */
public final class LearnedSparseQueryBuilder extends AbstractQueryBuilder<LearnedSparseQueryBuilder> {

    public static final String NAME = "learned_sparse";

    /** Lucene's default for the clauses of a query, which the cluster may lower; an expanded query has tens of tokens. */
    static final int MAX_TOKENS = 1024;

    static final String QUERY_TEXT = "query_text";
    static final String MODEL_ID = "model_id";
    static final String TOKENS = "tokens";

    private final String field;
    /** what the user wrote, null once it is encoded or if he gave tokens */
    private final String queryText;
    private final String modelId;
    /** null until the text is encoded */
    private final SparseVector tokens;
    /** which model made the tokens, null if the user gave them */
    private final ModelRef model;

    /** null on a shard, where nothing is encoded */
    private final Supplier<Models> models;
    /** on the coordinating node while the model runs: gives null until it is done */
    private final Supplier<Encoded> pending;

    private record Encoded(ModelRef model, SparseVector tokens) {}

    private LearnedSparseQueryBuilder(
        String field,
        String queryText,
        String modelId,
        SparseVector tokens,
        ModelRef model,
        Supplier<Models> models,
        Supplier<Encoded> pending
    ) {
        this.field = field;
        this.queryText = queryText;
        this.modelId = modelId;
        this.tokens = tokens;
        this.model = model;
        this.models = models;
        this.pending = pending;
    }

    /** A text to encode. */
    public static LearnedSparseQueryBuilder ofText(String field, String queryText, String modelId, Supplier<Models> models) {
        requireName(field, "field");
        requireName(modelId, MODEL_ID);
        requireValue(queryText, where(field) + ": got no [" + QUERY_TEXT + "], expected one beside [" + MODEL_ID + "]");
        return new LearnedSparseQueryBuilder(field, queryText, modelId, null, null, models, null);
    }

    /**
     * Tokens that somebody encoded elsewhere.
     *
     * @param tokens as {@link TokenWeights} wants them, at most {@value #MAX_TOKENS}
     */
    public static LearnedSparseQueryBuilder ofTokens(String field, Map<String, Float> tokens) {
        requireName(field, "field");
        return new LearnedSparseQueryBuilder(field, null, null, limited(SparseVector.of(tokens), where(field)), null, null, null);
    }

    private static void requireName(String name, String what) {
        if (Strings.isNullOrEmpty(name)) {
            throw new IllegalArgumentException("[" + NAME + "] query: got no [" + what + "], expected a name");
        }
    }

    private static SparseVector limited(SparseVector tokens, String where) {
        if (tokens.size() > MAX_TOKENS) {
            throw new IllegalArgumentException(where + ": got " + tokens.size() + " tokens, expected at most " + MAX_TOKENS);
        }
        return tokens;
    }

    /** How messages of this query begin. */
    static String where(String field) {
        return "[" + NAME + "] query on field [" + field + "]";
    }

    public LearnedSparseQueryBuilder(StreamInput in, Supplier<Models> models) throws IOException {
        super(in);
        this.field = in.readString();
        this.queryText = in.readOptionalString();
        this.modelId = in.readOptionalString();
        this.tokens = in.readOptionalWriteable(SparseVector::new);
        this.model = in.readOptionalWriteable(ModelRef::new);
        this.models = models;
        this.pending = null;
    }

    @Override
    protected void doWriteTo(StreamOutput out) throws IOException {
        if (pending != null) {
            throw new IllegalStateException(where(field) + " is still being encoded, expected rewriteAndFetch before it is sent");
        }
        out.writeString(field);
        out.writeOptionalString(queryText);
        out.writeOptionalString(modelId);
        out.writeOptionalWriteable(tokens);
        out.writeOptionalWriteable(model);
    }

    @Override
    public String getWriteableName() {
        return NAME;
    }

    public String field() {
        return field;
    }

    /** The query vector, or null if the text is not encoded yet. */
    public SparseVector tokens() {
        return tokens;
    }

    /** Which version of which model made {@link #tokens()}; null if none did. */
    public ModelRef model() {
        return model;
    }

    @Override
    protected void doXContent(XContentBuilder builder, Params params) throws IOException {
        builder.startObject(NAME).startObject(field);
        if (tokens == null) {
            builder.field(QUERY_TEXT, queryText).field(MODEL_ID, modelId);
        } else {
            builder.field(TOKENS, tokens);
        }
        printBoostAndQueryName(builder);
        builder.endObject().endObject();
    }

    /** @throws ParsingException or IllegalArgumentException if a key is unknown or missing, or a value is not what it should be */
    public static LearnedSparseQueryBuilder fromXContent(XContentParser parser, Supplier<Models> models) throws IOException {
        return LearnedSparseQueryParser.parse(parser, models);
    }

    @Override
    protected QueryBuilder doRewrite(QueryRewriteContext context) {
        if (tokens != null) {
            return tokens.isEmpty() ? new MatchNoneQueryBuilder() : this;
        }
        if (pending != null) {
            Encoded encoded = pending.get();
            return encoded == null
                ? this
                : new LearnedSparseQueryBuilder(field, null, null, limited(encoded.tokens, where(field)), encoded.model, null, null);
        }
        if (context.convertToShardContext() != null) {
            throw notEncoded();
        }
        AtomicReference<Encoded> encoded = new AtomicReference<>();
        context.registerAsyncAction((client, listener) -> encode(client.threadPool(), ActionListener.wrap(result -> {
            encoded.set(result);
            listener.onResponse(null);
        }, listener::onFailure)));
        return new LearnedSparseQueryBuilder(field, queryText, modelId, null, null, models, encoded::get);
    }

    /** Tokenising takes milliseconds where the text is long: not on the transport thread that asks. */
    private void encode(ThreadPool threads, ActionListener<Encoded> listener) {
        threads.generic().execute(ActionRunnable.wrap(listener, told -> encodeHere(threads, told)));
    }

    /** Which model, then what it says: the text is encoded by the version that the id means now. */
    private void encodeHere(ThreadPool threads, ActionListener<Encoded> listener) {
        ModelRef ref = models.get().resolve(modelId, Task.SPARSE_ENCODER);
        if (queryText.isBlank()) {
            listener.onResponse(new Encoded(ref, SparseVector.EMPTY));
            return;
        }
        models.get().acquireForSearch(ref, threads.generic(), ActionListener.wrap(model -> {
            try (LoadedModel loaded = model) {
                ActionListener<List<EncodedText>> encoded = ActionListener.map(listener, texts -> new Encoded(ref, texts.getFirst().vector()));
                SparseInference.infer(loaded, List.of(queryText), true, new Handover<>(threads.generic()::execute, encoded));
            }
        }, listener::onFailure));
    }

    private IllegalArgumentException notEncoded() {
        return new IllegalArgumentException(
            where(field) + ": got [" + QUERY_TEXT + "] where no model can run, expected [" + TOKENS + "]"
        );
    }

    @Override
    protected Query doToQuery(QueryShardContext context) {
        if (tokens == null) {
            throw notEncoded();
        }
        MappedFieldType type = context.fieldMapper(field);
        if (type == null) {
            return new MatchNoDocsQuery("unmapped field [" + field + "]");
        }
        if (type instanceof LearnedSparseFieldType == false) {
            throw new QueryShardException(
                context,
                where(field) + ": got type [" + type.typeName() + "], expected [" + LearnedSparseFieldMapper.CONTENT_TYPE + "]"
            );
        }
        if (tokens.size() > IndexSearcher.getMaxClauseCount()) {
            throw new QueryShardException(
                context,
                where(field)
                    + ": got "
                    + tokens.size()
                    + " tokens, expected at most "
                    + IndexSearcher.getMaxClauseCount()
                    + ", see ["
                    + SearchService.INDICES_MAX_CLAUSE_COUNT_SETTING.getKey()
                    + "]"
            );
        }
        if (tokens.isEmpty()) {
            return new MatchNoDocsQuery("no tokens");
        }
        BooleanQuery.Builder disjunction = new BooleanQuery.Builder();
        for (int i = 0; i < tokens.size(); i++) {
            disjunction.add(impact(type.name(), tokens.tokens()[i], tokens.weights()[i]), BooleanClause.Occur.SHOULD);
        }
        return disjunction.build();
    }

    /** weight · impact, for any weight: FeatureField's own factory stops at 64, its score is the weight as a boost all the same. */
    private static Query impact(String field, String token, float weight) {
        return new BoostQuery(FeatureField.newLinearQuery(field, token, 1f), weight);
    }

    @Override
    protected boolean doEquals(LearnedSparseQueryBuilder other) {
        return field.equals(other.field)
            && Objects.equals(queryText, other.queryText)
            && Objects.equals(modelId, other.modelId)
            && Objects.equals(tokens, other.tokens)
            && Objects.equals(model, other.model)
            && Objects.equals(pending, other.pending);
    }

    @Override
    protected int doHashCode() {
        return Objects.hash(field, queryText, modelId, tokens, model, pending);
    }
}
