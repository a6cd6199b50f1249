package org.neuralranking.model.bundle;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;

/**
 * An input or output of the graph.
 *
 * @param name  its name
 * @param type  ONNX element type, lower case: {@code float}, {@code int64}, …
 * @param shape one entry an axis: a size, or the name of a free axis, or {@code ?}
 */
public record TensorSpec(String name, String type, List<String> shape) implements Writeable {

    /** TensorProto.DataType by number (onnx.proto3). */
    private static final Map<Integer, String> TYPES = Map.ofEntries(
        Map.entry(1, "float"),
        Map.entry(2, "uint8"),
        Map.entry(3, "int8"),
        Map.entry(4, "uint16"),
        Map.entry(5, "int16"),
        Map.entry(6, "int32"),
        Map.entry(7, "int64"),
        Map.entry(8, "string"),
        Map.entry(9, "bool"),
        Map.entry(10, "float16"),
        Map.entry(11, "double"),
        Map.entry(16, "bfloat16")
    );

    static String typeName(int number) {
        return TYPES.getOrDefault(number, "type " + number);
    }

    public TensorSpec(StreamInput in) throws IOException {
        this(in.readString(), in.readString(), in.readStringList());
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeString(name);
        out.writeString(type);
        out.writeStringCollection(shape);
    }

    int rank() {
        return shape.size();
    }

    /** Size of the last axis, or -1 where it is free. */
    int columns() {
        if (shape.isEmpty()) {
            return -1;
        }
        try {
            return Integer.parseInt(shape.getLast());
        } catch (NumberFormatException freeAxis) {
            return -1;
        }
    }

    Map<String, Object> toMap() {
        return Map.of("name", name, "type", type, "shape", new ArrayList<>(shape));
    }

    @Override
    public String toString() {
        return name + " " + type + shape;
    }
}
