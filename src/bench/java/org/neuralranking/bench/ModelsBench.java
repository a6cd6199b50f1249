package org.neuralranking.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntToDoubleFunction;

import org.neuralranking.Films;
import org.neuralranking.node.Answer;
import org.neuralranking.node.FileTree;
import org.neuralranking.node.Http;
import org.neuralranking.node.Installation;
import org.neuralranking.node.ModelRegistration;
import org.neuralranking.node.PluginZip;
import org.neuralranking.node.ProjectFiles;
import org.neuralranking.node.Ran;
import org.neuralranking.node.RealCluster;
import org.neuralranking.node.RealNode;

/** Models on three nodes: what registering, restarting and replacing cost. Set the size of the large upload with {@code -Dupload.mb=N}. */
final class ModelsBench {

    private static final String MODELS = "/_plugins/_neural_ranking/models";
    private static final int HEAP_BOUND_MB = 64;
    private static final double P99_BOUND = 1.5;
    private static final int REGISTRATIONS = 5;
    private static final int RESTARTS = 3;
    private static final int RESCORED = 10;
    private static final int WARM_UPS = 4;
    private static final long SEED = 20261120;

    private final RealCluster cluster;
    private final Installation installation;
    private final Report report;

    private ModelsBench(RealCluster cluster, Installation installation, Report report) {
        this.cluster = cluster;
        this.installation = installation;
        this.report = report;
    }

    static Report run() {
        Installation installation = Installation.of(PluginZip.forThisMachine());
        List<Path> bundles = List.of(ProjectFiles.demoModel("minilm-sparse-doc"), ProjectFiles.demoModel("minilm-cross-encoder"), ProjectFiles.testModel("toy-sparse"));
        Report report = new Report();
        try (
            RealCluster cluster = RealCluster.start(
                "models-bench",
                installation,
                3,
                bundles,
                (i, builder) -> builder.jvmOption("-Xlog:gc:file=" + gcLog(i) + ":uptime").setting("neural_ranking.models.linger", "5s")
            )
        ) {
            new ModelsBench(cluster, installation, report).measure();
        }
        RealNode.Builder builder = RealNode.named("models-bench-one", installation).setting("neural_ranking.models.linger", "5s");
        bundles.forEach(builder::bundle);
        try (RealNode node = builder.start()) {
            prepare(node);
            String query = "a girl who keeps the lighthouse going on her own";
            boolean holds = replacements(node.http(), report, "replace_search", twoStages(query), 100, "searches that rescore " + RESCORED + " hits");
            report.figure("errors_during_replace", report.figures().get("replace_search_errors"), "searches that failed while a model was replaced")
                .judge(holds, "replace_search_p99_ratio is above " + P99_BOUND + " or a search failed");
            // these take less than a millisecond: what they show is how long the operating system lets a loading thread run
            replacements(node.http(), report, "replace_short_search", Films.sparse(query, 10), 1000, "searches without rescoring");
        }
        return report.note("512 MB heap a node; nodes and client share one machine.");
    }

    private static Path gcLog(int node) {
        return ProjectFiles.target().resolve("nodes/models-bench-" + node + ".gc.log");
    }

    private Http http() {
        return cluster.node(0).http();
    }

    private void measure() {
        upload();
        ModelRegistration.register(http(), "minilm-sparse-doc");
        restarts();
    }

    private void upload() {
        int megabytes = Integer.getInteger("upload.mb", 500);
        Path bundle = LargeBundle.make("large", (long) megabytes << 20, SEED);
        System.out.println("Uploading " + megabytes + " MB ...");
        HeapInUse[] heaps = new HeapInUse[3];
        for (int i = 0; i < heaps.length; i++) {
            heaps[i] = HeapInUse.since(cluster.node(i).pid(), gcLog(i));
        }
        long start = System.nanoTime();
        Ran ran = installation.attempt(
            ProjectFiles.target(),
            Map.of(),
            List.of("bin/neural-ranking/neural-ranking-upload", "--url", http().toString(), "large", bundle.toString())
        );
        double seconds = (System.nanoTime() - start) / 1e9;
        if (ran.status() != 0) {
            throw new IllegalStateException("the upload failed: " + ran);
        }
        double peak = 0;
        for (int i = 0; i < heaps.length; i++) {
            double node = heaps[i].peakMegabytes();
            report.figure("upload_peak_heap_mb_node_" + i, node, i == 0 ? "on the receiving node" : "on another node");
            peak = Math.max(peak, node);
        }
        report.figure("upload_peak_heap_mb", peak, "most heap in use after any collection while " + megabytes + " MB were uploaded, less what was in use after a full one before; the largest of three nodes")
            .judge(peak <= HEAP_BOUND_MB, "upload_peak_heap_mb is " + peak + ", expected at most " + HEAP_BOUND_MB)
            .figure("upload_seconds_per_100mb", seconds * 100 / megabytes, "by the upload command, from its start until the model is ready on all three nodes");
        http().delete(MODELS + "/large").ok();

        double[] perHundred = new double[REGISTRATIONS];
        for (int i = 0; i < perHundred.length; i++) {
            Path hundred = LargeBundle.make("hundred-" + i, 100L << 20, SEED + 1 + i);
            cluster.node(0).addBundle(hundred);
            long from = System.nanoTime();
            http().put(MODELS + "/hundred", "{\"path\": \"" + hundred.getFileName() + "\"}").ok();
            perHundred[i] = (System.nanoTime() - from) / 1e9;
            http().delete(MODELS + "/hundred").ok();
        }
        report.figure("register_seconds_per_100mb", Quantiles.median(perHundred), "PUT of a path until the model is ready on all three nodes, median of " + REGISTRATIONS);
    }

