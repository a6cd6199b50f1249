package org.neuralranking.model.registry;

import java.io.IOException;

import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.xcontent.ToXContentFragment;
import org.opensearch.core.xcontent.XContentBuilder;

/**
 * What a node found out about a content by loading and trying it.
 *
 * @param textsPerSecond    texts of a typical length that one thread gets through
 * @param batchInvariant    whether a text gets the same answer alone, padded and in a batch
 * @param largestDifference by how much an answer moved at most
 * @param nativeBytes       memory outside the heap that is booked for it
 * @param heapBytes         heap that is booked for it
 */
public record LoadReport(double textsPerSecond, boolean batchInvariant, float largestDifference, long nativeBytes, long heapBytes)
    implements
        Writeable,
        ToXContentFragment {

    public LoadReport(StreamInput in) throws IOException {
        this(in.readDouble(), in.readBoolean(), in.readFloat(), in.readVLong(), in.readVLong());
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeDouble(textsPerSecond);
        out.writeBoolean(batchInvariant);
        out.writeFloat(largestDifference);
        out.writeVLong(nativeBytes);
        out.writeVLong(heapBytes);
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
        return builder.field("texts_per_second", Math.round(textsPerSecond * 10) / 10.0)
            .field("batch_invariant", batchInvariant)
            .field("largest_difference", largestDifference)
            .startObject("memory")
            .field("native_bytes", nativeBytes)
            .field("heap_bytes", heapBytes)
            .endObject();
    }
}
