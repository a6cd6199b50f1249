package org.neuralranking.sparse;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Map;

import org.apache.lucene.index.IndexableField;
import org.opensearch.common.CheckedConsumer;
import org.opensearch.common.xcontent.XContentType;
import org.opensearch.core.common.bytes.BytesArray;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.index.mapper.DocumentMapper;
import org.opensearch.index.mapper.FieldNamesFieldMapper;
import org.opensearch.index.mapper.MappedFieldType;
import org.opensearch.index.mapper.MapperParsingException;
import org.opensearch.index.mapper.MapperTestCase;
import org.opensearch.index.mapper.ParseContext;
import org.opensearch.index.mapper.ParsedDocument;
import org.opensearch.index.mapper.SourceToParse;
import org.opensearch.index.query.QueryShardException;
import org.opensearch.plugins.Plugin;

public class LearnedSparseFieldMapperTests extends MapperTestCase {

    @Override
    protected Collection<? extends Plugin> getPlugins() {
        return List.of(new LearnedSparsePlugin());
    }

    @Override
    protected void minimalMapping(XContentBuilder builder) throws IOException {
        builder.field("type", "learned_sparse");
    }

    @Override
    protected void writeFieldValue(XContentBuilder builder) throws IOException {
        builder.startObject().field("cat", 1.5f).endObject();
    }

    @Override
    protected void registerParameters(ParameterChecker checker) {}

    @Override
    protected boolean supportsOrIgnoresBoost() {
        return false;
    }

    private DocumentMapper mapper() throws IOException {
        return createDocumentMapper(fieldMapping(this::minimalMapping));
    }

    private static ParsedDocument parse(DocumentMapper mapper, String source) {
        return mapper.parse(new SourceToParse("index", "1", new BytesArray(source), XContentType.JSON));
    }

    /** The weights that the document's only sparse field has, or null if it has none. */
    private static Map<String, Float> weights(ParseContext.Document document, String name) {
        IndexableField[] fields = document.getFields(name);
        assertTrue(fields.length + " fields", fields.length <= 1);
        return fields.length == 0 ? null : ((ImpactField) fields[0]).weights();
    }

    private Map<String, Float> weightsOf(String value) throws IOException {
        return weights(parse(mapper(), "{\"field\":" + value + "}").rootDoc(), "field");
    }

    private String refusal(String value) throws IOException {
        DocumentMapper mapper = mapper();
        MapperParsingException e = expectThrows(MapperParsingException.class, () -> parse(mapper, "{\"field\":" + value + "}"));
        assertEquals(400, e.status().getStatus());
        return e.getCause().getMessage();
    }

    public void testAnObjectIsAVector() throws Exception {
        assertEquals(Map.of("cat", 1.5f, "dog", 2f), weightsOf("{\"cat\":1.5,\"dog\":2}"));
    }

    public void testOfAListOfVectorsTheMaximumPerTokenCounts() throws Exception {
        assertEquals(Map.of("cat", 3f, "dog", 2f, "cow", 1f), weightsOf("[{\"cat\":1.5,\"dog\":2},null,[{\"cat\":3}],{\"cow\":1,\"cat\":2}]"));
    }

    public void testOfVectorsInAListOfObjectsTheMaximumPerTokenCounts() throws Exception {
        DocumentMapper mapper = createDocumentMapper(mapping(b -> {
            b.startObject("chapters").startObject("properties").startObject("vector").field("type", "learned_sparse");
            b.endObject().endObject().endObject();
        }));
        ParsedDocument document = parse(mapper, "{\"chapters\":[{\"vector\":{\"a\":1,\"b\":5}},{},{\"vector\":[{\"a\":2},{\"c\":1}]}]}");
        assertEquals(Map.of("a", 2f, "b", 5f, "c", 1f), weights(document.rootDoc(), "chapters.vector"));
        assertEquals(2, document.rootDoc().getFields(FieldNamesFieldMapper.NAME).length); // chapters and chapters.vector, once each
    }

    public void testEveryNestedDocumentHasItsOwnVector() throws Exception {
        DocumentMapper mapper = createDocumentMapper(mapping(b -> {
            b.startObject("chapters").field("type", "nested").startObject("properties").startObject("vector");
            b.field("type", "learned_sparse").endObject().endObject().endObject();
        }));
        ParsedDocument document = parse(mapper, "{\"chapters\":[{\"vector\":{\"a\":1}},{\"vector\":{\"a\":2}}]}");
        assertEquals(Map.of("a", 1f), weights(document.docs().get(0), "chapters.vector"));
        assertEquals(Map.of("a", 2f), weights(document.docs().get(1), "chapters.vector"));
        assertNull(weights(document.rootDoc(), "chapters.vector"));
    }

