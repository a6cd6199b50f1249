package org.neuralranking.model.bundle;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Reads onnx.proto3's ValueInfoProto: name, element type and shape of an input or output. */
final class ValueInfo {

    static final int MAX_NAME_BYTES = 4096;
    /** Text models have three axes; the runtime itself gives up long before this. */
    private static final int MAX_AXES = 100;

    private ValueInfo() {}

    static TensorSpec read(ProtobufReader info, String where) throws IOException {
        String name = "";
        TensorSpec type = new TensorSpec("", "unknown", List.of());
        while (info.hasNext()) {
            switch (info.nextField()) {
                case 1 -> name = info.string(MAX_NAME_BYTES);
                case 2 -> type = type(info.only("type"), where);
                default -> info.skip();
            }
        }
        return new TensorSpec(name, type.type(), type.shape());
    }

    private static TensorSpec type(ProtobufReader type, String where) throws IOException {
        TensorSpec found = new TensorSpec("", "not a tensor", List.of());
        int values = 0;
        while (type.hasNext()) {
            switch (type.nextField()) {
                case 1 -> {
                    found = tensor(type.only("tensor_type"), where);
                    values++;
                }
                case 4, 5, 7, 8, 9 -> { // sequence, map, opaque, sparse tensor, optional
                    type.skip();
                    values++;
                }
                default -> type.skip();
            }
        }
        if (values > 1) {
            throw new BundleException(where + ": got an input or output of " + values + " types, expected one type");
        }
        return found;
    }

    private static TensorSpec tensor(ProtobufReader tensor, String where) throws IOException {
        String element = "unknown";
        List<String> axes = new ArrayList<>();
        while (tensor.hasNext()) {
            switch (tensor.nextField()) {
                case 1 -> element = TensorSpec.typeName((int) tensor.varint());
                case 2 -> shape(tensor.only("shape"), axes, where);
                default -> tensor.skip();
            }
        }
        return new TensorSpec("", element, axes);
    }

    private static void shape(ProtobufReader shape, List<String> axes, String where) throws IOException {
        while (shape.hasNext()) {
            if (shape.nextField() != 1) {
                shape.skip();
                continue;
            }
            axes.add(axis(shape.message()));
            if (axes.size() > MAX_AXES) {
                throw new BundleException(where + ": got a tensor of more than " + MAX_AXES + " axes, expected no more");
            }
        }
    }

    private static String axis(ProtobufReader dimension) throws IOException {
        String axis = "?";
        while (dimension.hasNext()) {
            switch (dimension.nextField()) {
                case 1 -> axis = Long.toString(dimension.varint());
                case 2 -> axis = dimension.string(MAX_NAME_BYTES);
                default -> dimension.skip();
            }
        }
        return axis;
    }
}
