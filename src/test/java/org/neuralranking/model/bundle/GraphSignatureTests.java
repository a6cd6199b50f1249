package org.neuralranking.model.bundle;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

import org.opensearch.test.OpenSearchTestCase;

/** One wrong thing in a graph that is otherwise right, and what is said of it. */
public class GraphSignatureTests extends OpenSearchTestCase {

    private static final int T = 5;
    private static final int G = 6;
    private static final int SPARSE = 22;

    private GraphSignature read(byte[] model) throws IOException {
        return GraphSignature.read(new InMemory(model), "model.onnx");
    }

    private GraphSignature read(Consumer<Onnx> change) throws IOException {
        Onnx model = new Onnx();
        change.accept(model);
        return read(model.bytes());
    }

    private void refused(String reason, Consumer<Onnx> change) {
        refused(reason, bytes(change));
    }

    private void refused(String reason, byte[] model) {
        BundleException refused = expectThrows(BundleException.class, () -> read(model));
        assertEquals(reason, refused.getMessage());
    }

    private static byte[] bytes(Consumer<Onnx> change) {
        Onnx model = new Onnx();
        change.accept(model);
        return model.bytes();
    }

    public void testInputsAndOutputs() throws IOException {
        GraphSignature signature = read(model -> {});
        assertEquals("[input_ids int64[batch, tokens], attention_mask int64[batch, tokens]]", signature.inputs().toString());
        assertEquals("[out float[batch, tokens]]", signature.outputs().toString());
    }

    public void testAnInitializedInputNeedNotBeFedWhereverItsDataStands() throws IOException {
        GraphSignature signature = read(model -> model.graph.message(5, Onnx.floats("w", 2)).message(11, Onnx.tensorInfo("w", 1)));
        assertEquals(2, signature.inputs().size());
        Protobuf sparse = new Protobuf().message(1, Onnx.floats("s", 1)).number(3, 4);
        signature = read(model -> model.graph.message(15, sparse).message(11, Onnx.tensorInfo("s", 1)));
        assertEquals(2, signature.inputs().size());
    }

    public void testVersionsBeyondTheRuntime() throws IOException {
        read(model -> model.ir = RuntimeVersions.IR);
        refused("model.onnx: got IR version 14, expected 1 to 13", model -> model.ir = 14);
        refused("model.onnx: got IR version -1, expected 1 to 13", model -> model.ir = -1);
        refused("model.onnx is not an ONNX model: got no ir_version, expected one", model -> model.ir = 0);
        read(model -> model.opset = 26);
        refused("model.onnx: got opset 27 of [ai.onnx], expected 1 to 26", model -> model.opset = 27);
        refused("model.onnx: got opset 27 of [ai.onnx], expected 1 to 26", model -> model.model.message(8, Onnx.opset("ai.onnx", 27)));
        refused("model.onnx: got opset -9 of [ai.onnx], expected 1 to 26", model -> model.opset = -9);
        refused("model.onnx: got opset 6 of [ai.onnx.ml], expected 1 to 5", model -> model.model.message(8, Onnx.opset("ai.onnx.ml", 6)));
        refused("model.onnx: got opset 2 of [com.microsoft], expected 1 to 1", model -> model.model.message(8, Onnx.opset("com.microsoft", 2)));
        refused("model.onnx is not an ONNX model: got no opset_import, expected one", model -> model.opset = 0);
        refused(
            "model.onnx: got opset 99 of [ai.onnx], expected 1 to 26",
            model -> model.model.message(25, Onnx.function("own", "F").message(9, Onnx.opset("", 99)))
        );
        read(model -> model.model.message(8, Onnx.opset("some.other", 1000))); // imported and never used
    }

