package org.neuralranking.rescore;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.opensearch.test.OpenSearchTestCase;

public class DocumentTextTests extends OpenSearchTestCase {

    private static List<String> values(Map<String, Object> source, String... fields) {
        return new DocumentText(List.of(fields), null).values(source);
    }

    public void testFieldsComeInTheOrderOfTheClause() {
        assertEquals(List.of("b", "a"), values(Map.of("x", "a", "y", "b"), "y", "x"));
    }

    public void testWhatIsNotThereOrBlankIsLeftOut() {
        Map<String, Object> source = new HashMap<>(Map.of("a", " \n", "b", "", "c", List.of(), "e", "text"));
        source.put("d", null);
        assertEquals(List.of("text"), values(source, "a", "b", "c", "d", "missing", "e"));
        assertEquals(List.of(), values(Map.of(), "a"));
    }

    public void testListsNumbersAndPathsBecomeText() {
        Map<String, Object> source = Map.of(
            "people", Arrays.asList("Ines", null, "Tom"),
            "year", 1987,
            "good", true,
            "chapters", List.of(Map.of("text", "one"), Map.of("text", "two"))
        );
        assertEquals(List.of("Ines Tom", "1987", "true", "one two"), values(source, "people", "year", "good", "chapters.text"));
    }

    public void testAnObjectIsNoText() {
        Exception e = expectThrows(IllegalArgumentException.class, () -> values(Map.of("a", Map.of("b", 1)), "a"));
        assertTrue(e.getMessage(), e.getMessage().contains("got an object at [a]"));
    }

    public void testFieldsAreChecked() {
        expectThrows(IllegalArgumentException.class, () -> new DocumentText(List.of(), null));
        expectThrows(IllegalArgumentException.class, () -> new DocumentText(List.of("a", " "), null));
        expectThrows(IllegalArgumentException.class, () -> new DocumentText(java.util.Collections.nCopies(101, "f"), null));
    }
}
