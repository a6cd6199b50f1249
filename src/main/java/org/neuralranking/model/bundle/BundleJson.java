package org.neuralranking.model.bundle;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;

import org.opensearch.common.xcontent.json.JsonXContent;
import org.opensearch.core.xcontent.DeprecationHandler;
import org.opensearch.core.xcontent.NamedXContentRegistry;
import org.opensearch.core.xcontent.XContentParser;

/** One of a bundle's small JSON files; every getter says which file and key it could not read. */
public final class BundleJson {

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
        String file = path.getFileName().toString();
        if (Files.size(path) > limits.jsonBytes()) {
            throw new BundleException(file + ": got " + Files.size(path) + " bytes, expected at most " + limits.jsonBytes());
        }
        try (
            XContentParser parser = JsonXContent.jsonXContent.createParser(
                NamedXContentRegistry.EMPTY,
                DeprecationHandler.IGNORE_DEPRECATIONS,
                Files.readAllBytes(path)
            )
        ) {
            if (parser.nextToken() != XContentParser.Token.START_OBJECT) {
                throw new BundleException(file + ": got something that begins with " + parser.currentToken() + ", expected a JSON object");
            }
            return new BundleJson(file, parser.map());
        } catch (BundleException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            throw new BundleException(file + ": got something else, expected a JSON object: " + e.getMessage(), e);
        }
    }

    BundleJson allowOnly(Set<String> keys) {
        for (String key : values.keySet()) {
            if (keys.contains(key) == false) {
                throw new BundleException(file + ": got key [" + key + "], expected only " + keys);
            }
        }
        return this;
    }

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
