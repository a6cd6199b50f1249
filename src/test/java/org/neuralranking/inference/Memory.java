package org.neuralranking.inference;

import org.opensearch.core.common.breaker.CircuitBreaker;
import org.opensearch.core.common.breaker.NoopCircuitBreaker;

/** Memory of models for tests that have no node. */
final class Memory {

    private Memory() {}

    static ModelMemory plenty() {
        return of(Long.MAX_VALUE);
    }

    static ModelMemory of(long limit) {
        return new ModelMemory(new NoopCircuitBreaker(CircuitBreaker.PARENT), limit, true);
    }
}
