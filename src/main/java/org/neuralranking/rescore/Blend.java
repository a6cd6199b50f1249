package org.neuralranking.rescore;

import java.io.IOException;

import org.opensearch.core.ParseField;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.xcontent.ConstructingObjectParser;
import org.opensearch.core.xcontent.ToXContentObject;
import org.opensearch.core.xcontent.XContentBuilder;

/**
 * How the two stages become one score: {@code firstStageWeight * first-stage score + modelWeight * logit}.
 *
 * @param firstStageWeight finite, ≥ 0; by default 0
 * @param modelWeight      finite, &gt; 0; by default 1
 */
record Blend(float firstStageWeight, float modelWeight) implements Writeable, ToXContentObject {

    static final Blend MODEL_ALONE = new Blend(0, 1);

    static final ConstructingObjectParser<Blend, Void> PARSER = new ConstructingObjectParser<>(
        "blend",
        fields -> new Blend(
            fields[0] == null ? MODEL_ALONE.firstStageWeight : (Float) fields[0],
            fields[1] == null ? MODEL_ALONE.modelWeight : (Float) fields[1]
        )
    );
    static {
        PARSER.declareFloat(ConstructingObjectParser.optionalConstructorArg(), new ParseField("first_stage_weight"));
        PARSER.declareFloat(ConstructingObjectParser.optionalConstructorArg(), new ParseField("model_weight"));
    }

    Blend {
        if (Float.isFinite(firstStageWeight) == false || firstStageWeight < 0) {
            throw new IllegalArgumentException("[neural] rescorer: got [blend.first_stage_weight] = " + firstStageWeight + ", expected a finite number >= 0");
        }
        if (Float.isFinite(modelWeight) == false || modelWeight <= 0) {
            throw new IllegalArgumentException("[neural] rescorer: got [blend.model_weight] = " + modelWeight + ", expected a finite number > 0");
        }
    }

    Blend(StreamInput in) throws IOException {
        this(in.readFloat(), in.readFloat());
    }

    /** Finite also as a float, whatever the weights. */
    double of(float firstStage, float logit) {
        double blended = (double) firstStageWeight * firstStage + (double) modelWeight * logit;
        return Math.max(-Float.MAX_VALUE, Math.min(Float.MAX_VALUE, blended));
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeFloat(firstStageWeight);
        out.writeFloat(modelWeight);
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
        return builder.startObject().field("first_stage_weight", firstStageWeight).field("model_weight", modelWeight).endObject();
    }
}
