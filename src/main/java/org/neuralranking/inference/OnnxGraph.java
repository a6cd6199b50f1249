package org.neuralranking.inference;

import java.io.Closeable;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

import org.neuralranking.model.bundle.BundleException;
import org.neuralranking.model.bundle.TensorSpec;
import org.neuralranking.tokenize.TokenSequence;
import org.opensearch.core.common.breaker.CircuitBreakingException;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;

/**
 * One ONNX graph: rows of token ids in, one output tensor out.
 * <p>
 * Inputs and the output live in direct buffers that are used again and again; the output is written there by the runtime itself (a pinned
 * output), so nothing of it is copied. Each graph runs on the calling thread alone: parallelism is running several graphs, which on few
 * cores has the higher throughput. For any number of threads.
 */
final class OnnxGraph implements Closeable {

    private static final AtomicInteger OPEN_SESSIONS = new AtomicInteger();

    private final OrtEnvironment environment;
    private final OrtSession session;
    private final List<TensorSpec> inputs;
    private final TensorSpec output;
    private final int padId;
    private final int columns;
    private final ModelMemory.Booking memory;
    private final ConcurrentLinkedQueue<Buffers> idle = new ConcurrentLinkedQueue<>();

    /**
     * @param probe  a row that the graph is run on, to learn the shape that the output really has
     * @param limit  of these runs
     * @param memory where direct buffers are booked, as they grow; the caller closes it after the graph
     * @throws BundleException if the runtime refuses the graph, or its output is not what was declared
     */
    OnnxGraph(Path file, List<TensorSpec> inputs, TensorSpec output, int padId, TokenSequence probe, RunLimit limit, ModelMemory.Booking memory) {
        this.environment = OnnxLibrary.environment();
        this.inputs = inputs;
        this.output = output;
        this.padId = padId;
        this.memory = memory;
        OrtSession opened = null;
        boolean usable = false;
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            options.setExecutionMode(OrtSession.SessionOptions.ExecutionMode.SEQUENTIAL);
            opened = environment.createSession(file.toString(), options);
            OPEN_SESSIONS.incrementAndGet();
            this.session = opened;
            this.columns = columnsOf(probe, limit);
            requireFinite(probe, limit);
            usable = true;
        } catch (BundleException | CircuitBreakingException e) {
            throw e;
        } catch (OrtException | RuntimeException e) {
            throw new BundleException("model.onnx: got a graph that the runtime refuses, expected one that runs: " + e.getMessage(), e);
        } finally {
            if (opened != null && usable == false) {
                close(opened);
            }
        }
    }

    private int columnsOf(TokenSequence probe, RunLimit limit) throws OrtException {
        Buffers buffers = new Buffers();
        Map<String, OnnxTensor> tensors = new HashMap<>();
        try {
            fill(buffers, List.of(probe), probe.size(), tensors);
            try (
                RunLimit.Running running = limit.begin();
                OrtSession.Result result = run(tensors, Set.of(output.name()), Map.of(), running, 1, probe.size())
            ) {
                long[] shape = ((OnnxTensor) result.get(0)).getInfo().getShape(); // its values could only be had as a copy in the heap
                boolean perToken = shape.length == 3 && shape[1] == probe.size();
                if (shape.length != 2 && perToken == false || shape[0] != 1) {
                    throw new BundleException(
                        "model.onnx: got output [" + output.name() + "] of shape " + Arrays.toString(shape) + " for one text of "
                            + probe.size() + " tokens, expected [1, columns] or [1, " + probe.size() + ", columns]"
                    );
                }
                String last = Long.toString(shape[shape.length - 1]);
                String declared = output.shape().getLast();
                boolean free = declared.isEmpty() || Character.isDigit(declared.charAt(0)) == false;
                if (output.shape().size() != shape.length || free == false && declared.equals(last) == false) {
                    throw new BundleException(
                        "model.onnx: got output [" + output.name() + "] of shape " + Arrays.toString(shape) + ", expected " + output.shape() + " as declared"
                    );
                }
                return Math.toIntExact(shape[shape.length - 1]);
            }
        } finally {
            tensors.values().forEach(OnnxTensor::close);
            idle.add(buffers);
        }
    }

    private void requireFinite(TokenSequence probe, RunLimit limit) throws OrtException {
        run(List.of(probe), new int[] { probe.size() }, probe.size(), limit, answer -> {
            float largest = answer.largest(0);
            if (Float.isFinite(largest) == false) {
                throw new BundleException("model.onnx: got " + largest + " in output [" + output.name() + "] for a plain text, expected finite numbers");
            }
        });
    }

    /** Whether the output has a token axis. */
    boolean perToken() {
        return output.shape().size() == 3;
    }

    /** Length of the output's last axis. */
    int columns() {
        return columns;
    }

    /**
     * Runs the graph on rows padded to the longest of them.
     *
     * @param read sees the output while it is valid
     */
    void run(List<TokenSequence> rows, Consumer<BatchOutput> read) throws OrtException {
        int tokens = 0;
        int[] rowTokens = new int[rows.size()];
        for (int i = 0; i < rowTokens.length; i++) {
            rowTokens[i] = rows.get(i).size();
            tokens = Math.max(tokens, rowTokens[i]);
        }
        run(rows, rowTokens, tokens, null, read);
    }

    /**
     * As {@link #run(List, Consumer)}, padded to {@code tokens}.
     *
     * @param limit or null for none
     * @throws BundleException if it takes longer
     */
    void run(List<TokenSequence> rows, int[] rowTokens, int tokens, RunLimit limit, Consumer<BatchOutput> read) throws OrtException {
        long[] shape = perToken() ? new long[] { rows.size(), tokens, columns } : new long[] { rows.size(), columns };
        long size = 1;
        for (long axis : shape) {
            size = Math.multiplyExact(size, axis);
        }
        Buffers buffers = idle.poll();
        if (buffers == null) {
            buffers = new Buffers();
        }
        Map<String, OnnxTensor> tensors = new HashMap<>();
        try {
            fill(buffers, rows, tokens, tensors);
            FloatBuffer values = buffers.output(Math.toIntExact(size));
            try (
                OnnxTensor pinned = OnnxTensor.createTensor(environment, values, shape);
                RunLimit.Running running = limit == null ? null : limit.begin();
                OrtSession.Result ignored = run(tensors, Set.of(), Map.of(output.name(), pinned), running, rows.size(), tokens)
            ) {
                read.accept(new BatchOutput(values, shape, rowTokens));
            }
        } finally {
            tensors.values().forEach(OnnxTensor::close);
            idle.add(buffers);
        }
    }

    private OrtSession.Result run(
        Map<String, OnnxTensor> tensors,
        Set<String> requested,
        Map<String, OnnxTensor> pinned,
        RunLimit.Running running,
        int rows,
        int tokens
    ) throws OrtException {
        if (running == null) {
            return session.run(tensors, requested, pinned);
        }
        try {
            return session.run(tensors, requested, pinned, running.options());
        } catch (OrtException e) {
            throw running.reason(e, rows, tokens);
        }
    }

    private void fill(Buffers buffers, List<TokenSequence> rows, int tokens, Map<String, OnnxTensor> tensors) throws OrtException {
        long[] shape = { rows.size(), tokens };
        for (int i = 0; i < inputs.size(); i++) {
            String name = inputs.get(i).name();
            LongBuffer values = buffers.input(i, Math.multiplyExact(rows.size(), tokens));
            for (TokenSequence row : rows) {
                for (int t = 0; t < tokens; t++) {
                    values.put(inputValue(name, row, t));
                }
            }
            tensors.put(name, OnnxTensor.createTensor(environment, values.flip(), shape));
        }
    }

    private long inputValue(String input, TokenSequence row, int t) {
        boolean padding = t >= row.size();
        return switch (input) {
            case "input_ids" -> padding ? padId : row.ids()[t];
            case "attention_mask" -> padding ? 0 : 1;
            case "token_type_ids" -> padding ? 0 : row.typeIds()[t];
            default -> throw new IllegalStateException("input [" + input + "] was let through by the bundle's checks");
        };
    }

    /** Lets idle buffers go, so that they grow again to what is then needed. */
    void forgetBuffers() {
        for (Buffers buffers; (buffers = idle.poll()) != null;) {
            memory.grow(-buffers.bytes());
        }
    }

    /** Sessions of this JVM that are not closed. */
    static int openSessions() {
        return OPEN_SESSIONS.get();
    }

    @Override
    public void close() {
        close(session);
        idle.clear();
    }

    private static void close(OrtSession session) {
        try {
            session.close();
            OPEN_SESSIONS.decrementAndGet();
        } catch (OrtException e) {
            throw new IllegalStateException("closing a session failed", e);
        }
    }

    /** Direct memory of one run; grows to the largest batch that was seen. */
    private final class Buffers {
        private final ByteBuffer[] ins = new ByteBuffer[inputs.size()];
        private ByteBuffer out = ByteBuffer.allocateDirect(0);

        LongBuffer input(int i, int size) {
            ins[i] = atLeast(ins[i], Math.multiplyExact(size, Long.BYTES));
            return ins[i].asLongBuffer().limit(size);
        }

        FloatBuffer output(int size) {
            out = atLeast(out, Math.multiplyExact(size, Float.BYTES));
            return out.asFloatBuffer().limit(size);
        }

        /** The buffer, or a larger one in its place, which is booked before it is there. */
        private ByteBuffer atLeast(ByteBuffer buffer, int bytes) {
            int before = buffer == null ? 0 : buffer.capacity();
            if (buffer != null && before >= bytes) {
                return buffer;
            }
            memory.grow(bytes - before);
            try {
                return DirectMemory.allocate(bytes);
            } catch (Throwable e) {
                memory.grow(before - bytes);
                throw e;
            }
        }

        long bytes() {
            long bytes = out.capacity();
            for (ByteBuffer in : ins) {
                bytes += in == null ? 0 : in.capacity();
            }
            return bytes;
        }
    }
}
