package org.neuralranking.model.registry;

import java.util.stream.Stream;

import org.opensearch.cluster.ClusterState;

/** A kind of thing that can name a model, and stops working when the model is deleted. Rooms whose things live in the cluster state add theirs. */
public interface ModelUser {

    /**
     * Everything of this kind that names the model, each in words that let its owner find it, for example {@code ingest pipeline [films]}. Asked
     * on the cluster manager's update thread: no waiting, and quick for thousands of indices.
     */
    Stream<String> naming(ClusterState state, ModelName model);
}
