package org.neuralranking.readme;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;

import org.neuralranking.node.Http;

/**
 * An answer as a page shows it: JSON that may leave out what a reader need not see.
 * <ul>
 * <li>Of an object, the keys that are shown must be there with equal values; a key {@code <anything in angle brackets>} stands for one
 * whose name nobody can know. A bare {@code ...} in an object only says that there is more.
 * <li>A list must be shown whole, unless it ends in a bare {@code ...}.
 * <li>A text that ends in {@code ...} is the beginning of the real one; {@code "..."} alone is any value.
 * <li>Whole numbers must be equal, others within {@value #TOLERANCE} of what is shown.
 * </ul>
 */
public final class ShownAnswer {
    /** Quantised models round differently on different processors. */
    static final double TOLERANCE = 0.02;

    private static final String MORE = "...";

    private final JsonNode shown;

    private ShownAnswer(JsonNode shown) {
        this.shown = shown;
    }

    /** @throws IllegalArgumentException if the text is not JSON even with every bare {@code ...} read as above */
    public static ShownAnswer of(String text) {
        try {
            return new ShownAnswer(Http.JSON.readTree(quoteBareDots(text)));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("got an answer that is not JSON: " + e.getMessage(), e);
        }
    }

    private static String quoteBareDots(String text) {
        StringBuilder json = new StringBuilder();
        Deque<Character> open = new ArrayDeque<>();
        boolean inString = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (inString) {
                if (c == '\\') {
                    json.append(c);
                    c = text.charAt(++i);
                } else if (c == '"') {
                    inString = false;
                }
            } else if (text.startsWith(MORE, i)) {
                json.append(open.peek() != null && open.peek() == '{' ? "\"...\": \"...\"" : "\"...\"");
                i += MORE.length() - 1;
                continue;
            } else if (c == '"') {
                inString = true;
            } else if (c == '{' || c == '[') {
                open.push(c);
            } else if (c == '}' || c == ']') {
                open.poll();
            }
            json.append(c);
        }
        return json.toString();
    }

    /** What is different, with places; empty if nothing is. */
    public List<String> differencesFrom(JsonNode real) {
        List<String> differences = new ArrayList<>();
        compare(shown, real, "", differences);
        return differences;
    }

    private static void compare(JsonNode shown, JsonNode real, String at, List<String> differences) {
        if (shown.isObject() && real.isObject()) {
            compareObjects(shown, real, at, differences);
        } else if (shown.isArray() && real.isArray()) {
            compareLists(shown, real, at, differences);
        } else if (equal(shown, real) == false) {
            differences.add((at.isEmpty() ? "answer" : at) + ": the page shows " + shown + ", the node answered " + real);
        }
    }

    private static boolean equal(JsonNode shown, JsonNode real) {
        if (shown.isTextual() && shown.asText().endsWith(MORE)) {
            String begin = shown.asText().substring(0, shown.asText().length() - MORE.length());
            return begin.isEmpty() || real.isTextual() && real.asText().startsWith(begin);
        }
        if (shown.isNumber() && real.isNumber()) {
            double tolerance = shown.isIntegralNumber() ? 0 : TOLERANCE * Math.abs(shown.asDouble());
            return Math.abs(real.asDouble() - shown.asDouble()) <= tolerance;
        }
        return shown.equals(real);
    }

    private static void compareObjects(JsonNode shown, JsonNode real, String at, List<String> differences) {
        for (Map.Entry<String, JsonNode> field : shown.properties()) {
            String key = field.getKey();
            if (key.equals(MORE)) {
                continue;
            }
            if (key.startsWith("<") && key.endsWith(">")) {
                compareWithAny(field.getValue(), real, at + "." + key, differences);
            } else if (real.has(key) == false) {
                differences.add(at + "." + key + ": the page shows it, the node answered only " + names(real));
            } else {
                compare(field.getValue(), real.get(key), at + "." + key, differences);
            }
        }
    }

    private static void compareWithAny(JsonNode shown, JsonNode real, String at, List<String> differences) {
        List<String> last = List.of(at + ": the page shows a value, the node answered none");
        for (JsonNode value : real) {
            last = new ArrayList<>();
            compare(shown, value, at, last);
            if (last.isEmpty()) {
                return;
            }
        }
        differences.addAll(last);
    }

    private static void compareLists(JsonNode shown, JsonNode real, String at, List<String> differences) {
        int size = shown.size();
        boolean more = size > 0 && shown.get(size - 1).asText().equals(MORE);
        int expected = more ? size - 1 : size;
        if (more ? real.size() < expected : real.size() != expected) {
            differences.add(at + ": the page shows " + expected + (more ? " or more" : "") + " entries, the node answered " + real.size());
            return;
        }
        Iterator<JsonNode> reals = real.iterator();
        for (int i = 0; i < expected; i++) {
            compare(shown.get(i), reals.next(), at + "[" + i + "]", differences);
        }
    }

    private static List<String> names(JsonNode object) {
        return object.properties().stream().map(Map.Entry::getKey).toList();
    }
}
