package org.neuralranking.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a bench has found: numbers by name, each with its definition, and notes on how they came about. */
final class Report {
    private final Map<String, Double> figures = new LinkedHashMap<>();
    private final Map<String, String> definitions = new LinkedHashMap<>();
    private final StringBuilder notes = new StringBuilder();
    private final List<String> failures = new ArrayList<>();

    Report figure(String name, double value, String definition) {
        if (figures.putIfAbsent(name, value) != null) {
            throw new IllegalArgumentException("figure [" + name + "] is there already");
        }
        definitions.put(name, definition);
        return this;
    }

    /** Adds {@code name}, {@code name_low}, {@code name_high}, {@code name_control} and {@code name_valid}. */
    Report figures(String name, PairedRounds.Comparison comparison, String definition) {
        figure(name, comparison.ratio().median(), definition);
        figure(name + "_low", comparison.ratio().low(), "lower end of its bootstrap 95 % interval");
        figure(name + "_high", comparison.ratio().high(), "upper end of its bootstrap 95 % interval");
        figure(name + "_control", comparison.control().median(), "the reference against itself in the same rounds; within 1 ± " + PairedRounds.CONTROL_TOLERANCE + " or the ratio says nothing");
        figure(name + "_valid", comparison.controlHolds() ? 1 : 0, "1 if the control is within that");
        if (comparison.controlHolds() == false) {
            note("The machine was too restless: " + name + " says nothing, because its control is outside 1 ± " + PairedRounds.CONTROL_TOLERANCE + ".");
        }
        return this;
    }

    /** Unless {@code holds}, the bench fails, once everything is printed and written, and says why. */
    Report judge(boolean holds, String failure) {
        if (holds == false) {
            failures.add(failure);
        }
        return this;
    }

    List<String> failures() {
        return failures;
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
