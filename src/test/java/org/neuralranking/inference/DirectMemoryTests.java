package org.neuralranking.inference;

import java.nio.ByteOrder;

import org.opensearch.core.common.breaker.CircuitBreakingException;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.test.OpenSearchTestCase;

public class DirectMemoryTests extends OpenSearchTestCase {

    public void testBuffersAreTheRuntimesOwn() {
        assertTrue(DirectMemory.allocate(8).isDirect());
        assertEquals(ByteOrder.nativeOrder(), DirectMemory.allocate(8).order());
    }

    public void testTheEndOfDirectMemoryIsTheRequestsTroubleOnly() {
        CircuitBreakingException e = expectThrows(CircuitBreakingException.class, () -> DirectMemory.allocate(8, bytes -> {
            throw new OutOfMemoryError("Cannot reserve 8 bytes of direct buffer memory (allocated: 1, limit: 2)");
        }));
        assertEquals(RestStatus.TOO_MANY_REQUESTS, e.status());
        assertTrue(e.getMessage(), e.getMessage().startsWith("got 8 bytes asked for a batch, expected no more than -XX:MaxDirectMemorySize leaves: "));
    }

    public void testTheEndOfTheHeapIsTheNodes() {
        expectThrows(OutOfMemoryError.class, () -> DirectMemory.allocate(8, bytes -> {
            throw new OutOfMemoryError("Java heap space");
        }));
    }
}
