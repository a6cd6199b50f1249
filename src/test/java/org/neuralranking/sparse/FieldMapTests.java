package org.neuralranking.sparse;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.opensearch.common.xcontent.XContentHelper;
import org.opensearch.common.xcontent.json.JsonXContent;
import org.opensearch.test.OpenSearchTestCase;

public class FieldMapTests extends OpenSearchTestCase {

    private static Map<String, Object> json(String json) {
        return XContentHelper.convertToMap(JsonXContent.jsonXContent, json, false);
    }

    /** Writes {"the text": 1.5} for every text. */
    private static void encode(FieldMap map, Map<String, Object> document) {
        for (SourceText source : map.take(document)) {
            source.write(source.texts().stream().map(text -> SparseVector.of(Map.of(text, 1.5f))).toList());
        }
    }

    private static void assertEncoded(String fieldMap, String document, String expected) throws IOException {
        Map<String, Object> source = json(document);
        encode(FieldMap.parse(json(fieldMap)), source);
        assertEquals(json(expected), json(JsonXContent.contentBuilder().map(source).toString()));
    }

    public void testATextBecomesAVectorAndAListAListOfVectors() throws Exception {
        assertEncoded(
            "{\"body\":\"sparse\",\"tags\":\"tags_sparse\"}",
            "{\"body\":\"cat\",\"tags\":[\"a\",null,\" \",\"b\"]}",
            "{\"body\":\"cat\",\"tags\":[\"a\",null,\" \",\"b\"],\"sparse\":{\"cat\":1.5},\"tags_sparse\":[{\"a\":1.5},{\"b\":1.5}]}"
        );
    }

    public void testEveryObjectOnThePathGetsItsOwnVector() throws Exception {
        String document = "{\"chapters\":[{\"meta\":{\"text\":\"a\"}},{\"meta\":[{\"text\":\"b\"},null,{}]},{}]}";
        String encoded = "{\"chapters\":[{\"meta\":{\"text\":\"a\",\"s\":{\"a\":1.5}}},"
            + "{\"meta\":[{\"text\":\"b\",\"s\":{\"b\":1.5}},null,{}]},{}]}";
        assertEncoded("{\"chapters.meta.text\":\"chapters.meta.s\"}", document, encoded);
        assertEncoded("{\"chapters\":{\"meta.text\":\"meta.s\"}}", document, encoded);
        assertEncoded("{\"chapters\":{\"meta\":{\"text\":\"s\"}}}", document, encoded);
    }

    public void testWithoutItsSourceATargetStays() throws Exception {
        for (String document : List.of("{}", "{\"body\":null}", "{\"sparse\":{\"x\":1.5}}")) {
            assertEncoded("{\"body\":\"sparse\"}", document, document);
        }
    }

    public void testANullOrBlankSourceHasNoTarget() throws Exception {
        for (String blank : List.of("null", "\"\"", "\" \\n\"", "[]", "[\"\",null]")) {
            assertEncoded("{\"body\":\"sparse\"}", "{\"body\":" + blank + ",\"sparse\":{\"x\":1.5}}", "{\"body\":" + blank + "}");
        }
    }

    public void testOnlyTheObjectWhoseSourceWasEmptiedLosesItsTarget() throws Exception {
        assertEncoded(
            "{\"chapters.text\":\"chapters.s\"}",
            "{\"chapters\":[{\"text\":null,\"s\":{\"old\":1}},{\"s\":{\"given\":1}},{\"text\":\"b\",\"s\":{\"old\":1}}]}",
            "{\"chapters\":[{\"text\":null},{\"s\":{\"given\":1}},{\"text\":\"b\",\"s\":{\"b\":1.5}}]}"
        );
    }

    public void testATextWithoutTokensHasNoTarget() {
        Map<String, Object> document = json("{\"body\":\"?\",\"sparse\":{\"x\":1.5}}");
        FieldMap.parse(Map.of("body", "sparse")).take(document).getFirst().write(List.of(SparseVector.EMPTY));
        assertEquals(Map.of("body", "?"), document);
    }

    public void testAnOldTargetIsReplacedOrGoneEvenIfEncodingFails() {
        Map<String, Object> document = json("{\"body\":\"new text\",\"sparse\":{\"old\":1}}");
        assertEquals(1, FieldMap.parse(Map.of("body", "sparse")).take(document).size());
        assertEquals(Map.of("body", "new text"), document);
    }

    private static String refusal(String fieldMap, String document) {
        return expectThrows(IllegalArgumentException.class, () -> FieldMap.parse(json(fieldMap)).take(json(document))).getMessage();
    }

    public void testWhatIsNoTextIsRefused() {
        String map = "{\"a.body\":\"a.sparse\"}";
        assertEquals("field [a.body]: got [5], expected a text or a list of texts", refusal(map, "{\"a\":{\"body\":5}}"));
        assertEquals("field [a.body]: got [true], expected a text or a list of texts", refusal(map, "{\"a\":{\"body\":[\"x\",true]}}"));
        assertEquals("field [a.body]: got an object, expected a text or a list of texts", refusal(map, "{\"a\":{\"body\":{}}}"));
        assertEquals("field [a.body]: got a list, expected a text or a list of texts", refusal(map, "{\"a\":{\"body\":[[\"x\"]]}}"));
        assertEquals("field [a]: got a text, expected an object or a list of objects", refusal(map, "{\"a\":\"text\"}"));
        assertEquals("field [a]: got [1], expected an object or a list of objects", refusal(map, "{\"a\":[{},1]}"));
    }

    public void testTargetsAndSourcesGoTheirOwnWays() {
        for (String bad : List.of(
            "{}",
            "{\"a\":{}}",
            "{\"a\":5}",
            "{\"a\":null}",
            "{\"a\":[\"b\"]}",
            "{\"a\":\"\"}",
            "{\"\":\"a\"}",
            "{\"a..b\":\"a.c\"}",
            "{\"a.\":\"b\"}",
            "{\"a\":\"a\"}",
            "{\"a\":\"s\",\"b\":\"s\"}",
            "{\"a\":\"b\",\"b\":\"c\"}",
            "{\"a.b\":\"a.s\",\"c\":\"a\"}",
            "{\"a.b\":\"s\"}",
            "{\"a\":\"x.s\"}",
            "{\"a.b\":\"c.s\"}",
            "{\"a\":\"_id\"}"
        )) {
            Map<String, Object> map = new HashMap<>(json(bad));
            IllegalArgumentException e = expectThrows(IllegalArgumentException.class, () -> FieldMap.parse(map));
            assertTrue(e.getMessage(), e.getMessage().matches("got .*, expected .*"));
        }
        assertEquals(
            "got target [s] for source [a.b], expected a target beside the source, such as [a.s]",
            refusal("{\"a.b\":\"s\"}", "{}")
        );
        assertEquals(
            "got target [b], which would overwrite the source [b], expected a path of its own",
            refusal("{\"a\":\"b\",\"b\":\"c\"}", "{}")
        );
    }
}
