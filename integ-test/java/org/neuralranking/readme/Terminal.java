package org.neuralranking.readme;

import java.util.List;
import java.util.Map;

import org.neuralranking.node.Answer;
import org.neuralranking.node.Http;
import org.neuralranking.node.Installation;
import org.neuralranking.node.PluginZip;
import org.neuralranking.node.ProjectFiles;
import org.neuralranking.node.Ran;
import org.neuralranking.node.RealNode;

import com.fasterxml.jackson.core.JsonProcessingException;

/**
 * Does what somebody does who follows the README and the page on models: in a fresh home of OpenSearch, without the plugin, every command
 * as it stands there. Only {@code mvn} is looked up instead of run, and {@code bin/opensearch} starts a node with ports and directories of
 * its own.
 */
public final class Terminal implements AutoCloseable {
    /** What a reader replaces by the directory of this project. */
    private static final String PROJECT = "/path/to/neural-ranking";
    /** What {@code bin/opensearch} takes unless told otherwise. */
    private static final String HEAP = "1g";
    private static final String UPLOAD = "bin/neural-ranking/neural-ranking-upload";

    private final Installation home = Installation.fresh("readme", List.of());
    private RealNode node;

    /**
     * @return what the node answered, null for commands that ask it nothing
     * @throws RuntimeException if the command fails or is none that this class knows
     */
    public Answer run(ShellCommand command) {
        List<String> words = command.words();
        switch (words.getFirst()) {
            case "mvn" -> MavenCommand.in(ProjectFiles.project().resolve("pom.xml")).check(words);
            case "mkdir", "cp", "bin/opensearch-plugin" -> home.run(words.stream().map(Terminal::onThisMachine).toList());
            case "bin/opensearch" -> start(words);
            case "curl" -> {
                return CurlRequest.of(words).send(port(words));
            }
            case UPLOAD -> {
                return upload(words);
            }
            default -> throw new IllegalArgumentException("got command [" + words.getFirst() + "], which no test can run");
        }
        return null;
    }

    private Answer upload(List<String> words) {
        String cluster = "http://" + CurlRequest.HOST;
        if (words.contains(cluster) == false) {
            throw new IllegalArgumentException("got " + words + ", expected [--url " + cluster + "]"); // or it finds whatever listens there
        }
        String node = "http://127.0.0.1:" + port(words);
        Ran ran = home.attempt(home.home(), Map.of(), words.stream().map(word -> word.equals(cluster) ? node : onThisMachine(word)).toList());
        if (ran.status() != 0) {
            throw new IllegalStateException("exit status " + ran.status() + " of " + words + "\n" + ran.error());
        }
        try {
            return new Answer(UPLOAD, ShellCommand.SUCCESS, Http.JSON.readTree(ran.out()), ran.out());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("got [" + ran.out() + "] of " + words + ", expected JSON", e);
        }
    }

    private int port(List<String> words) {
        if (node == null) {
            throw new IllegalStateException("got [" + words.getFirst() + "] before [bin/opensearch], expected it after");
        }
        return node.httpPort();
    }

    private static String onThisMachine(String word) {
        String here = word.replace(PROJECT, ProjectFiles.project().toString());
        return here.replace(PluginZip.LINUX.file().toString(), PluginZip.forThisMachine().file().toString());
    }

    private void start(List<String> words) {
        if (words.size() > 1 || node != null) {
            throw new IllegalArgumentException("got " + words + (node == null ? "" : " again") + ", expected [bin/opensearch] once");
        }
        node = RealNode.named("readme", home).jvmOption("-Xms" + HEAP).jvmOption("-Xmx" + HEAP).start();
    }

    @Override
    public void close() {
        if (node != null) {
            node.close();
        }
    }
}
