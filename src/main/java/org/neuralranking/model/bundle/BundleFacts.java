package org.neuralranking.model.bundle;

import java.io.IOException;
import java.util.List;

import org.neuralranking.model.Batching;
import org.neuralranking.model.Task;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.xcontent.ToXContentFragment;
import org.opensearch.core.xcontent.XContentBuilder;

/**
 * What detection found in a bundle.
 *
 * @param task           what the model does
 * @param inputs         what the graph must be fed
 * @param output         the one output that is read
 * @param vocabularySize columns of a sparse encoder's output; {@code vocab_size} of config.json for other tasks, 0 if it says none
 * @param maxTokens      longest input, special tokens included
 * @param queryWeights   whether {@code idf.json} gives query weights without inference
 * @param bytes          size of the bundle's files
 * @param batching       what {@code neural-ranking.json} says of batches
 */
public record BundleFacts(
    Task task,
    List<TensorSpec> inputs,
    TensorSpec output,
    int vocabularySize,
    int maxTokens,
    boolean queryWeights,
    long bytes,
    Batching batching
) implements Writeable, ToXContentFragment {

    public BundleFacts(StreamInput in) throws IOException {
        this(
            in.readEnum(Task.class),
            in.readList(TensorSpec::new),
            new TensorSpec(in),
            in.readVInt(),
            in.readVInt(),
            in.readBoolean(),
            in.readVLong(),
            in.readEnum(Batching.class)
        );
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeEnum(task);
        out.writeList(inputs);
        output.writeTo(out);
        out.writeVInt(vocabularySize);
        out.writeVInt(maxTokens);
        out.writeBoolean(queryWeights);
        out.writeVLong(bytes);
        out.writeEnum(batching);
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
        builder.field("task", task.id());
        builder.startArray("inputs");
        for (TensorSpec input : inputs) {
            builder.map(input.toMap());
        }
        builder.endArray();
        builder.field("output", output.toMap());
        builder.field("vocabulary_size", vocabularySize);
        builder.field("max_tokens", maxTokens);
        builder.field("query_weights", queryWeights);
        builder.field("bytes", bytes);
        return batching == Batching.AUTO ? builder : builder.field("batching", batching.id());
    }
}
