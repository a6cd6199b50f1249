package org.neuralranking.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

import org.neuralranking.model.bundle.BundleFuzz;
import org.neuralranking.model.bundle.BundleFuzz.Kind;
import org.neuralranking.model.bundle.BundleFuzz.Outcome;
import org.neuralranking.node.ProjectFiles;

/**
 * Damaged graphs, zips and JSON files through the checks of bundles, and a share of the graphs that pass through the runtime itself, in
 * another process, since it may take its process down.
 */
public final class FuzzBench {

    private static final Map<Kind, Integer> CASES = new EnumMap<>(Map.of(Kind.GRAPH, 600_000, Kind.ZIP, 200_000, Kind.JSON, 200_000));
    /** Of the graphs that pass, every so many-th is loaded: a load takes twenty times as long as a check. */
    private static final int LOAD_EVERY = 4;
    private static final int PRINTED = 10;

    private FuzzBench() {}

    static Report run() throws IOException {
        long seed = System.nanoTime();
        System.out.println("Seed " + seed);
        BundleFuzz fuzz = new BundleFuzz(seed);
        long accepted = 0;
        long refused = 0;
        long unexpected = 0;
        long nanos = 0;
        long passed = 0;
        Map<RuntimeProcess.Answer, Long> answers = new EnumMap<>(RuntimeProcess.Answer.class);
        try (RuntimeProcess runtime = new RuntimeProcess()) {
            for (Map.Entry<Kind, Integer> kind : CASES.entrySet()) {
                for (int number = 0; number < kind.getValue(); number++) {
                    long start = System.nanoTime();
                    Outcome outcome = fuzz.run(kind.getKey(), number);
                    nanos += System.nanoTime() - start;
                    if (outcome.unexpected() != null) {
                        if (unexpected++ < PRINTED) {
                            System.out.println(kind.getKey() + " " + number + ": " + outcome.unexpected());
                        }
                    } else if (outcome.accepted() == false) {
                        refused++;
                    } else {
                        accepted++;
                        if (kind.getKey() == Kind.GRAPH && passed++ % LOAD_EVERY == 0) {
                            RuntimeProcess.Answer answer = runtime.load(outcome.bytes());
                            answers.merge(answer, 1L, Long::sum);
                            keep(answer, number, outcome.bytes());
                        }
                    }
                }
            }
        }
        long loads = answers.values().stream().mapToLong(Long::longValue).sum();
        return new Report().figure("cases", accepted + refused + unexpected, "damaged graphs, zips and JSON files that went through the checks")
            .figure("cases_per_second", Math.round((accepted + refused + unexpected) / (nanos / 1e9)), "by one thread, the damaging included")
            .figure("refused", refused, "with what was got and what was expected")
            .figure("accepted", accepted, "taken: the damage is harmless, or one that only the runtime can see")
            .figure("unexpected", unexpected, "ended in any other way; the bench fails unless 0")
            .figure("runtime_loads", loads, "graphs taken that ONNX Runtime was then given, every " + LOAD_EVERY + "th")
            .figure("runtime_loaded", answers.getOrDefault(RuntimeProcess.Answer.LOADED, 0L), "of these, loaded")
            .figure("runtime_refused", answers.getOrDefault(RuntimeProcess.Answer.REFUSED, 0L), "of these, refused by the runtime with a reason")
            .figure("runtime_crashed", answers.getOrDefault(RuntimeProcess.Answer.CRASHED, 0L), "of these, ended the process; the files are kept in target/bench/fuzz")
            .figure("runtime_hung", answers.getOrDefault(RuntimeProcess.Answer.HUNG, 0L), "of these, no answer in " + RuntimeProcess.PATIENCE_SECONDS + " s; kept too")
            .note("Seed " + seed + ".")
            .note("Graphs are damaged blindly (a third) or field by field with lengths kept right; zips and JSON blindly.")
            .judge(unexpected == 0, unexpected + " cases were neither taken nor refused, expected none");
    }

    private static void keep(RuntimeProcess.Answer answer, int number, byte[] graph) throws IOException {
        if (answer == RuntimeProcess.Answer.CRASHED || answer == RuntimeProcess.Answer.HUNG) {
            Path directory = Files.createDirectories(ProjectFiles.target().resolve("bench").resolve("fuzz"));
            Files.write(directory.resolve(answer.name().toLowerCase(Locale.ROOT) + "-" + number + ".onnx"), graph);
        }
    }
}
