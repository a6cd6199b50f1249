package org.neuralranking.stats;

import java.io.IOException;

import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.xcontent.ToXContentFragment;
import org.opensearch.core.xcontent.XContentBuilder;

/**
 * {@link ModelStats} at one moment.
 *
 * @param latencyMillis p50, p95, p99 and maximum of the time from submission to the last result, in milliseconds
 */
public record Snapshot(
    long requests,
    long texts,
    long tokens,
    long batches,
    long failed,
    long rejected,
    long dropped,
    long truncated,
    int queue,
    long runMillis,
    double[] latencyMillis
) implements Writeable, ToXContentFragment {

    Snapshot(StreamInput in) throws IOException {
        this(
            in.readVLong(),
            in.readVLong(),
            in.readVLong(),
            in.readVLong(),
            in.readVLong(),
            in.readVLong(),
            in.readVLong(),
            in.readVLong(),
            in.readVInt(),
            in.readVLong(),
            in.readDoubleArray()
        );
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeVLong(requests);
        out.writeVLong(texts);
        out.writeVLong(tokens);
        out.writeVLong(batches);
        out.writeVLong(failed);
        out.writeVLong(rejected);
        out.writeVLong(dropped);
        out.writeVLong(truncated);
        out.writeVInt(queue);
        out.writeVLong(runMillis);
        out.writeDoubleArray(latencyMillis);
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
        return builder.field("requests", requests)
            .field("texts", texts)
            .field("tokens", tokens)
            .field("batches", batches)
            .field("failed", failed)
            .field("rejected", rejected)
            .field("dropped", dropped)
            .field("truncated", truncated)
            .field("queue", queue)
            .field("run_millis", runMillis)
            .startObject("latency_millis")
            .field("p50", latencyMillis[0])
            .field("p95", latencyMillis[1])
            .field("p99", latencyMillis[2])
            .field("max", latencyMillis[3])
            .endObject();
    }
}