    /** Encoded by the model that is being replaced, rescored by another. */
    private static String twoStages(String query) {
        return """
            {"query": {"learned_sparse": {"text_sparse": {"query_text": "%s", "model_id": "minilm-sparse-doc"}}}, "size": %d,
             "rescore": {"window_size": %d, "neural": {"model_id": "minilm-cross-encoder", "query_text": "%s",
                         "document": {"fields": ["text"]}, "budget": "60s", "on_failure": "fail"}}}""".formatted(query, RESCORED, RESCORED, query);
    }

    private static void prepare(RealNode node) {
        Http http = node.http();
        ModelRegistration.register(http, "minilm-sparse-doc");
        ModelRegistration.register(http, "minilm-cross-encoder");
        http.put("/films", Films.index(1, 0)).ok();
        http.put("/_ingest/pipeline/films", Films.PIPELINE).ok();
        http.bulk("/films/_bulk?refresh=true", Films.bulk(Films.some(48))).ok();
        node.addBundle(otherEncoder());
    }

    /**
     * Replaces the model that encodes the query of a search, again and again, while that search is made.
     *
     * @return whether the ratio is at most {@value #P99_BOUND} at the favourable end of its interval, and no search failed
     */
    private static boolean replacements(Http http, Report report, String name, String search, int searches, String what) {
        System.out.println("Replacing under " + what + " ...");
        String[] versions = { "minilm-sparse-doc", "minilm-sparse-doc-2" };
        AtomicInteger replacements = new AtomicInteger();
        AtomicInteger errors = new AtomicInteger();
        PairedRounds rounds = new PairedRounds(System::nanoTime, SEED);
        IntToDoubleFunction alone = round -> p99(http, search, searches, errors);
        PairedRounds.Comparison comparison = rounds.compareValues(WARM_UPS, PairedRounds.FEWEST_ROUNDS, alone, round -> {
            AtomicBoolean stop = new AtomicBoolean();
            CompletableFuture<Void> replacing = CompletableFuture.runAsync(() -> {
                while (stop.get() == false) { // one after the other, so that every search of the round runs while one is under way
                    http.put(MODELS + "/minilm-sparse-doc", "{\"path\": \"" + versions[replacements.incrementAndGet() % 2] + "\"}").ok();
                }
            });
            double p99 = p99(http, search, searches, errors);
            stop.set(true);
            replacing.join();
            return p99;
        });
        report.figures(
            name + "_p99_ratio",
            comparison,
            "99th percentile of the time of " + what + " on one node while a model is replaced, again and again, over that while none is; "
                + searches + " a round, one client"
        )
            .figure(name + "_errors", errors.get(), "of these searches, those that did not answer 200 with all shards, in " + replacements.get() + " replacements");
        return comparison.ratio().low() <= P99_BOUND && errors.get() == 0;
    }

    private static Path otherEncoder() {
        Path other = ProjectFiles.target().resolve("large-bundles/minilm-sparse-doc-2");
        FileTree.delete(other);
        FileTree.copy(ProjectFiles.demoModel("minilm-sparse-doc"), other);
        try {
            Files.writeString(other.resolve("neural-ranking.json"), "{\"max_tokens\": 127}");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return other;
    }

    /** Milliseconds. */
    private static double p99(Http http, String search, int searches, AtomicInteger errors) {
        double[] millis = new double[searches];
        for (int i = 0; i < millis.length; i++) {
            long start = System.nanoTime();
            Answer found = http.post("/films/_search", search);
            millis[i] = (System.nanoTime() - start) / 1e6;
            if (found.status() != 200 || found.at("/_shards/failed").asInt() > 0) {
                errors.incrementAndGet();
            }
        }
        return Quantiles.nearestRank(millis, 0.99);
    }

    private void restarts() {
        System.out.println("Restarting ...");
        ModelRegistration.register(http(), "minilm-cross-encoder");
        ModelRegistration.register(http(), "toy-sparse");
        double[] all = new double[RESTARTS];
        double[] afterHttp = new double[RESTARTS];
        for (int i = 0; i < RESTARTS; i++) {
            cluster.nodes().parallelStream().forEach(RealNode::stop);
            long start = System.nanoTime();
            cluster.nodes().parallelStream().forEach(RealNode::start);
            long up = System.nanoTime();
            for (String id : List.of("minilm-sparse-doc", "minilm-cross-encoder", "toy-sparse")) {
                ModelRegistration.awaitReady(http(), id);
            }
            all[i] = (System.nanoTime() - start) / 1e9;
            afterHttp[i] = (System.nanoTime() - up) / 1e9;
        }
        report.figure("restart_to_ready_seconds", Quantiles.median(all), "from the start of three node processes until three models are ready on all of them, median of " + RESTARTS)
            .figure("http_to_ready_seconds", Quantiles.median(afterHttp), "of that, after HTTP answered on all nodes");
    }
}
