package org.neuralranking.stats;

import java.io.IOException;

import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.xcontent.ToXContentFragment;
import org.opensearch.core.xcontent.XContentBuilder;

/**
 * What models take of a node's memory at one moment.
 *
 * @param limitBytes  most native bytes that may be booked
 * @param nativeBytes booked outside the heap
 * @param heapBytes   booked in the heap
 * @param refused     how often more was asked for than there was
 */
public record MemoryUse(long limitBytes, long nativeBytes, long heapBytes, long refused) implements Writeable, ToXContentFragment {

    MemoryUse(StreamInput in) throws IOException {
        this(in.readVLong(), in.readVLong(), in.readVLong(), in.readVLong());
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeVLong(limitBytes);
        out.writeVLong(nativeBytes);
        out.writeVLong(heapBytes);
        out.writeVLong(refused);
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
        return builder.field("limit_bytes", limitBytes)
            .field("native_bytes", nativeBytes)
            .field("heap_bytes", heapBytes)
            .field("refused", refused);
    }
}