    public void testNestedFieldsThatAreCopiedUpwardsAreRefused() {
        for (String copy : List.of("include_in_parent", "include_in_root")) {
            CheckedConsumer<XContentBuilder, IOException> nested = b -> {
                b.startObject("outer").startObject("properties").startObject("chapters").field("type", "nested").field(copy, true);
                b.startObject("properties").startObject("vector").field("type", "learned_sparse");
                b.endObject().endObject().endObject().endObject().endObject();
            };
            Exception e = expectThrows(IllegalArgumentException.class, () -> createDocumentMapper(mapping(nested)));
            assertEquals(
                "field [outer.chapters.vector] of type [learned_sparse]: got nested object [outer.chapters] with [include_in_parent] or "
                    + "[include_in_root], expected neither",
                e.getMessage()
            );
        }
    }

    public void testNullAndNothingAreNoValue() throws Exception {
        for (String nothing : List.of("null", "[]", "{}", "[null,{}]")) {
            ParsedDocument document = parse(mapper(), "{\"field\":" + nothing + "}");
            assertNull(weights(document.rootDoc(), "field"));
            assertEquals(0, document.rootDoc().getFields(FieldNamesFieldMapper.NAME).length);
        }
    }

    public void testTokensMayBeAnyText() throws Exception {
        String longest = "x".repeat(TokenWeights.MAX_TOKEN_BYTES);
        for (String token : List.of(".", "...", "a.b", " ", "##ing", "Ġword", "日本", "😀", "null", longest)) {
            assertEquals(Map.of(token, 1f), weightsOf("{\"" + token + "\":1}"));
        }
    }

    public void testTokensThatCannotBeTermsAreRefused() throws Exception {
        assertEquals("field [field]: got an empty token, expected at least one character", refusal("{\"\":1}"));
        assertEquals(
            "field [field]: got token [" + "é".repeat(64) + "…] of 32768 UTF-8 bytes, expected at most 32766",
            refusal("{\"" + "é".repeat(16384) + "\":1}")
        );
    }

    public void testWeightsAreFiniteNumbersAboveZero() throws Exception {
        for (String bad : List.of("0", "-1", "1e39", "-0.0", "1e-40", "1e999")) {
            String reason = refusal("{\"good\":1,\"cat\":" + bad + "}");
            assertTrue(reason, reason.startsWith("field [field], token [cat]: got weight [" + bad));
            assertTrue(reason, reason.endsWith("expected a number from 1.1754944E-38 to 3.4028235E38"));
        }
        for (String bad : List.of("true", "\"1\"", "null", "[1]", "{\"a\":1}")) {
            String reason = refusal("{\"cat\":" + bad + "}");
            assertTrue(reason, reason.startsWith("field [field], token [cat]: got weight ["));
        }
        assertEquals(Map.of("a", Float.MAX_VALUE, "b", Float.MIN_NORMAL), weightsOf("{\"a\":3.4028235E38,\"b\":1.17549435E-38}"));
    }

    public void testAnythingButObjectsIsRefused() throws Exception {
        for (String bad : List.of("1", "\"text\"", "true", "[1]", "[{\"a\":1},\"b\"]")) {
            String reason = refusal(bad);
            assertTrue(reason, reason.endsWith("expected an object {\"token\": weight, …} or a list of them"));
        }
    }

    public void testTheOnlyParameterIsMeta() {
        for (String parameter : List.of("store", "index", "doc_values", "boost", "similarity", "copy_to", "fields", "analyzer")) {
            MapperParsingException e = expectThrows(MapperParsingException.class, () -> createDocumentMapper(fieldMapping(b -> {
                b.field("type", "learned_sparse").field(parameter, "x");
            })));
            String reason = e.getMessage();
            assertTrue(reason, reason.contains("got unknown parameter [" + parameter + "], expected only [meta]"));
        }
    }

    public void testItCannotBeAFieldWithinAField() {
        MapperParsingException e = expectThrows(MapperParsingException.class, () -> createDocumentMapper(fieldMapping(b -> {
            b.field("type", "text").startObject("fields").startObject("sparse").field("type", "learned_sparse").endObject().endObject();
        })));
        assertTrue(e.getMessage(), e.getMessage().contains("expected a field of its own"));
    }

    public void testOtherQueriesAreRefusedAndToldWhichToUse() throws Exception {
        MappedFieldType type = createMapperService(fieldMapping(this::minimalMapping)).fieldType("field");
        for (CheckedConsumer<MappedFieldType, Exception> query : List.<CheckedConsumer<MappedFieldType, Exception>>of(
            t -> t.termQuery("cat", null),
            t -> t.termQueryCaseInsensitive("cat", null),
            t -> t.termsQuery(List.of("cat"), null),
            t -> t.rangeQuery(1, 2, true, true, null, null, null, null),
            t -> t.fuzzyQuery("cat", null, 0, 1, false, null, null),
            t -> t.prefixQuery("cat", null, false, null),
            t -> t.wildcardQuery("cat", null, false, null),
            t -> t.regexpQuery("cat", 0, 0, 1, null, null)
        )) {
            QueryShardException e = expectThrows(QueryShardException.class, () -> query.accept(type));
            assertTrue(e.getMessage(), e.getMessage().startsWith("field [field] of type [learned_sparse]: got a ["));
            assertTrue(e.getMessage(), e.getMessage().endsWith("query, expected [learned_sparse] or [exists]"));
        }
        assertTrue(type.isSearchable());
        assertFalse(type.isAggregatable());
    }
}
