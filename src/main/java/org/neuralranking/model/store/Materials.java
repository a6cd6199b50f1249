package org.neuralranking.model.store;

import java.io.IOException;
import java.util.List;
import java.util.Set;

import org.neuralranking.model.bundle.Bundle;
import org.neuralranking.model.bundle.BundleException;

/** Contents on this node's disk. All methods block. */
public interface Materials {

    /**
     * The bundle of a content: what is on the disk if it is whole, otherwise fetched from the model index.
     *
     * @param copies where the content is stored; any of them will do
     * @throws IOException     if none can be read now; later it may
     * @throws BundleException if the content is not what it should be
     */
    Bundle materialise(String hash, List<StoredContent> copies) throws IOException;

    /** Deletes a content if it is there. */
    void forget(String hash);

    /** Deletes all contents but these. */
    void forgetAllBut(Set<String> hashes) throws IOException;
}
