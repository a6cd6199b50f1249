package org.neuralranking.model.bundle;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import org.neuralranking.TestModels;
import org.opensearch.common.settings.Settings;

/**
 * Damaged graphs, zips and JSON files, each made from a seed and its number, and what the checks say of them: each is refused with a
 * {@link BundleException} or taken. Used by a test that is short and a bench that is long.
 */
public final class BundleFuzz {

    public enum Kind {
        GRAPH,
        ZIP,
        JSON
    }

    /** @param unexpected what was thrown instead of a {@link BundleException}, or said instead of got and expected; null if nothing */
    public record Outcome(byte[] bytes, boolean accepted, Throwable unexpected) {}

    private static final List<String> MODELS = List.of("toy-sparse", "toy-cross-encoder", "toy-token-embeddings", "toy-yes-no");
    /** Small, so that a case which goes beyond them is quick to find. */
    private static final BundleLimits LIMITS = new BundleLimits(
        Settings.builder().put("neural_ranking.models.max_bundle_size", "1mb").put("neural_ranking.models.max_zip_entries", 20).build()
    );
    /** A reader that goes round in circles reads more than this; an honest one reads a window of 16 KiB for every jump. */
    private static final long MAX_BYTES_READ = 1L << 26;

    private final long seed;
    private final List<byte[]> graphs = new ArrayList<>();
    private final List<byte[]> zips = new ArrayList<>();
    private final List<byte[]> jsons = new ArrayList<>();

    public BundleFuzz(long seed) throws IOException {
        this.seed = seed;
        for (String model : MODELS) {
            graphs.add(file(model, "model.onnx"));
            jsons.add(file(model, "config.json"));
        }
        jsons.add(file("toy-sparse", "tokenizer.json"));
        graphs.add(new Onnx().bytes());
        graphs.add(withEverything());
        for (boolean zip64 : new boolean[] { false, true }) {
            RawZip zip = new RawZip();
            zip.zip64 = zip64;
            zip.directory("m/");
            zip.add("m/onnx/model.onnx", file("toy-cross-encoder", "model.onnx"));
            zip.add("m/config.json", file("toy-sparse", "config.json"));
            zip.stored("m/tokenizer.json", file("toy-sparse", "config.json"));
            zip.add("m/zeros", new byte[100_000]);
            zips.add(zip.bytes());
        }
    }

    private static byte[] file(String model, String name) throws IOException {
        return Files.readAllBytes(TestModels.directory(model).resolve(name));
    }

    /** Graphs in attributes, functions, sparse tensors: what the toy models do not have. */
    private static byte[] withEverything() {
        Onnx model = new Onnx();
        Protobuf graph = new Protobuf().message(1, Onnx.node("Abs", "", "x", "y")).message(12, Onnx.tensorInfo("y", 1));
        model.nodes.add(Onnx.node("If", "", "c", "z", Onnx.attribute("then_branch", 5, 6, graph), Onnx.attribute("else_branch", 5, 6, graph)));
        model.nodes.add(Onnx.node("F", "own", "input_ids", "f"));
        model.nodes.add(Onnx.node("Constant", "", "", "k", Onnx.attribute("value", 4, 5, Onnx.floats("v", 2, 3))));
        model.graph.message(5, Onnx.floats("w", 4)).message(15, new Protobuf().message(1, Onnx.floats("s", 1)).number(3, 8));
        model.model.message(8, Onnx.opset("own", 1));
        model.model.message(25, Onnx.function("own", "F", Onnx.node("G", "own", "x", "t"), Onnx.node("Neg", "", "t", "y")));
        model.model.message(25, Onnx.function("own", "G", Onnx.node("Abs", "", "x", "y")));
        return model.bytes();
    }

    public Outcome run(Kind kind, long number) {
        byte[] bytes = bytes(kind, number);
        InMemory channel = new InMemory(bytes);
        long[] written = { 0 };
        try {
            switch (kind) {
                case GRAPH -> GraphSignature.read(channel, "model.onnx");
                case ZIP -> BundleZip.extract(channel, name -> counting(written), LIMITS);
                case JSON -> {
                    JsonFile.read("config.json", new ByteArrayInputStream(bytes), BundleJson::of);
                    JsonFile.read("tokenizer.json", new ByteArrayInputStream(bytes), TokenizerVocabulary::of);
                }
            }
            return new Outcome(bytes, true, bounded(channel, written[0]));
        } catch (BundleException refused) {
            String message = refused.getMessage();
            boolean says = message.contains("got ") && message.contains("expected ");
            return new Outcome(bytes, false, says ? bounded(channel, written[0]) : refused);
        } catch (Throwable unexpected) { // also errors: a stack or heap that overflows is what is looked for
            return new Outcome(bytes, false, unexpected);
        }
    }

    private static OutputStream counting(long[] written) {
        return new OutputStream() {
            @Override
            public void write(int b) {
                written[0]++;
            }

            @Override
            public void write(byte[] chunk, int from, int length) {
                written[0] += length;
            }
        };
    }

    private static Throwable bounded(InMemory channel, long written) {
        if (channel.bytesRead() > MAX_BYTES_READ || written > LIMITS.bundleBytes()) {
            return new IllegalStateException("read " + channel.bytesRead() + " bytes and wrote " + written);
        }
        return null;
    }

    private byte[] bytes(Kind kind, long number) {
        Random random = new Random(seed * 1_000_003 + number);
        random.nextInt(); // the first of neighbouring seeds resemble each other
        return switch (kind) {
            case GRAPH -> {
                Mutation mutation = new Mutation(random, graphs);
                yield random.nextInt(3) == 0 ? mutation.blind() : mutation.message();
            }
            case ZIP -> new Mutation(random, zips).blind();
            case JSON -> new Mutation(random, jsons).blind();
        };
    }
}
