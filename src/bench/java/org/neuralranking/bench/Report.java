package org.neuralranking.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/** What a bench has found: numbers by name, each with its definition, and notes on how they came about. */
final class Report {
    private final Map<String, Double> figures = new LinkedHashMap<>();
    private final Map<String, String> definitions = new LinkedHashMap<>();
    private final StringBuilder notes = new StringBuilder();

    Report figure(String name, double value, String definition) {
        if (figures.putIfAbsent(name, value) != null) {
            throw new IllegalArgumentException("figure [" + name + "] is there already");
        }
        definitions.put(name, definition);
        return this;
    }

    /** Adds {@code name}, {@code name_low}, {@code name_high} and {@code name_control}. */
    Report figures(String name, PairedRounds.Comparison comparison, String definition) {
        figure(name, comparison.ratio().median(), definition);
        figure(name + "_low", comparison.ratio().low(), "lower end of its bootstrap 95 % interval");
        figure(name + "_high", comparison.ratio().high(), "upper end of its bootstrap 95 % interval");
        return figure(name + "_control", comparison.control().median(), "the reference against itself in the same rounds; within 1 ± 0.02 or the ratio says nothing");
    }

    /** Adds a sentence. */
    Report note(String sentence) {
        notes.append(notes.isEmpty() ? "" : " ").append(sentence);
        return this;
    }

    /** In the order in which they were added. */
    Map<String, Double> figures() {
        return figures;
    }

    String definition(String figure) {
        return definitions.get(figure);
    }

    String notes() {
        return notes.toString();
    }
}
