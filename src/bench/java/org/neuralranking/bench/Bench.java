package org.neuralranking.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

import org.neuralranking.node.Http;
import org.neuralranking.node.ProjectFiles;

/**
 * Runs one bench by name, {@code mvn -Pbench verify -Dbench=NAME}: prints its figures with their definitions and writes them to
 * {@code target/bench/NAME.json} as {@code {"figures": {"name": number}, "notes": "..."}}. Ends with
 * status 1 if the report says that something does not hold.
 */
public final class Bench {
    private interface Measurement {
        Report run() throws IOException;
    }

    private static final Map<String, Measurement> BENCHES = new TreeMap<>(
        Map.of("fuzz", FuzzBench::run, "models", ModelsBench::run, "quality", QualityBench::run, "wordpiece", WordpieceBench::run)
    );

    private Bench() {}

    /** What {@code -Dbench=NAME} may be. */
    public static Set<String> names() {
        return BENCHES.keySet();
    }

    public static void main(String[] arguments) throws IOException {
        String name = arguments.length == 1 ? arguments[0] : "";
        Measurement bench = BENCHES.get(name);
        if (bench == null) {
            System.err.println("No bench is called [" + name + "]. There are: " + String.join(", ", BENCHES.keySet()) + " (-Dbench=NAME)");
            System.exit(1);
        }
        Report report = bench.run();
        print(report);
        System.out.println("\nWritten to " + write(name, report));
        if (report.failures().isEmpty() == false) {
            System.err.println("Failed: " + String.join("; ", report.failures()));
            System.exit(1);
        }
    }

    private static void print(Report report) {
        int width = report.figures().keySet().stream().mapToInt(String::length).max().orElse(0);
        System.out.println();
        report.figures()
            .forEach((name, value) -> System.out.printf("%-" + width + "s %10s  %s%n", name, readable(value), report.definition(name)));
        System.out.println("\n" + report.notes());
    }

    private static String readable(double value) {
        return String.format(Locale.ROOT, value == Math.rint(value) ? "%.0f" : "%.4f", value);
    }

    private static Path write(String name, Report report) throws IOException {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("figures", report.figures());
        json.put("notes", report.notes());
        Path file = Files.createDirectories(ProjectFiles.target().resolve("bench")).resolve(name + ".json");
        Http.JSON.writerWithDefaultPrettyPrinter().writeValue(file.toFile(), json);
        return ProjectFiles.project().relativize(file);
    }
}
