package org.neuralranking.model.bundle;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What must be known of an ONNX file before native code sees it: inputs, outputs, and that it refers to no other file.
 * Read in pure Java from onnx.proto3; weights are skipped, not read.
 *
 * @param inputs  inputs that a caller must feed: those without an initializer
 * @param outputs outputs, in graph order
 */
record GraphSignature(List<TensorSpec> inputs, List<TensorSpec> outputs) {

    private static final int MAX_NAME_BYTES = 4096;
    /** Graphs nest through the attributes of If, Loop and Scan; real exports stay below five. */
    private static final int MAX_DEPTH = 16;
    private static final int MAX_TENSORS = 1000;
    private static final long EXTERNAL = 1; // TensorProto.DataLocation

    static GraphSignature read(Path file) throws IOException {
        String where = file.getFileName().toString();
        try (SeekableByteChannel channel = Files.newByteChannel(file)) {
            if (channel.size() == 0) {
                throw new BundleException(where + " is not an ONNX model: got an empty file, expected a graph");
            }
            return model(ProtobufReader.over(channel, where), where);
        }
    }

    private static GraphSignature model(ProtobufReader model, String where) throws IOException {
        GraphSignature graph = null;
        boolean opset = false;
        while (model.hasNext()) {
            int field = model.nextField();
            switch (field) {
                case 7 -> graph = graph(model.message(), where, 0);
                case 20 -> trainingInfo(model.message(), where);
                case 25 -> function(model.message(), where);
                default -> {
                    opset |= field == 8;
                    model.skip();
                }
            }
        }
        if (graph == null || opset == false) {
            throw new BundleException(where + " is not an ONNX model: got no " + (graph == null ? "graph" : "opset_import") + ", expected one");
        }
        return graph;
    }

    private static void trainingInfo(ProtobufReader info, String where) throws IOException {
        while (info.hasNext()) {
            switch (info.nextField()) {
                case 1, 2 -> graph(info.message(), where, 1);
                default -> info.skip();
            }
        }
    }

    private static void function(ProtobufReader function, String where) throws IOException {
        while (function.hasNext()) {
            switch (function.nextField()) {
                case 7 -> node(function.message(), where, 1);
                case 11 -> attribute(function.message(), where, 1);
                default -> function.skip();
            }
        }
    }

    private static GraphSignature graph(ProtobufReader graph, String where, int depth) throws IOException {
        if (depth > MAX_DEPTH) {
            throw new BundleException(where + ": got graphs nested deeper than " + MAX_DEPTH + ", expected no more");
        }
        List<TensorSpec> inputs = new ArrayList<>();
        List<TensorSpec> outputs = new ArrayList<>();
        Set<String> initialized = new HashSet<>();
        while (graph.hasNext()) {
            switch (graph.nextField()) {
                case 1 -> node(graph.message(), where, depth);
                case 5 -> initialized.add(tensor(graph.message(), where));
                case 11 -> inputs.add(valueInfo(graph.message()));
                case 12 -> outputs.add(valueInfo(graph.message()));
                case 15 -> sparseTensor(graph.message(), where);
                default -> graph.skip();
            }
            if (inputs.size() > MAX_TENSORS || outputs.size() > MAX_TENSORS) {
                throw new BundleException(where + ": got more than " + MAX_TENSORS + " inputs or outputs, expected no more");
            }
        }
        // before IR version 4 initializers were listed as inputs, too
        inputs.removeIf(input -> initialized.contains(input.name()));
        return new GraphSignature(List.copyOf(inputs), List.copyOf(outputs));
    }

    private static void node(ProtobufReader node, String where, int depth) throws IOException {
        while (node.hasNext()) {
            if (node.nextField() == 5) {
                attribute(node.message(), where, depth);
            } else {
                node.skip();
            }
        }
    }

    private static void attribute(ProtobufReader attribute, String where, int depth) throws IOException {
        while (attribute.hasNext()) {
            switch (attribute.nextField()) {
                case 5, 10 -> tensor(attribute.message(), where);
                case 6, 11 -> graph(attribute.message(), where, depth + 1);
                case 22, 23 -> sparseTensor(attribute.message(), where);
                default -> attribute.skip();
            }
        }
    }

    private static void sparseTensor(ProtobufReader tensor, String where) throws IOException {
        while (tensor.hasNext()) {
            switch (tensor.nextField()) {
                case 1, 2 -> tensor(tensor.message(), where);
                default -> tensor.skip();
            }
        }
    }

    /** Returns the tensor's name. */
    private static String tensor(ProtobufReader tensor, String where) throws IOException {
        String name = "";
        boolean external = false;
        while (tensor.hasNext()) {
            int field = tensor.nextField();
            if (field == 8) {
                name = tensor.string(MAX_NAME_BYTES);
            } else if (field == 14 && tensor.is(ProtobufReader.VARINT)) {
                external |= tensor.varint() == EXTERNAL;
            } else {
                external |= field == 13;
                tensor.skip();
            }
        }
        if (external) {
            throw new BundleException(where + ": got tensor [" + name + "] with its data in another file, expected a self-contained model");
        }
        return name;
    }

    private static TensorSpec valueInfo(ProtobufReader info) throws IOException {
        String name = "";
        TensorSpec type = new TensorSpec("", "unknown", List.of());
        while (info.hasNext()) {
            switch (info.nextField()) {
                case 1 -> name = info.string(MAX_NAME_BYTES);
                case 2 -> type = type(info.message());
                default -> info.skip();
            }
        }
        return new TensorSpec(name, type.type(), type.shape());
    }

    private static TensorSpec type(ProtobufReader type) throws IOException {
        String element = "not a tensor";
        List<String> shape = new ArrayList<>();
        while (type.hasNext()) {
            if (type.nextField() != 1) {
                type.skip();
                continue;
            }
            ProtobufReader tensor = type.message();
            while (tensor.hasNext()) {
                switch (tensor.nextField()) {
                    case 1 -> element = TensorSpec.typeName((int) tensor.varint());
                    case 2 -> shape(tensor.message(), shape);
                    default -> tensor.skip();
                }
            }
        }
        return new TensorSpec("", element, shape);
    }

    private static void shape(ProtobufReader shape, List<String> axes) throws IOException {
        while (shape.hasNext()) {
            if (shape.nextField() != 1) {
                shape.skip();
                continue;
            }
            ProtobufReader dimension = shape.message();
            String axis = "?";
            while (dimension.hasNext()) {
                switch (dimension.nextField()) {
                    case 1 -> axis = Long.toString(dimension.varint());
                    case 2 -> axis = dimension.string(MAX_NAME_BYTES);
                    default -> dimension.skip();
                }
            }
            axes.add(axis);
            if (axes.size() > MAX_TENSORS) {
                throw new BundleException("model.onnx: got a tensor of more than " + MAX_TENSORS + " axes, expected no more");
            }
        }
    }
}