    public void testOperatorsOfTheRuntimeAndOfTheModelItself() throws IOException {
        for (String domain : List.of("", "ai.onnx", "ai.onnx.ml", "com.microsoft")) {
            read(model -> model.nodes.add(Onnx.node("Anything", domain, "input_ids", "t")));
        }
        Protobuf call = Onnx.node("F", "own", "input_ids", "t");
        read(model -> {
            model.nodes.add(call);
            model.model.message(25, Onnx.function("own", "F", Onnx.node("Abs", "", "x", "y")));
        });
        String expected = ", expected one of the domains ai.onnx, ai.onnx.ml and com.microsoft, or one that the model itself defines";
        refused("model.onnx: got operator [own:F] in node [n_F]" + expected, model -> model.nodes.add(call));
        refused("model.onnx: got operator [own:F] in node [n_F]" + expected, model -> {
            model.nodes.add(call);
            model.model.message(25, Onnx.function("own", "G"));
            model.model.message(25, Onnx.function("Own", "F"));
            model.model.message(25, Onnx.function("own", "F").text(13, "overload"));
        });
        for (String domain : List.of("ai.onnx.contrib", "org.pytorch.aten", "com.microsoft.nchwc", "ai.onnx.training", "Com.Microsoft", "com.microsoft ")) {
            refused("model.onnx: got operator [" + domain + ":F] in node [n_F]" + expected, model -> model.nodes.add(Onnx.node("F", domain, "x", "y")));
        }
    }

    public void testAForeignOperatorIsFoundWhereverItHides() {
        String reason = "model.onnx: got operator [evil:F] in node [n_F], expected one of the domains ai.onnx, ai.onnx.ml and com.microsoft, or one that the model itself defines";
        Protobuf evil = Onnx.node("F", "evil", "x", "y");
        Protobuf graph = new Protobuf().message(1, evil);
        refused(reason, model -> model.nodes.add(Onnx.node("If", "", "x", "y", Onnx.attribute("then_branch", 5, G, graph))));
        refused(reason, model -> model.nodes.add(Onnx.node("If", "", "x", "y", new Protobuf().text(1, "graphs").message(11, graph))));
        refused(reason, model -> model.model.message(25, Onnx.function("own", "G", evil)));
        refused(
            reason,
            model -> model.model.message(25, Onnx.function("own", "G").message(11, Onnx.attribute("default", 5, G, graph)))
        );
        refused(reason, model -> model.model.message(20, new Protobuf().message(1, graph)));
        refused(reason, model -> model.model.message(20, new Protobuf().message(2, graph)));
    }

    public void testOperatorsThatReachOutsideTheGraph() {
        for (String operator : List.of("EPContext", "Snpe", "PythonOp", "PythonOpGrad", "TritonOp", "ATenOp", "Send", "Recv", "AllReduce", "DistributedMatMul")) {
            String reason = "model.onnx: got operator [com.microsoft:" + operator + "] in node [n_" + operator + "], expected no operator that reaches outside the graph";
            Protobuf node = Onnx.node(operator, "com.microsoft", "x", "y");
            refused(reason, model -> model.nodes.add(node));
            refused(reason, model -> model.model.message(25, Onnx.function("own", "F", node)));
        }
    }

    public void testFunctionsKeepToTheirOwnNames() {
        for (String domain : List.of("", "ai.onnx")) {
            refused(
                "model.onnx: got a function [Relu] in the runtime's own domain [ai.onnx], expected functions in domains of their own",
                model -> model.model.message(25, Onnx.function(domain, "Relu"))
            );
        }
        refused(
            "model.onnx: got a function [EPContext] in the runtime's own domain [com.microsoft], expected functions in domains of their own",
            model -> model.model.message(25, Onnx.function("com.microsoft", "EPContext"))
        );
        refused(
            "model.onnx: got function [own:F] twice, expected it once",
            model -> model.model.message(25, Onnx.function("own", "F")).message(25, Onnx.function("own", "F"))
        );
    }

    /** F0 calls F1 {@code calls} times, F1 calls F2 so many times, ... */
    private static Consumer<Onnx> functions(int depth, int calls) {
        return model -> {
            for (int f = 0; f < depth; f++) {
                Protobuf[] nodes = new Protobuf[calls];
                for (int i = 0; i < calls; i++) {
                    nodes[i] = f == depth - 1 ? Onnx.node("Abs", "", "x", "y") : Onnx.node("F" + (f + 1), "own", "x", "y");
                }
                model.model.message(25, Onnx.function("own", "F" + f, nodes));
            }
            model.nodes.add(Onnx.node("F0", "own", "x", "y"));
        };
    }

