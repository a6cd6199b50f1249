package org.neuralranking.node;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Real nodes on one machine that form a cluster; node {@code i} of cluster {@code c} is called {@code c-i}, counted from 0. */
public final class RealCluster implements AutoCloseable {
    private static final Duration GREEN_DEADLINE = Duration.ofMinutes(3);

    private final List<RealNode> nodes;

    private RealCluster(List<RealNode> nodes) {
        this.nodes = nodes;
    }

    /**
     * Starts all nodes together and waits until they have found each other and the cluster is green.
     *
     * @param bundles copied into the models directory of every node
     * @param more    called with the number and the builder of each node, for settings of one's own
     */
    public static RealCluster start(String name, Installation installation, int size, List<Path> bundles, BiConsumer<Integer, RealNode.Builder> more) {
        // every node's configuration names the ports of all
        List<Integer> transportPorts = IntStream.range(0, size).mapToObj(i -> FreePorts.next()).toList();
        String seeds = transportPorts.stream().map(port -> "127.0.0.1:" + port).collect(Collectors.joining(","));
        String names = IntStream.range(0, size).mapToObj(i -> name + "-" + i).collect(Collectors.joining(","));
        List<RealNode> nodes = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            RealNode.Builder builder = RealNode.named(name + "-" + i, installation)
                .transportPort(transportPorts.get(i))
                .setting("cluster.name", name)
                .setting("discovery.seed_hosts", seeds)
                .setting("cluster.initial_cluster_manager_nodes", names);
            noticeLostNodesSoon(builder);
            bundles.forEach(builder::bundle);
            more.accept(i, builder);
            nodes.add(builder.build());
        }
        RealCluster cluster = new RealCluster(List.copyOf(nodes));
        try {
            nodes.forEach(RealNode::launch);
            nodes.forEach(RealNode::awaitHttp);
            cluster.awaitGreen();
            return cluster;
        } catch (RuntimeException | Error e) {
            cluster.killAll();
            throw e;
        }
    }

    public static RealCluster start(String name, Installation installation, int size, List<Path> bundles) {
        return start(name, installation, size, bundles, (i, builder) -> {});
    }

    /**
     * A killed node closes its connections and is noticed at once; these settings are for nodes that hang: about 15 s instead of 33 s.
     * Shorter timeouts lose healthy nodes on a loaded machine.
     */
    private static void noticeLostNodesSoon(RealNode.Builder builder) {
        for (String check : List.of("follower_check", "leader_check")) {
            builder.setting("cluster.fault_detection." + check + ".interval", "500ms");
            builder.setting("cluster.fault_detection." + check + ".timeout", "5s");
            builder.setting("cluster.fault_detection." + check + ".retry_count", "3");
        }
        builder.setting("cluster.publish.timeout", "15s");
    }

    public int size() {
        return nodes.size();
    }

    public RealNode node(int i) {
        return nodes.get(i);
    }

    public List<RealNode> nodes() {
        return nodes;
    }

    /** Of the first node that runs. */
    public Http http() {
        return nodes.stream().filter(RealNode::isAlive).findFirst().orElseThrow(() -> new IllegalStateException("no node runs")).http();
    }

    /** All nodes that run have joined, and every shard has its copies. */
    public void awaitGreen() {
        long running = nodes.stream().filter(RealNode::isAlive).count();
        Http.waitFor(running + " nodes and green", GREEN_DEADLINE, () -> {
            Answer health = http().get("/_cluster/health");
            return health.status() == 200
                && health.json().path("number_of_nodes").asLong() == running
                && health.json().path("status").asText().equals("green");
        });
    }

    private void killAll() {
        nodes.stream().filter(RealNode::isAlive).forEach(RealNode::kill);
    }

    /** Stops every node that runs. */
    @Override
    public void close() {
        try {
            nodes.parallelStream().forEach(RealNode::close);
        } finally {
            killAll();
        }
    }
}
