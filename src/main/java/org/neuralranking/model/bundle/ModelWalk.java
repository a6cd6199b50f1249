package org.neuralranking.model.bundle;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Goes once through every message of an ONNX model (onnx.proto3; the numbers are its field numbers) that could name something outside the
 * file or cost the runtime more than the file's size suggests: graphs inside attributes, functions, tensors wherever they may stand.
 * <p>
 * Memory: the names of the graph's inputs and outputs, and what {@link Operators} keeps. Time: linear in the file, without the weights.
 */
final class ModelWalk {

    /** Graphs nest through the attributes of If, Loop and Scan; real exports stay below five. */
    private static final int MAX_DEPTH = 16;
    private static final int MAX_INPUTS_OR_OUTPUTS = 1000;
    private static final int MAX_NAME_BYTES = ValueInfo.MAX_NAME_BYTES;
    /**
     * Most nodes, attributes, graphs and tensors together. The largest exports have some hundred thousand; each costs the runtime about a
     * kilobyte, however short it is in the file.
     */
    private static final int MAX_PARTS = 2_000_000;

    private final String where;
    private final Operators operators;
    private final TensorChecks tensors;
    private int parts;

    ModelWalk(String where) {
        this.where = where;
        this.operators = new Operators(where);
        this.tensors = new TensorChecks(where);
    }

    GraphSignature model(ProtobufReader model) throws IOException {
        GraphSignature graph = null;
        long irVersion = 0;
        boolean opset = false;
        Operators.Body main = operators.body();
        while (model.hasNext()) {
            switch (model.nextField()) {
                case 1 -> irVersion = model.varint();
                case 7 -> graph = signature(model.only("graph"), main);
                case 8 -> {
                    opset(model.message());
                    opset = true;
                }
                case 20 -> trainingInfo(model.message());
                case 25 -> function(model.message());
                default -> model.skip();
            }
        }
        if (graph == null || opset == false || irVersion == 0) {
            String missing = graph == null ? "graph" : opset ? "ir_version" : "opset_import";
            throw new BundleException(where + " is not an ONNX model: got no " + missing + ", expected one");
        }
        if (irVersion < 0 || irVersion > RuntimeVersions.IR) {
            throw new BundleException(where + ": got IR version " + irVersion + ", expected 1 to " + RuntimeVersions.IR);
        }
        operators.check(main);
        return graph;
    }

    private void opset(ProtobufReader opset) throws IOException {
        String domain = "";
        long version = 0;
        while (opset.hasNext()) {
            switch (opset.nextField()) {
                case 1 -> domain = opset.string(MAX_NAME_BYTES);
                case 2 -> version = opset.varint();
                default -> opset.skip();
            }
        }
        Long newest = RuntimeVersions.OPSETS.get(domain); // others are named for the model's own functions, or for nothing
        if (newest != null && (version < 1 || version > newest)) {
            throw new BundleException(
                where + ": got opset " + version + " of [" + (domain.isEmpty() ? "ai.onnx" : domain) + "], expected 1 to " + newest
            );
        }
    }

    private void trainingInfo(ProtobufReader info) throws IOException {
        while (info.hasNext()) {
            switch (info.nextField()) {
                case 1 -> graph(info.only("initialization"), 1, operators.body());
                case 2 -> graph(info.only("algorithm"), 1, operators.body());
                default -> info.skip();
            }
        }
    }

    private void function(ProtobufReader function) throws IOException {
        part();
        String name = "";
        String domain = "";
        String overload = "";
        Operators.Body body = operators.body();
        while (function.hasNext()) {
            switch (function.nextField()) {
                case 1 -> name = function.string(MAX_NAME_BYTES);
                case 7 -> node(function.message(), 1, body);
                case 9 -> opset(function.message());
                case 10 -> domain = function.string(MAX_NAME_BYTES);
                case 11 -> attribute(function.message(), 1, body);
                case 13 -> overload = function.string(MAX_NAME_BYTES);
                default -> function.skip();
            }
        }
        operators.defined(domain, name, overload, body);
    }

