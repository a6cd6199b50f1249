package org.neuralranking.node;

import java.nio.file.Path;

/** Where Maven has put what the black-box tests, the demo and the benches start from; the build passes the places as system properties. */
public final class ProjectFiles {

    private ProjectFiles() {}

    /** The unpacked OpenSearch distribution, as published; never written to. */
    public static Path distribution() {
        return property("dist.home");
    }

    /** The directory of the pom. */
    public static Path project() {
        return property("project.dir");
    }

    /** Everything that a run writes stays in here. */
    public static Path target() {
        return project().resolve("target");
    }

    /** A model bundle in {@code src/demo/models}, for example {@code minilm-sparse-doc}. */
    public static Path demoModel(String name) {
        return project().resolve("src/demo/models").resolve(name);
    }

    /** A small deterministic model bundle in {@code src/test/resources/models}, for example {@code toy-sparse}. */
    public static Path testModel(String name) {
        return project().resolve("src/test/resources/models").resolve(name);
    }

    /** Library jars for a plugin that stands beside ours in a test. */
    public static Path neighbourLibraries() {
        return property("neighbour.libraries");
    }

    static Path property(String name) {
        String value = System.getProperty(name);
        if (value == null || value.isBlank()) {
            throw new IllegalStateException(
                "system property [" + name + "] is not set: start through Maven (mvn verify, mvn -Pdemo verify, mvn -Pbench verify)"
            );
        }
        return Path.of(value).toAbsolutePath().normalize();
    }
}
