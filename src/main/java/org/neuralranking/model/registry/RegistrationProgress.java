package org.neuralranking.model.registry;

import java.io.IOException;

import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.tasks.Task;

/**
 * How far a registration is.
 *
 * @param phase      what it does now
 * @param bytes      done in this phase
 * @param totalBytes to do in this phase, 0 if that is not known
 */
public record RegistrationProgress(String phase, long bytes, long totalBytes) implements Task.Status {
    public static final String NAME = "neural_ranking_registration";

    public RegistrationProgress(StreamInput in) throws IOException {
        this(in.readString(), in.readVLong(), in.readVLong());
    }

    @Override
    public String getWriteableName() {
        return NAME;
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeString(phase);
        out.writeVLong(bytes);
        out.writeVLong(totalBytes);
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
        return builder.startObject().field("phase", phase).field("bytes", bytes).field("total_bytes", totalBytes).endObject();
    }
}
