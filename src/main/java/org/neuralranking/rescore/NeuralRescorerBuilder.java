package org.neuralranking.rescore;

import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Supplier;

import org.neuralranking.model.ModelRef;
import org.neuralranking.model.Task;
import org.neuralranking.ranking.StrictParsing;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.ParseField;
import org.opensearch.core.common.ParsingException;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.xcontent.ConstructingObjectParser;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.core.xcontent.XContentParser;
import org.opensearch.index.query.QueryRewriteContext;
import org.opensearch.index.query.QueryShardContext;
import org.opensearch.search.rescore.RescoreContext;
import org.opensearch.search.rescore.RescorerBuilder;

/**
 * The {@code neural} rescorer: the window of every shard through a cross-encoder.
 *
 * <pre>
 * "rescore": {"window_size": 100, "neural": {
 *   "model_id": "ce", "query_text": "…",
 *   "document": {"fields": ["title", "overview"], "separator": ". "},
 *   "blend": {"first_stage_weight": 0, "model_weight": 1},
 *   "budget": "1s", "on_budget": "best_so_far" | "fail", "on_failure": "first_stage" | "fail",
 *   "score": "contract" | "raw" }}
 * </pre>
 */
public final class NeuralRescorerBuilder extends RescorerBuilder<NeuralRescorerBuilder> {

    public static final String NAME = "neural";

    /** What happens to a window that ran out of time. */
    enum OnBudget {
        BEST_SO_FAR,
        FAIL
    }

    /** What happens to a window that could not be rescored. */
    enum OnFailure {
        FIRST_STAGE,
        FAIL
    }

    /** On which scale the hits of a window are returned. */
    enum Score {
        /** {@link ScoreContract} */
        CONTRACT,
        /** the blended score itself */
        RAW
    }

    /** What the user wrote. */
    record Clause(
        String modelId,
        String queryText,
        DocumentText document,
        Blend blend,
        TimeValue budget, // null: the node's
        OnBudget onBudget,
        OnFailure onFailure, // null: by score
        Score score
    ) {
        Clause {
            if (modelId.isBlank()) {
                throw new IllegalArgumentException("[neural] rescorer: got an empty [model_id], expected the id of a registered model");
            }
            if (queryText.isBlank()) {
                throw new IllegalArgumentException("[neural] rescorer: got an empty [query_text], expected the user's query");
            }
            if (score == Score.RAW && (budget != null || onFailure == OnFailure.FIRST_STAGE)) {
                throw new IllegalArgumentException(
                    "[neural] rescorer: got [score] = [raw] with " + (budget != null ? "[budget]" : "[on_failure] = [first_stage]")
                        + ", expected [contract]: raw scores cannot be compared with the first-stage scores of what was not rescored"
                );
            }
            if (budget != null && budget.nanos() <= 0) {
                throw new IllegalArgumentException("[neural] rescorer: got [budget] = " + budget + ", expected more than 0");
            }
        }

        /** Keeping first-stage scores beside raw ones lets a shard that failed win the merge, so raw fails unless told otherwise. */
        OnFailure effectiveOnFailure() {
            return onFailure != null ? onFailure : score == Score.RAW ? OnFailure.FAIL : OnFailure.FIRST_STAGE;
        }

        /** For the same reason the node's own budget, which nobody asked for, must not mix raw scores with others. */
        OnBudget effectiveOnBudget() {
            return score == Score.RAW && budget == null ? OnBudget.FAIL : onBudget;
        }

        String whyBudgetFails() {
            return onBudget == OnBudget.FAIL ? "[on_budget] is [fail]" : "[score] is [raw]";
        }
    }

    private static final ConstructingObjectParser<Clause, Void> PARSER = new ConstructingObjectParser<>(
        NAME,
        fields -> new Clause(
            (String) fields[0],
            (String) fields[1],
            (DocumentText) fields[2],
            fields[3] == null ? Blend.MODEL_ALONE : (Blend) fields[3],
            fields[4] == null ? null : time("budget", (String) fields[4]),
            fields[5] == null ? OnBudget.BEST_SO_FAR : choice(OnBudget.class, "on_budget", (String) fields[5]),
            fields[6] == null ? null : choice(OnFailure.class, "on_failure", (String) fields[6]),
            fields[7] == null ? Score.CONTRACT : choice(Score.class, "score", (String) fields[7])
        )
    );
    static {
        PARSER.declareString(ConstructingObjectParser.constructorArg(), new ParseField("model_id"));
        PARSER.declareString(ConstructingObjectParser.constructorArg(), new ParseField("query_text"));
        PARSER.declareObject(ConstructingObjectParser.constructorArg(), DocumentText.PARSER, new ParseField("document"));
        PARSER.declareObject(ConstructingObjectParser.optionalConstructorArg(), Blend.PARSER, new ParseField("blend"));
        PARSER.declareString(ConstructingObjectParser.optionalConstructorArg(), new ParseField("budget"));
        PARSER.declareString(ConstructingObjectParser.optionalConstructorArg(), new ParseField("on_budget"));
        PARSER.declareString(ConstructingObjectParser.optionalConstructorArg(), new ParseField("on_failure"));
        PARSER.declareString(ConstructingObjectParser.optionalConstructorArg(), new ParseField("score"));
    }