    /** The model's own graph: inputs and outputs first, so that of the initializers only names that are inputs need to be kept. */
    private GraphSignature signature(ProtobufReader graph, Operators.Body body) throws IOException {
        List<TensorSpec> inputs = new ArrayList<>();
        List<TensorSpec> outputs = new ArrayList<>();
        ProtobufReader ends = graph.again();
        while (ends.hasNext()) {
            switch (ends.nextField()) {
                case 11 -> add(inputs, ValueInfo.read(ends.message(), where), "inputs");
                case 12 -> add(outputs, ValueInfo.read(ends.message(), where), "outputs");
                default -> ends.skip();
            }
        }
        Set<String> names = unique(inputs, "inputs");
        unique(outputs, "outputs");
        Set<String> initialized = new HashSet<>();
        walk(graph, 0, body, name -> {
            if (names.contains(name)) {
                initialized.add(name);
            }
        });
        // before IR version 4 initializers were listed as inputs, too
        inputs.removeIf(input -> initialized.contains(input.name()));
        return new GraphSignature(List.copyOf(inputs), List.copyOf(outputs));
    }

    private void add(List<TensorSpec> specs, TensorSpec spec, String kind) {
        if (specs.size() == MAX_INPUTS_OR_OUTPUTS) {
            throw new BundleException(where + ": got more than " + MAX_INPUTS_OR_OUTPUTS + " " + kind + ", expected no more");
        }
        specs.add(spec);
    }

    private Set<String> unique(List<TensorSpec> specs, String kind) {
        Set<String> names = new HashSet<>();
        for (TensorSpec spec : specs) {
            if (names.add(spec.name()) == false) {
                throw new BundleException(where + ": got two " + kind + " with the name [" + spec.name() + "], expected different names");
            }
        }
        return names;
    }

    private void graph(ProtobufReader graph, int depth, Operators.Body body) throws IOException {
        part();
        if (depth > MAX_DEPTH) {
            throw new BundleException(where + ": got graphs nested deeper than " + MAX_DEPTH + ", expected no more");
        }
        walk(graph, depth, body, name -> {});
    }

    private void walk(ProtobufReader graph, int depth, Operators.Body body, Consumer<String> initializer) throws IOException {
        while (graph.hasNext()) {
            switch (graph.nextField()) {
                case 1 -> node(graph.message(), depth, body);
                case 5 -> initializer.accept(tensor(graph.message()));
                case 15 -> initializer.accept(sparseTensor(graph.message()));
                default -> graph.skip();
            }
        }
    }

    private void node(ProtobufReader node, int depth, Operators.Body body) throws IOException {
        part();
        String name = "";
        String operator = "";
        String domain = "";
        String overload = "";
        while (node.hasNext()) {
            switch (node.nextField()) {
                case 3 -> name = node.string(MAX_NAME_BYTES);
                case 4 -> operator = node.string(MAX_NAME_BYTES);
                case 5 -> attribute(node.message(), depth, body);
                case 7 -> domain = node.string(MAX_NAME_BYTES);
                case 8 -> overload = node.string(MAX_NAME_BYTES);
                default -> node.skip();
            }
        }
        operators.used(domain, operator, overload, name, body);
    }

    private void attribute(ProtobufReader attribute, int depth, Operators.Body body) throws IOException {
        part();
        while (attribute.hasNext()) {
            switch (attribute.nextField()) {
                case 5 -> tensor(attribute.only("t"));
                case 6 -> graph(attribute.only("g"), depth + 1, body);
                case 10 -> tensor(attribute.message());
                case 11 -> graph(attribute.message(), depth + 1, body);
                case 22 -> sparseTensor(attribute.only("sparse_tensor"));
                case 23 -> sparseTensor(attribute.message());
                default -> attribute.skip();
            }
        }
    }

    private String tensor(ProtobufReader tensor) throws IOException {
        part();
        return tensors.check(tensor);
    }

    private String sparseTensor(ProtobufReader tensor) throws IOException {
        part();
        return tensors.checkSparse(tensor);
    }

    private void part() {
        if (++parts > MAX_PARTS) {
            throw new BundleException(where + ": got more than " + MAX_PARTS + " nodes, attributes and tensors, expected no more");
        }
    }
}
