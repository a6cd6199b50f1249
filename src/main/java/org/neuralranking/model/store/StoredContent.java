package org.neuralranking.model.store;

import java.io.IOException;

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
 * A content and where its bytes are stored.
 *
 * @param hash    SHA-256 of the bundle's stream, lower-case hex
 * @param task    what the model does
 * @param bytes   length of the stream
 * @param storage under which its chunks lie in the model index; every registration has one of its own, so that removing one can never take
 *                the bytes of another
 * @param chunks  how many they are
 */
public record StoredContent(String hash, Task task, long bytes, String storage, int chunks) implements Writeable, ToXContentObject {

    private static final ConstructingObjectParser<StoredContent, Void> PARSER = new ConstructingObjectParser<>(
        "content",
        true, // written by a later version: keep what is understood
        fields -> new StoredContent((String) fields[0], Task.of((String) fields[1]), (long) fields[2], (String) fields[3], (int) fields[4])
    );
    static {
        PARSER.declareString(ConstructingObjectParser.constructorArg(), new ParseField("hash"));
        PARSER.declareString(ConstructingObjectParser.constructorArg(), new ParseField("task"));
        PARSER.declareLong(ConstructingObjectParser.constructorArg(), new ParseField("bytes"));
        PARSER.declareString(ConstructingObjectParser.constructorArg(), new ParseField("storage"));
        PARSER.declareInt(ConstructingObjectParser.constructorArg(), new ParseField("chunks"));
    }

    public StoredContent(StreamInput in) throws IOException {
        this(in.readString(), in.readEnum(Task.class), in.readVLong(), in.readString(), in.readVInt());
    }

    public static StoredContent parse(XContentParser parser) {
        return PARSER.apply(parser, null);
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeString(hash);
        out.writeEnum(task);
        out.writeVLong(bytes);
        out.writeString(storage);
        out.writeVInt(chunks);
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
        return builder.startObject()
            .field("hash", hash)
            .field("task", task.id())
            .field("bytes", bytes)
            .field("storage", storage)
            .field("chunks", chunks)
            .endObject();
    }
}