    public void testFunctionsNeitherCallThemselvesNorGrowWithoutEnd() throws IOException {
        refused(
            "model.onnx: got function [own:F] that calls itself, expected none that does",
            model -> model.model.message(25, Onnx.function("own", "F", Onnx.node("F", "own", "x", "y")))
        );
        BundleException cycle = expectThrows(
            BundleException.class,
            () -> read(
                model -> model.model.message(25, Onnx.function("own", "F", Onnx.node("G", "own", "x", "y")))
                    .message(25, Onnx.function("own", "G", Onnx.node("F", "own", "x", "y")))
            )
        );
        assertTrue(cycle.getMessage(), cycle.getMessage().matches("model.onnx: got function \\[own:[FG]\\] that calls itself, expected none that does"));
        read(functions(64, 1));
        refused("model.onnx: got functions that call each other deeper than 64, expected no deeper", functions(66, 1));
        refused("model.onnx: got functions that call each other deeper than 64, expected no deeper", functions(3000, 1));
        read(functions(16, 2));
        for (int depth : new int[] { 20, 40, 63 }) {
            refused("model.onnx: got more than 500000 nodes with functions copied to where they are called, expected no more", functions(depth, 2));
        }
    }

    private static Protobuf nested(int depth) {
        Protobuf graph = new Protobuf().message(1, Onnx.node("Abs", "", "x", "y"));
        for (int i = 1; i < depth; i++) {
            graph = new Protobuf().message(1, Onnx.node("If", "", "x", "y", Onnx.attribute("then_branch", 5, G, graph)));
        }
        return Onnx.node("If", "", "x", "y", Onnx.attribute("then_branch", 5, G, graph));
    }

    public void testGraphsNestOnlySoDeep() throws IOException {
        read(model -> model.nodes.add(nested(16)));
        refused("model.onnx: got graphs nested deeper than 16, expected no more", model -> model.nodes.add(nested(17)));
        refused("model.onnx: got graphs nested deeper than 16, expected no more", model -> model.nodes.add(nested(300)));
        refused(
            "model.onnx: got graphs nested deeper than 16, expected no more",
            model -> model.model.message(25, Onnx.function("own", "F", nested(16)))
        );
    }

    public void testNoTensorAnywhereHasItsDataInAnotherFile() {
        String reason = "model.onnx: got tensor [w] with its data in another file, expected a self-contained model";
        Protobuf location = new Protobuf().text(1, "location").text(2, "weights.bin");
        for (Protobuf external : List.of(
            new Protobuf().text(8, "w").number(14, 1),
            new Protobuf().text(8, "w").message(13, location),
            new Protobuf().text(8, "w").message(13, location).number(14, 0),
            new Protobuf().text(8, "w").number(14, (1L << 32) + 1), // protobuf keeps 32 bits
            new Protobuf().number(14, 1).number(14, 0).text(8, "w")
        )) {
            Protobuf values = new Protobuf().message(1, external);
            Protobuf indices = new Protobuf().message(2, external);
            refused(reason, model -> model.graph.message(5, external));
            refused(reason, model -> model.graph.message(15, values));
            refused(reason, model -> model.graph.message(15, indices));
            for (Protobuf attribute : List.of(
                Onnx.attribute("value", 4, T, external),
                new Protobuf().message(10, external),
                Onnx.attribute("value", 11, SPARSE, values),
                new Protobuf().message(23, indices),
                Onnx.attribute("body", 5, G, new Protobuf().message(5, external))
            )) {
                refused(reason, model -> model.nodes.add(Onnx.node("Constant", "", "x", "y", attribute)));
                refused(reason, model -> model.model.message(25, Onnx.function("own", "F").message(11, attribute)));
                refused(reason, model -> model.model.message(20, new Protobuf().message(1, new Protobuf().message(1, Onnx.node("Constant", "", "x", "y", attribute)))));
            }
        }
    }

