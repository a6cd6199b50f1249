package org.neuralranking.sparse;

import java.util.List;

import org.opensearch.common.lease.Releasable;
import org.opensearch.core.action.ActionListener;

/** A model that is there: one version of it, for as long as this is open. */
@FunctionalInterface
interface TextEncoder extends Releasable {

    /** Encodes without waiting: one vector per text, or the failure, is told once, on any thread. Throws nothing. */
    void encode(List<String> texts, ActionListener<List<SparseVector>> listener);

    @Override
    default void close() {}
}
