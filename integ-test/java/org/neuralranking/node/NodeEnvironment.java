package org.neuralranking.node;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The environment in which the distribution's own scripts run. */
final class NodeEnvironment {
    /** OpenSearch refuses to run as root, which it knows through JNA; without JNA it cannot tell. For tests and demos only. */
    private static final List<String> WITHOUT_JNA = List.of("-Djna.nosys=true", "-Djna.nounpack=true", "-Djna.noclasspath=true");
    /** What a developer has set for other programs, and the scripts warn about. */
    private static final List<String> UNWANTED = List.of("JAVA_OPTS", "JAVA_TOOL_OPTIONS", "OPENSEARCH_JAVA_OPTS", "OPENSEARCH_TMPDIR", "OPENSEARCH_HOME", "JDK_JAVA_OPTIONS");

    private NodeEnvironment() {}

    /** Same JVM as this one, configuration from {@code config}, nothing else inherited that OpenSearch listens to. */
    static void prepare(Map<String, String> environment, Path config) {
        UNWANTED.forEach(environment::remove);
        environment.put("OPENSEARCH_JAVA_HOME", System.getProperty("java.home"));
        environment.put("OPENSEARCH_PATH_CONF", config.toString());
    }

    /** OpenSearch's scripts split their own JVM options at spaces, which a checkout's path may have; the JVM's launcher reads quotes. */
    static void temporaryDirectory(Map<String, String> environment, Path directory) {
        environment.put("JDK_JAVA_OPTIONS", "\"-Djava.io.tmpdir=" + directory + "\"");
        environment.put("OPENSEARCH_TMPDIR", directory.toString()); // or the scripts make one outside
    }

    /** JVM options that this user needs on top of the shipped ones. */
    static List<String> jvmOptions(Path ownDirectory) {
        return isRoot(ownDirectory) ? WITHOUT_JNA : List.of();
    }

    /** @param ownDirectory made by this process, hence owned by its user */
    private static boolean isRoot(Path ownDirectory) {
        try {
            return Integer.valueOf(0).equals(Files.getAttribute(ownDirectory, "unix:uid"));
        } catch (UnsupportedOperationException notUnix) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException("could not read the owner of " + ownDirectory, e);
        }
    }
}
