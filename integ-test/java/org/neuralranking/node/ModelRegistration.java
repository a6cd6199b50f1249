package org.neuralranking.node;

import java.time.Duration;

import com.fasterxml.jackson.databind.JsonNode;

/** Registers bundles that {@link RealNode.Builder#bundle} has put on the nodes. */
public final class ModelRegistration {
    private static final Duration READY_DEADLINE = Duration.ofMinutes(3);

    private ModelRegistration() {}

    /** Registers the bundle directory of this name under this id and waits until it is ready on every node. */
    public static void register(Http http, String name) {
        http.put(path(name), "{\"path\": \"" + name + "\"}").ok();
        awaitReady(http, name);
    }

    /** Waits until the model is ready on every node; throws at once where a node failed to load it. */
    public static void awaitReady(Http http, String id) {
        Http.waitFor("model [" + id + "] is ready on every node", READY_DEADLINE, () -> {
            Answer answer = http.get(path(id));
            if (answer.status() == 503) { // the node has not recovered the cluster's state yet
                return false;
            }
            answer.ok();
            boolean ready = true;
            for (JsonNode node : answer.at("/models/0/nodes")) {
                String state = node.path("state").asText();
                if (state.equals("failed")) {
                    throw new AssertionError("model [" + id + "] failed to load: " + answer);
                }
                ready &= state.equals("ready") || state.equals("not_placed");
            }
            return ready;
        });
    }

    private static String path(String id) {
        return "/_plugins/_neural_ranking/models/" + id;
    }
}
