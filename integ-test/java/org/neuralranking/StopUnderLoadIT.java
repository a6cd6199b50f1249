package org.neuralranking;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.Test;
import org.neuralranking.node.Http;
import org.neuralranking.node.Installation;
import org.neuralranking.node.ModelRegistration;
import org.neuralranking.node.PluginZip;
import org.neuralranking.node.ProjectFiles;
import org.neuralranking.node.RealNode;

import static org.junit.Assert.assertFalse;

/** An operator may stop a node at any moment. */
public class StopUnderLoadIT {

    private static final String MODEL = "minilm-cross-encoder";
    private static final int CLIENTS = 3;

    @Test
    public void aNodeThatIsStoppedWhileItInfersDoesNotCrash() {
        try (RealNode node = RealNode.named("stopped", Installation.of(PluginZip.ALL)).bundle(ProjectFiles.demoModel(MODEL)).start()) {
            ModelRegistration.register(node.http(), MODEL);
            AtomicInteger answered = new AtomicInteger();
            List<CompletableFuture<Void>> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(CompletableFuture.runAsync(() -> inferUntilGone(node.http(), answered), task -> new Thread(task, "client").start()));
            }
            // more clients than answers: some request is being worked on
            Http.waitFor("inference is under way", Duration.ofMinutes(2), () -> answered.get() > 0);
            node.stop(); // which throws if the node does not end by itself
            clients.forEach(CompletableFuture::join);
            assertFalse(node.log(), node.log().contains("SIGSEGV"));
        }
    }

    private static void inferUntilGone(Http http, AtomicInteger answered) {
        Map<String, Object> pairs = Map.of("query", "lighthouse", "documents", Collections.nCopies(50, "The keeper of the light polishes the brass. ".repeat(6)));
        try {
            while (http.post("/_plugins/_neural_ranking/models/" + MODEL + "/_infer", pairs).status() == 200) {
                answered.incrementAndGet();
            }
        } catch (UncheckedIOException gone) {
            // as expected: the node was stopped
        }
    }
}
