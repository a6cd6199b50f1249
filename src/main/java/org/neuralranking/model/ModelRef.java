package org.neuralranking.model;

import java.io.IOException;

import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;

/**
 * One version of a model: the id that the user wrote, pinned to the content it meant when the coordinating node rewrote the request.
 * Every shard uses exactly this content, also while the id is being replaced.
 *
 * @param id   the registered id
 * @param hash SHA-256 of the bundle, lower-case hex
 */
public record ModelRef(String id, String hash) implements Writeable {

    public ModelRef(StreamInput in) throws IOException {
        this(in.readString(), in.readString());
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeString(id);
        out.writeString(hash);
    }
}