    public void testSparseTensorsUnfoldOnlySoFar() throws IOException {
        Protobuf values = Onnx.floats("s", 1);
        read(model -> model.graph.message(15, new Protobuf().message(1, values).number(3, 1 << 14).number(3, 1 << 14)));
        String reason = "model.onnx: got sparse tensors of more than 268435456 numbers when unfolded, the last [s], expected no more";
        Protobuf packed = new Protobuf().raw(1 << 14).raw(1 << 15);
        for (Protobuf tensor : List.of(
            new Protobuf().message(1, values).number(3, 1 << 14).number(3, 1 << 15),
            new Protobuf().message(1, values).message(3, packed),
            new Protobuf().message(1, values).number(3, Long.MAX_VALUE).number(3, Long.MAX_VALUE),
            new Protobuf().message(1, values).number(3, Long.MAX_VALUE).number(3, 0)
        )) {
            refused(reason, model -> model.graph.message(15, tensor));
            refused(reason, model -> model.nodes.add(Onnx.node("Constant", "", "x", "y", Onnx.attribute("sparse_value", 11, SPARSE, tensor))));
        }
        refused(
            "model.onnx: got a sparse tensor with an axis of -1, expected 0 or more",
            model -> model.graph.message(15, new Protobuf().number(3, -1))
        );
        Protobuf half = new Protobuf().message(1, values).number(3, 1 << 28);
        refused("all of them together: " + reason, reason, model -> model.graph.message(15, half).message(15, half));
    }

    private void refused(String what, String reason, Consumer<Onnx> change) {
        BundleException refused = expectThrows(BundleException.class, () -> read(change));
        assertEquals(what, reason, refused.getMessage());
    }

    public void testWhatProtobufWouldJoinIsRefused() {
        Onnx model = new Onnx();
        Protobuf second = new Protobuf().message(12, Onnx.tensorInfo("other", 1));
        twice("graph", model.model().message(7, second).bytes());
        Protobuf tensor = Onnx.floats("w", 1);
        Protobuf graph = new Protobuf();
        for (Protobuf attribute : List.of(
            new Protobuf().message(T, tensor).message(T, tensor),
            new Protobuf().message(G, graph).message(G, graph),
            new Protobuf().message(SPARSE, graph).message(SPARSE, graph)
        )) {
            twice(null, bytes(wrong -> wrong.nodes.add(Onnx.node("Constant", "", "x", "y", attribute))));
        }
        Protobuf type = new Protobuf().message(1, new Protobuf().number(1, 1));
        twice("type", bytes(wrong -> wrong.graph.message(12, new Protobuf().text(1, "o").message(2, type).message(2, type))));
        twice("tensor_type", bytes(wrong -> wrong.graph.message(12, new Protobuf().text(1, "o").message(2, new Protobuf().fields(type).fields(type)))));
        Protobuf shapes = new Protobuf().message(2, graph).message(2, graph);
        twice("shape", bytes(wrong -> wrong.graph.message(12, new Protobuf().text(1, "o").message(2, new Protobuf().message(1, shapes)))));
        refused(
            "model.onnx: got an input or output of 2 types, expected one type",
            wrong -> wrong.graph.message(12, new Protobuf().text(1, "o").message(2, new Protobuf().fields(type).message(4, graph)))
        );
    }

    private void twice(String field, byte[] model) {
        BundleException refused = expectThrows(BundleException.class, () -> read(model));
        String name = field == null ? "\\w+" : field;
        String pattern = "model.onnx: got field \\[" + name + "\\] twice in one message, at byte \\d+, expected it once";
        assertTrue(refused.getMessage(), refused.getMessage().matches(pattern));
    }

    public void testNamesOfInputsAndOutputsDiffer() {
        refused(
            "model.onnx: got two inputs with the name [input_ids], expected different names",
            model -> model.graph.message(11, Onnx.tensorInfo("input_ids", 7))
        );
        refused(
            "model.onnx: got two outputs with the name [out], expected different names",
            model -> model.graph.message(12, Onnx.tensorInfo("out", 7))
        );
    }

