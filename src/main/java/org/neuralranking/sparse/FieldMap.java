package org.neuralranking.sparse;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.opensearch.ingest.IngestDocument;

/**
 * Which texts of a document are encoded, and where their vectors go: {@code field_map} of the processor.
 *
 * <p>A source is a dotted path through objects and lists of objects; its target stands beside it, in every object that has the source.
 * {@code {"chapters": {"text": "sparse"}}} is another way to write {@code {"chapters.text": "chapters.sparse"}}. As in other ingest
 * processors a path follows objects, not keys with dots in them.
 */
final class FieldMap {

    /**
     * @param parents the objects on the way, outermost first
     * @param source  key of the text, or texts, in the innermost object
     * @param target  key of the vector, or vectors, in the same object
     */
    private record Pair(List<String> parents, String source, String target) {

        String sourcePath() {
            return path(parents, source);
        }

        String targetPath() {
            return path(parents, target);
        }
    }

    private final List<Pair> pairs;

    private FieldMap(List<Pair> pairs) {
        this.pairs = pairs;
    }

    private static String path(List<String> parents, String key) {
        return parents.isEmpty() ? key : String.join(".", parents) + "." + key;
    }

    /** @throws IllegalArgumentException if a path is malformed, or if targets and sources do not all go their own ways */
    static FieldMap parse(Map<String, Object> config) {
        List<Pair> pairs = new ArrayList<>();
        addAll(List.of(), config, pairs);
        if (pairs.isEmpty()) {
            throw new IllegalArgumentException("got no fields, expected at least one {source: target}");
        }
        Set<String> metadata = new HashSet<>();
        for (IngestDocument.Metadata field : IngestDocument.Metadata.values()) {
            metadata.add(field.getFieldName());
        }
        for (int i = 0; i < pairs.size(); i++) {
            Pair pair = pairs.get(i);
            if (metadata.contains(pair.targetPath())) {
                throw new IllegalArgumentException("got target [" + pair.targetPath() + "], expected no metadata field");
            }
            for (int j = 0; j < pairs.size(); j++) {
                refuseIfWithin(pair, pairs.get(j).sourcePath(), "source");
                if (i != j) {
                    refuseIfWithin(pair, pairs.get(j).targetPath(), "target");
                }
            }
        }
        return new FieldMap(List.copyOf(pairs));
    }

    private static void refuseIfWithin(Pair pair, String other, String what) {
        if ((other + ".").startsWith(pair.targetPath() + ".")) {
            throw new IllegalArgumentException(
                "got target [" + pair.targetPath() + "], which would overwrite the " + what + " [" + other + "], expected a path of its own"
            );
        }
    }

    private static void addAll(List<String> parents, Map<?, ?> config, List<Pair> pairs) {
        for (Map.Entry<?, ?> entry : config.entrySet()) {
            List<String> source = new ArrayList<>(parents);
            source.addAll(segments(String.valueOf(entry.getKey())));
            if (entry.getValue() instanceof Map<?, ?> nested) {
                if (nested.isEmpty()) {
                    throw new IllegalArgumentException("got nothing in [" + entry.getKey() + "], expected at least one {source: target}");
                }
                addAll(source, nested, pairs);
                continue;
            }
            if (entry.getValue() instanceof String == false) {
                throw new IllegalArgumentException(
                    "got target [" + entry.getValue() + "] for source [" + String.join(".", source) + "], expected a path or an object"
                );
            }
            List<String> target = new ArrayList<>(parents);
            target.addAll(segments((String) entry.getValue()));
            List<String> sourceParents = source.subList(0, source.size() - 1);
            if (target.subList(0, target.size() - 1).equals(sourceParents) == false) {
                throw new IllegalArgumentException(
                    "got target ["
                        + String.join(".", target)
                        + "] for source ["
                        + String.join(".", source)
                        + "], expected a target beside the source, such as ["
                        + path(sourceParents, target.getLast())
                        + "]"
                );
            }
            pairs.add(new Pair(List.copyOf(sourceParents), source.getLast(), target.getLast()));
        }
    }

    private static List<String> segments(String path) {
        List<String> segments = Arrays.asList(path.split("\\.", -1));
        if (segments.stream().anyMatch(String::isBlank)) {
            throw new IllegalArgumentException("got path [" + path + "], expected names separated by single dots");
        }
        return segments;
    }

    /**
     * Finds the texts of a document. Where a source is, null too, the target's old value is removed: it belongs to another text.
     *
     * @param source the document's fields, changed in place
     * @return one for every value that has a text that is not blank
     * @throws IllegalArgumentException if a source is no text, or something on the way to it no object
     */
    List<SourceText> take(Map<String, Object> source) {
        List<SourceText> taken = new ArrayList<>();
        for (Pair pair : pairs) {
            take(pair, source, 0, taken);
        }
        return taken;
    }

    private static void take(Pair pair, Object value, int depth, List<SourceText> taken) {
        if (value == null) {
            return;
        }
        if (value instanceof List<?> list) {
            list.forEach(element -> take(pair, element, depth, taken));
            return;
        }
        if (value instanceof Map<?, ?> == false) {
            throw wrongType(path(pair.parents.subList(0, depth - 1), pair.parents.get(depth - 1)), value, "an object or a list of objects");
        }
        @SuppressWarnings("unchecked")
        Map<String, Object> object = (Map<String, Object>) value;
        if (depth < pair.parents.size()) {
            take(pair, object.get(pair.parents.get(depth)), depth + 1, taken);
            return;
        }
        if (object.containsKey(pair.source) == false) {
            return; // a part of a document, or vectors that were made elsewhere
        }
        object.remove(pair.target);
        Object text = object.get(pair.source);
        if (text == null) {
            return;
        }
        SourceText found = new SourceText(object, pair.target, texts(pair, text), text instanceof List);
        if (found.texts().isEmpty() == false) {
            taken.add(found);
        }
    }

    private static List<String> texts(Pair pair, Object value) {
        List<String> texts = new ArrayList<>();
        for (Object element : value instanceof List<?> list ? list : List.of(value)) {
            if (element instanceof String text) {
                if (text.isBlank() == false) {
                    texts.add(text);
                }
            } else if (element != null) {
                throw wrongType(pair.sourcePath(), element, "a text or a list of texts");
            }
        }
        return texts;
    }

    private static IllegalArgumentException wrongType(String path, Object got, String expected) {
        String type = switch (got) {
            case Map<?, ?> map -> "an object";
            case List<?> list -> "a list";
            case String text -> "a text";
            default -> "[" + got + "]";
        };
        return new IllegalArgumentException("field [" + path + "]: got " + type + ", expected " + expected);
    }
}