    private final Clause clause;
    private final ModelRef model; // null until rewritten
    private final Supplier<RescoreServices> services;

    private NeuralRescorerBuilder(Clause clause, ModelRef model, Supplier<RescoreServices> services) {
        this.clause = clause;
        this.model = model;
        this.services = services;
    }

    public NeuralRescorerBuilder(StreamInput in, Supplier<RescoreServices> services) throws IOException {
        super(in);
        this.clause = new Clause(
            in.readString(),
            in.readString(),
            new DocumentText(in),
            new Blend(in),
            in.readOptionalTimeValue(),
            in.readEnum(OnBudget.class),
            in.readBoolean() ? in.readEnum(OnFailure.class) : null,
            in.readEnum(Score.class)
        );
        this.model = in.readOptionalWriteable(ModelRef::new);
        this.services = services;
    }

    /** @throws ParsingException (400) for what is unknown, missing or out of range */
    public static NeuralRescorerBuilder parse(XContentParser parser, Supplier<RescoreServices> services) {
        return new NeuralRescorerBuilder(StrictParsing.parse(PARSER, parser), null, services);
    }

    private static <E extends Enum<E>> E choice(Class<E> type, String key, String value) {
        for (E constant : type.getEnumConstants()) {
            if (name(constant).equals(value)) {
                return constant;
            }
        }
        throw new IllegalArgumentException(
            "[neural] rescorer: got [" + key + "] = [" + value + "], expected one of "
                + Arrays.stream(type.getEnumConstants()).map(NeuralRescorerBuilder::name).toList()
        );
    }

    private static TimeValue time(String key, String value) {
        try {
            return TimeValue.parseTimeValue(value, key);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("[neural] rescorer: got [" + key + "] = [" + value + "], expected a time such as [500ms] or [2s]", e);
        }
    }

    private static String name(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    @Override
    protected void doWriteTo(StreamOutput out) throws IOException {
        out.writeString(clause.modelId);
        out.writeString(clause.queryText);
        clause.document.writeTo(out);
        clause.blend.writeTo(out);
        out.writeOptionalTimeValue(clause.budget);
        out.writeEnum(clause.onBudget);
        out.writeBoolean(clause.onFailure != null);
        if (clause.onFailure != null) {
            out.writeEnum(clause.onFailure);
        }
        out.writeEnum(clause.score);
        out.writeOptionalWriteable(model);
    }

    @Override
    protected void doXContent(XContentBuilder builder, Params params) throws IOException {
        builder.startObject(NAME);
        builder.field("model_id", clause.modelId);
        builder.field("query_text", clause.queryText);
        builder.field("document", clause.document);
        builder.field("blend", clause.blend);
        if (clause.budget != null) {
            builder.field("budget", clause.budget.getStringRep());
        }
        builder.field("on_budget", name(clause.onBudget));
        if (clause.onFailure != null) {
            builder.field("on_failure", name(clause.onFailure));
        }
        builder.field("score", name(clause.score));
        builder.endObject();
    }

    @Override
    public String getWriteableName() {
        return NAME;
    }

    /** On the coordinating node: the model's present content is pinned, for all shards. */
    @Override
    public RescorerBuilder<NeuralRescorerBuilder> rewrite(QueryRewriteContext context) {
        if (model != null) {
            return this;
        }
        ModelRef pinned = services.get().models().resolve(clause.modelId, Task.CROSS_ENCODER);
        NeuralRescorerBuilder rewritten = new NeuralRescorerBuilder(clause, pinned, services);
        if (windowSize != null) {
            rewritten.windowSize(windowSize);
        }
        return rewritten;
    }

    /** Called twice a shard, in the query and in the fetch phase: cheap. */
    @Override
    protected RescoreContext innerBuildContext(int windowSize, QueryShardContext context) {
        if (windowSize < 1) {
            throw new IllegalArgumentException("[neural] rescorer: got [window_size] = " + windowSize + ", expected at least 1");
        }
        if (context.getMapperService().documentMapper() != null && context.getMapperService().documentMapper().sourceMapper().enabled() == false) {
            throw new IllegalArgumentException(
                "[neural] rescorer: got index [" + context.index().getName() + "] with _source disabled, expected one with the fields "
                    + clause.document.fields() + " in _source"
            );
        }
        RescoreServices node = services.get();
        TimeValue budget = clause.budget != null ? clause.budget : node.settings().budget();
        return new NeuralRescoreContext(windowSize, new NeuralRescorer(node), clause, model, budget.nanos());
    }

    @Override
    public boolean equals(Object other) {
        return super.equals(other)
            && other instanceof NeuralRescorerBuilder that
            && clause.equals(that.clause)
            && Objects.equals(model, that.model);
    }

    @Override
    public int hashCode() {
        return Objects.hash(super.hashCode(), clause, model);
    }
}