    public void testNothingIsLongWithoutEnd() throws IOException {
        refused("model.onnx: got more than 1000 inputs, expected no more", model -> {
            for (int i = 0; i < 999; i++) {
                model.graph.message(11, Onnx.tensorInfo("i" + i, 7));
            }
        });
        refused("model.onnx: got a tensor of more than 100 axes, expected no more", model -> {
            Protobuf shape = new Protobuf();
            for (int i = 0; i < 101; i++) {
                shape.message(1, new Protobuf().number(1, 1));
            }
            model.graph.message(12, new Protobuf().message(2, new Protobuf().message(1, new Protobuf().message(2, shape))));
        });
        BundleException longName = expectThrows(BundleException.class, () -> read(model -> model.nodes.add(Onnx.node("x".repeat(5000), "", "x", "y"))));
        assertTrue(longName.getMessage(), longName.getMessage().contains("got a name of 5002 bytes, expected at most 4096"));
        Protobuf empty = new Protobuf();
        Protobuf nodes = new Protobuf();
        for (int i = 0; i < 2_000_000; i++) {
            nodes.message(1, empty);
        }
        refused("model.onnx: got more than 2000000 nodes, attributes and tensors, expected no more", model -> model.nodes.add(Onnx.node("If", "", "x", "y", Onnx.attribute("b", 5, G, nodes))));
        refused("model.onnx: got functions with names of more than 8000000 chars together, expected no more", model -> {
            for (int i = 0; i < 9000; i++) {
                model.model.message(25, Onnx.function("own", "f".repeat(1000) + i));
            }
        });
        refused("model.onnx: got more than 10000 functions, expected no more", model -> {
            for (int i = 0; i < 10_001; i++) {
                model.model.message(25, Onnx.function("own", "f" + i));
            }
        });
    }

    public void testWhatIsNoOnnxModel() {
        String reason = "model.onnx is not an ONNX model: got ";
        refused(reason + "an empty file, expected a graph", new byte[0]);
        byte[] ort = { 0x1c, 0, 0, 0, 'O', 'R', 'T', 'M', 0, 0 };
        refused(reason + "a file in the ORT format, expected ONNX, from which it was made", ort);
        refused(reason + "no graph, expected one", new Protobuf().number(1, 8).message(8, Onnx.opset("", 17)).bytes());
        refused(reason + "wire type 3 at byte 1, expected protobuf", new Protobuf().tag(9, 3).bytes());
        refused(reason + "field number 0 at byte 1, expected protobuf", new byte[] { 0 });
        refused(reason + "wire type 0 where bytes are expected at byte 1, expected protobuf", new Protobuf().number(7, 1).bytes());
        refused(reason + "wire type 2 where a number is expected at byte 1, expected protobuf", new Protobuf().text(1, "8").bytes());
        refused(reason + "a length of 100 bytes where 0 are left (truncated?) at byte 2, expected protobuf", new Protobuf().tag(7, 2).raw(100).bytes());
        refused(reason + "a length of 18446744073709551615 bytes where 0 are left (truncated?) at byte 11, expected protobuf", new Protobuf().tag(7, 2).raw(-1).bytes());
        byte[] varint = new byte[12];
        Arrays.fill(varint, (byte) 0x80);
        refused(reason + "a varint longer than ten bytes at byte 10, expected protobuf", varint);
    }

    public void testAProducerMayBeCalledLikeTheOrtFormat() throws IOException {
        read(new Protobuf().number(1, 8).text(2, "ORTM").fields(new Onnx().model()).bytes());
    }

    public void testFieldsAreCounted() {
        InMemory endless = new InMemory(new Protobuf().number(1, 8).bytes(), 2 * 30_000_001L);
        BundleException refused = expectThrows(BundleException.class, () -> GraphSignature.read(endless, "model.onnx"));
        assertEquals("model.onnx: got more than 30000000 protobuf fields, expected no more", refused.getMessage());
    }

    public void testEveryBeginningOfAModelIsRefused() {
        byte[] model = new Onnx().bytes();
        for (int length = 0; length < model.length; length++) {
            byte[] beginning = Arrays.copyOf(model, length);
            expectThrows(BundleException.class, () -> read(beginning));
        }
    }
}
