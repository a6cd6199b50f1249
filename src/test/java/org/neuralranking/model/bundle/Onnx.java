package org.neuralranking.model.bundle;

import java.util.ArrayList;
import java.util.List;

/**
 * Writes tiny ONNX models. Unless told otherwise it is one that the runtime loads: {@code input_ids} and {@code attention_mask} int64
 * [batch, tokens] in, {@code out} float [batch, tokens] out.
 */
public final class Onnx {

    /** Versions that every runtime of the last years reads. */
    static final long IR = 8;
    static final long OPSET = 17;

    public final List<Protobuf> nodes = new ArrayList<>(List.of(node("Cast", "", "input_ids", "out", Onnx.number("to", 1))));
    /** Further fields of the graph and of the model. */
    public final Protobuf graph = new Protobuf();
    final Protobuf model = new Protobuf();
    long ir = IR;
    public long opset = OPSET;

    public byte[] bytes() {
        return model().bytes();
    }

    Protobuf model() {
        Protobuf model = new Protobuf();
        if (ir != 0) {
            model.number(1, ir);
        }
        model.message(7, graph());
        if (opset != 0) {
            model.message(8, opset("", opset));
        }
        return model.fields(this.model);
    }

    Protobuf graph() {
        Protobuf graph = new Protobuf();
        nodes.forEach(node -> graph.message(1, node));
        graph.text(2, "g");
        graph.message(11, tensorInfo("input_ids", 7)).message(11, tensorInfo("attention_mask", 7));
        graph.message(12, tensorInfo("out", 1));
        return graph.fields(this.graph);
    }

    static Protobuf opset(String domain, long version) {
        return new Protobuf().text(1, domain).number(2, version);
    }

    /** [batch, tokens] */
    static Protobuf tensorInfo(String name, int type) {
        Protobuf shape = new Protobuf().message(1, new Protobuf().text(2, "batch")).message(1, new Protobuf().text(2, "tokens"));
        return new Protobuf().text(1, name).message(2, new Protobuf().message(1, new Protobuf().number(1, type).message(2, shape)));
    }

    public static Protobuf node(String operator, String domain, String input, String output, Protobuf... attributes) {
        Protobuf node = new Protobuf().text(1, input).text(2, output).text(3, "n_" + operator).text(4, operator);
        for (Protobuf attribute : attributes) {
            node.message(5, attribute);
        }
        return domain.isEmpty() ? node : node.text(7, domain);
    }

    static Protobuf number(String name, long value) {
        return new Protobuf().text(1, name).number(3, value).number(20, 2);
    }

    static Protobuf attribute(String name, int type, int field, Protobuf value) {
        return new Protobuf().text(1, name).message(field, value).number(20, type);
    }

    /** A function of one input and one output. */
    static Protobuf function(String domain, String name, Protobuf... nodes) {
        Protobuf function = new Protobuf().text(1, name).text(4, "x").text(5, "y");
        for (Protobuf node : nodes) {
            function.message(7, node);
        }
        return function.message(9, opset("", OPSET)).message(9, opset("own", 1)).text(10, domain);
    }

    static Protobuf floats(String name, long... dims) {
        Protobuf tensor = new Protobuf();
        int size = 1;
        for (long dim : dims) {
            tensor.number(1, dim);
            size *= (int) dim;
        }
        return tensor.number(2, 1).text(8, name).bytes(9, new byte[size * Float.BYTES]);
    }
}
