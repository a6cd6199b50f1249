package org.neuralranking.node;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.junit.AfterClass;
import org.junit.BeforeClass;
import org.junit.Test;

import com.fasterxml.jackson.databind.JsonNode;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

/** What the harness promises to every test that stands on it. */
public class RealNodeIT {
    private static RealNode node;

    @BeforeClass
    public static void startNode() {
        node = RealNode.named("harness", Installation.of(PluginZip.ALL)).start();
    }

    @AfterClass
    public static void stopNode() {
        if (node != null) {
            node.close();
        }
    }

    @Test
    public void theNodeListsThePlugin() {
        List<String> plugins = new ArrayList<>();
        node.http().get("/_cat/plugins?format=json").ok().json().forEach(p -> plugins.add(p.path("component").asText() + " " + p.path("version").asText()));
        assertEquals(List.of("neural-ranking 3.8.0.0"), plugins);
    }

    @Test
    public void theJavaAgentIsOn() {
        JsonNode nodes = node.http().get("/_nodes/jvm").ok().at("/nodes");
        List<String> agents = new ArrayList<>();
        nodes.iterator().next().at("/jvm/input_arguments").forEach(argument -> {
            if (argument.asText().startsWith("-javaagent:")) {
                agents.add(argument.asText());
            }
        });
        assertEquals(List.of("-javaagent:agent/opensearch-agent.jar"), agents);
    }

    @Test
    public void aKilledNodeStartsAgainWithItsDocuments() {
        node.http().put("/films/_doc/1?refresh=true", "{\"title\": \"The Salt Ledger\"}").ok();
        long killed = node.pid();
        node.kill();
        assertFalse(isRunning(killed));
        node.start();
        Http.waitFor("the document is back", Duration.ofMinutes(1), () -> node.http().get("/films/_doc/1").status() == 200);
        assertEquals("The Salt Ledger", node.http().get("/films/_doc/1").ok().at("/_source/title").asText());
    }

    @Test
    public void aStoppedNodeLeavesNoProcessAndItsPortsFree() {
        long stopped = node.pid();
        node.stop();
        assertFalse(isRunning(stopped));
        assertTrue(FreePorts.isFree(node.httpPort()));
        assertTrue(FreePorts.isFree(node.transportPort()));
        node.start();
    }

    @Test
    public void aNodeThatDiesAtTheStartSaysWhy() {
        RealNode refused = RealNode.named("harness-refused", Installation.of(PluginZip.ALL)).setting("no.such.setting", "1").build();
        IllegalStateException failure = assertThrows(IllegalStateException.class, refused::start);
        assertTrue(failure.getMessage(), failure.getMessage().contains("unknown setting [no.such.setting]"));
        assertFalse(refused.isAlive());
    }

    private static boolean isRunning(long pid) {
        return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
    }
}
