package org.neuralranking.model.registry;

import java.io.IOException;

import org.neuralranking.model.ModelRef;
import org.neuralranking.model.Task;
import org.opensearch.core.ParseField;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.xcontent.ConstructingObjectParser;
import org.opensearch.core.xcontent.ToXContentObject;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.core.xcontent.XContentParser;

/**
 * What the cluster state says of one id.
 *
 * @param ref   id and content
 * @param task  what the model does
 * @param path  directory of the bundle below config/neural-ranking/models on every node
 */
public record ModelEntry(ModelRef ref, Task task, String path) implements Writeable, ToXContentObject {

    private static final ConstructingObjectParser<ModelEntry, Void> PARSER = new ConstructingObjectParser<>(
        "model",
        true, // written by a later version: keep what is understood
        fields -> new ModelEntry(new ModelRef((String) fields[0], (String) fields[1]), Task.of((String) fields[2]), (String) fields[3])
    );
    static {
        PARSER.declareString(ConstructingObjectParser.constructorArg(), new ParseField("id"));
        PARSER.declareString(ConstructingObjectParser.constructorArg(), new ParseField("hash"));
        PARSER.declareString(ConstructingObjectParser.constructorArg(), new ParseField("task"));
        PARSER.declareString(ConstructingObjectParser.constructorArg(), new ParseField("path"));
    }

    public ModelEntry(StreamInput in) throws IOException {
        this(new ModelRef(in), in.readEnum(Task.class), in.readString());
    }

    static ModelEntry parse(XContentParser parser) {
        return PARSER.apply(parser, null);
    }

    public String id() {
        return ref.id();
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        ref.writeTo(out);
        out.writeEnum(task);
        out.writeString(path);
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
        return builder.startObject()
            .field("id", ref.id())
            .field("hash", ref.hash())
            .field("task", task.id())
            .field("path", path)
            .endObject();
    }
}
