package org.neuralranking.inference;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.IntFunction;

import org.opensearch.core.common.breaker.CircuitBreaker;
import org.opensearch.core.common.breaker.CircuitBreakingException;

/** Direct buffers, of which the JVM has a limit of its own. Beyond it is no reason for a node to halt: its heap is well. */
final class DirectMemory {

    private DirectMemory() {}

    /** @throws CircuitBreakingException (429) if the JVM's direct memory is used up */
    static ByteBuffer allocate(int bytes) {
        return allocate(bytes, ByteBuffer::allocateDirect);
    }

    static ByteBuffer allocate(int bytes, IntFunction<ByteBuffer> allocator) {
        try {
            return allocator.apply(bytes).order(ByteOrder.nativeOrder());
        } catch (OutOfMemoryError e) {
            if (String.valueOf(e.getMessage()).contains("direct buffer memory")) {
                throw new CircuitBreakingException(
                    "got " + bytes + " bytes asked for a batch, expected no more than -XX:MaxDirectMemorySize leaves: " + e.getMessage(),
                    bytes,
                    0,
                    CircuitBreaker.Durability.TRANSIENT
                );
            }
            throw e;
        }
    }
}
