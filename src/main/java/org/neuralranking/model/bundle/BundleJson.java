package org.neuralranking.model.bundle;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.BiConsumer;

import org.opensearch.core.xcontent.XContentParser;

/**
 * The top level of one of a bundle's JSON files; every getter says which file and key it could not read. What is nested deeper than a list
 * of a few values is not kept: nothing there is used, and it could be as large as the heap.
 */
public final class BundleJson {

    /** Lists that are used have one or two entries. */
    private static final int MAX_LIST = 100;
    private static final Object NESTED = new Object() {
        @Override
        public String toString() {
            return "something nested or long";
        }
    };

    private final String file;
    private final Map<String, Object> values;

    private BundleJson(String file, Map<String, Object> values) {
        this.file = file;
        this.values = values;
    }

    static BundleJson empty(String file) {
        return new BundleJson(file, Map.of());
    }

    /** @throws BundleException if the file is too large or not a JSON object */
    public static BundleJson read(Path path, BundleLimits limits) throws IOException {
        return JsonFile.read(path, limits, BundleJson::of);
    }

    /**
     * Hands out the top level key by key and keeps nothing of it.
     *
     * @param limits those that the bundle was read with
     * @param entry  key and value, as in {@link #values}
     * @throws BundleException if the file is too large or not a JSON object
     */
    public static void forEach(Path path, BundleLimits limits, BiConsumer<String, Object> entry) throws IOException {
        JsonFile.read(path, limits, file -> {
            forEach(file, entry);
            return null;
        });
    }

    private static void forEach(JsonFile file, BiConsumer<String, Object> entry) throws IOException {
        for (String key = file.key(); key != null; key = file.key()) {
            entry.accept(key, value(file));
        }
    }

    static BundleJson of(JsonFile file) throws IOException {
        Map<String, Object> values = new LinkedHashMap<>();
        forEach(file, values::put);
        return new BundleJson(file.name, values);
    }

    private static Object value(JsonFile file) throws IOException {
        return switch (file.next()) {
            case START_ARRAY -> list(file);
            case START_OBJECT -> {
                file.skip();
                yield NESTED;
            }
            default -> file.parser().objectText();
        };
    }

    private static Object list(JsonFile file) throws IOException {
        List<Object> list = new ArrayList<>();
        boolean whole = true;
        for (XContentParser.Token token = file.next(); token != XContentParser.Token.END_ARRAY; token = file.next()) {
            if (token.isValue() && list.size() < MAX_LIST) {
                list.add(file.parser().objectText());
            } else {
                file.skip();
                whole = false;
            }
        }
        return whole ? list : NESTED;
    }

    BundleJson allowOnly(Set<String> keys) {
        for (String key : values.keySet()) {
            if (keys.contains(key) == false) {
                throw new BundleException(file + ": got key [" + key + "], expected only " + keys);
            }
        }
        return this;
    }

    /** By key; whatever is neither a single value nor a short list of them is there as an object of no use. */
    public Map<String, Object> values() {
        return values;
    }

    Optional<String> string(String key) {
        Object value = values.get(key);
        if (value == null) {
            return Optional.empty();
        }
        if (value instanceof String string) {
            return Optional.of(string);
        }
        throw wrong(key, value, "a string");
    }

    List<String> strings(String key) {
        Object value = values.get(key);
        if (value == null) {
            return List.of();
        }
        List<String> strings = new ArrayList<>();
        if (value instanceof List<?> list) {
            for (Object entry : list) {
                strings.add(String.valueOf(entry));
            }
            return strings;
        }
        throw wrong(key, value, "a list of strings");
    }

    OptionalInt integer(String key) {
        Object value = values.get(key);
        if (value == null) {
            return OptionalInt.empty();
        }
        if (value instanceof Integer number) {
            return OptionalInt.of(number);
        }
        throw wrong(key, value, "an integer");
    }

    OptionalDouble number(String key) {
        Object value = values.get(key);
        if (value == null) {
            return OptionalDouble.empty();
        }
        if (value instanceof Number number) {
            return OptionalDouble.of(number.doubleValue());
        }
        throw wrong(key, value, "a number");
    }

    private BundleException wrong(String key, Object got, String expected) {
        return new BundleException(file + ": got [" + key + "] = " + got + ", expected " + expected);
    }
}
