package org.neuralranking.inference;

import java.util.HashMap;
import java.util.Map;

import org.opensearch.test.OpenSearchTestCase;

public class JvmPropertiesTests extends OpenSearchTestCase {

    private static final String SET = "neural-ranking.test.set";
    private static final String NEW = "neural-ranking.test.new";
    private static final String REMOVED = "neural-ranking.test.removed";

    private static JvmProperties change() {
        Map<String, String> wanted = new HashMap<>(Map.of(SET, "ours", NEW, "ours"));
        wanted.put(REMOVED, null);
        return new JvmProperties(wanted);
    }

    @Override
    public void setUp() throws Exception {
        super.setUp();
        System.setProperty(SET, "theirs");
        System.setProperty(REMOVED, "theirs");
        System.clearProperty(NEW);
    }

    @Override
    public void tearDown() throws Exception {
        for (String name : new String[] { SET, NEW, REMOVED }) {
            System.clearProperty(name);
        }
        super.tearDown();
    }

    private static void assertProperties(String set, String fresh, String removed) {
        assertEquals(set, System.getProperty(SET));
        assertEquals(fresh, System.getProperty(NEW));
        assertEquals(removed, System.getProperty(REMOVED));
    }

    public void testTheyAreAsWantedAndThenAsBefore() {
        try (JvmProperties properties = change()) {
            assertProperties("ours", "ours", null);
        }
        assertProperties("theirs", null, "theirs");
    }

    public void testTheyAreAsBeforeAfterAFailure() {
        expectThrows(IllegalStateException.class, () -> {
            try (JvmProperties properties = change()) {
                throw new IllegalStateException();
            }
        });
        assertProperties("theirs", null, "theirs");
    }

    public void testWhatOthersWriteMeanwhileStays() {
        try (JvmProperties properties = change()) {
            System.setProperty(SET, "later");
            System.setProperty(NEW, "later");
            System.setProperty(REMOVED, "later");
        }
        assertProperties("later", "later", "later");
    }
}
