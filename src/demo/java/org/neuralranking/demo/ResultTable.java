package org.neuralranking.demo;

import java.util.List;
import java.util.Locale;

/** The rows of the comparison in columns, for a terminal. */
final class ResultTable {
    private static final String FORMAT = "  %-28s %9s %12s %11s %9s%n";

    private ResultTable() {}

    static String of(List<Comparison.Row> rows) {
        StringBuilder table = new StringBuilder(line("", "nDCG@10", "recall@100", "median ms", "p95 ms"));
        for (Comparison.Row row : rows) {
            table.append(
                line(row.system(), number(row.ndcg10(), 3), number(row.recall100(), 3), number(row.medianMillis(), 1), number(row.p95Millis(), 1))
            );
        }
        return table.toString();
    }

    private static String number(double value, int decimals) {
        return String.format(Locale.ROOT, "%." + decimals + "f", value);
    }

    private static String line(Object... cells) {
        return String.format(Locale.ROOT, FORMAT, cells);
    }
}
