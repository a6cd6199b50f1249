package org.neuralranking.inference;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;

/**
 * System properties as they are to be for a moment. They belong to the whole JVM, so {@link #close} puts back what was there, except where
 * somebody else has written meanwhile.
 */
final class JvmProperties implements AutoCloseable {

    private final Map<String, String> wanted;
    private final Map<String, Object> before = new LinkedHashMap<>();
    private final Properties properties = System.getProperties();

    /** @param wanted values by name; a name without a value is removed */
    JvmProperties(Map<String, String> wanted) {
        this.wanted = wanted;
        wanted.forEach((name, value) -> before.put(name, value == null ? properties.remove(name) : properties.put(name, value)));
    }

    @Override
    public void close() {
        before.forEach((name, value) -> {
            String ours = wanted.get(name);
            if (value == null) {
                if (ours != null) {
                    properties.remove(name, ours);
                }
            } else if (ours == null) {
                properties.putIfAbsent(name, value);
            } else {
                properties.replace(name, ours, value);
            }
        });
    }
}
