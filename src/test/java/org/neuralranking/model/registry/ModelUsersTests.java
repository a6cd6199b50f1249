package org.neuralranking.model.registry;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.opensearch.Version;
import org.opensearch.cluster.ClusterName;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.metadata.ComponentTemplate;
import org.opensearch.cluster.metadata.ComposableIndexTemplate;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.cluster.metadata.IndexTemplateMetadata;
import org.opensearch.cluster.metadata.Metadata;
import org.opensearch.cluster.metadata.Template;
import org.opensearch.common.compress.CompressedXContent;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.xcontent.XContentFactory;
import org.opensearch.common.xcontent.XContentHelper;
import org.opensearch.common.xcontent.XContentType;
import org.opensearch.core.common.bytes.BytesArray;
import org.opensearch.ingest.IngestMetadata;
import org.opensearch.search.pipeline.SearchPipelineMetadata;
import org.opensearch.test.OpenSearchTestCase;

public class ModelUsersTests extends OpenSearchTestCase {
    private static final String FIELD = "{\"properties\": {\"body\": {\"properties\": {\"tokens\": {\"type\": \"token_ids\", \"model_id\": \"m\"}}}}}";
    private static final Settings SETTINGS = Settings.builder().put("index.neural_ranking.default_model_id", "m@live").build();

    private static List<String> users(Metadata.Builder metadata, String name) {
        return new ModelUsers().naming(ClusterState.builder(ClusterName.DEFAULT).metadata(metadata).build(), name);
    }

    private static IndexMetadata index(String name, String mapping, Settings settings) throws IOException {
        IndexMetadata.Builder index = IndexMetadata.builder(name)
            .settings(settings(Version.CURRENT).put(settings))
            .numberOfShards(1)
            .numberOfReplicas(0);
        return (mapping == null ? index : index.putMapping(mapping)).build();
    }

    private static Template template() throws IOException {
        return new Template(SETTINGS, new CompressedXContent("{\"_doc\": " + FIELD + "}"), null);
    }

    public void testEveryKindOfUserIsSaidInItsOwnersWords() throws IOException {
        Metadata.Builder metadata = Metadata.builder();
        String processor = "{\"processors\": [{\"learned_sparse\": {\"model_id\": \"m@live\"}}]}";
        metadata.putCustom(
            IngestMetadata.TYPE,
            new IngestMetadata(Map.of("films", new org.opensearch.ingest.PipelineConfiguration("films", new BytesArray(processor), XContentType.JSON)))
        );
        String filter = "{\"request_processors\": [{\"filter_query\": {\"query\": {\"learned_sparse\": {\"f\": {\"model_id\": \"m\"}}}}}]}";
        metadata.putCustom(
            SearchPipelineMetadata.TYPE,
            new SearchPipelineMetadata(Map.of("x", new org.opensearch.search.pipeline.PipelineConfiguration("x", new BytesArray(filter), XContentType.JSON)))
        );
        metadata.put(index("a", "{\"_doc\": " + FIELD + "}", Settings.EMPTY), false);
        metadata.put(index("b", "{\"_doc\": " + FIELD + "}", SETTINGS), false);
        metadata.put(index("c", null, Settings.builder().put("index.neural_ranking.model_id", "m2").put("index.description", "m").build()), false);
        metadata.put("t", new ComposableIndexTemplate(List.of("t*"), template(), null, null, null, null, null));
        metadata.put("bare", new ComposableIndexTemplate(List.of("b*"), null, null, null, null, null, null));
        metadata.put("empty", new ComponentTemplate(new Template(null, null, null), null, null));
        metadata.put("c", new ComponentTemplate(template(), null, null));
        metadata.put(IndexTemplateMetadata.builder("l").patterns(List.of("l*")).settings(SETTINGS).putMapping("_doc", "{\"_doc\": " + FIELD + "}").build());
        assertEquals(
            List.of(
                "component template [c], field [body.tokens]",
                "index template [t], field [body.tokens]",
                "ingest pipeline [films]",
                "legacy index template [l], field [body.tokens]",
                "mapping of [a], field [body.tokens]",
                "mapping of [b], field [body.tokens]",
                "search pipeline [x]",
                "setting [index.neural_ranking.default_model_id] of component template [c]",
                "setting [index.neural_ranking.default_model_id] of index [b]",
                "setting [index.neural_ranking.default_model_id] of index template [t]",
                "setting [index.neural_ranking.default_model_id] of legacy index template [l]"
            ),
            users(metadata, "m")
        );
        assertEquals(
            List.of(
                "ingest pipeline [films]",
                "setting [index.neural_ranking.default_model_id] of component template [c]",
                "setting [index.neural_ranking.default_model_id] of index [b]",
                "setting [index.neural_ranking.default_model_id] of index template [t]",
                "setting [index.neural_ranking.default_model_id] of legacy index template [l]"
            ),
            users(metadata, "m@live")
        );
        assertEquals(List.of(), users(metadata, "body"));
        assertEquals(List.of(), users(Metadata.builder(), "m"));
    }

    public void testOtherRoomsAddTheirUsers() {
        ModelUser calibrations = (state, model) -> Stream.of("m@live", "n").filter(model::isMeantBy).map(id -> "calibration of " + id);
        assertEquals(List.of("calibration of m@live"), new ModelUsers(calibrations).naming(ClusterState.EMPTY_STATE, "m"));
    }

    public void testOnlyFieldsOfOurTypesCount() throws IOException {
        String mapping = """
            {"_doc": {
              "_meta": {"type": "token_ids", "model_id": "m"},
              "dynamic_templates": [
                {"first": {"match": "*_ids", "mapping": {"type": "token_ids", "model_id": "m"}}},
                {"other": {"match": "*", "mapping": {"type": "semantic", "model_id": "m"}}}],
              "properties": {
                "semantic": {"type": "semantic", "model_id": "m"},
                "model_id": {"type": "keyword"},
                "list": {"type": "token_ids", "model_id": ["m"]},
                "text": {"type": "text", "fields": {"ids": {"type": "token_ids", "model_id": "m"}}},
                "properties": {"properties": {"type": {"type": "token_ids", "model_id": "m@a"}}}}}}""";
        assertEquals(
            List.of("mapping of [i], dynamic template [first]", "mapping of [i], field [properties.type]", "mapping of [i], field [text.ids]"),
            users(Metadata.builder().put(index("i", mapping, Settings.EMPTY), false), "m")
        );
    }

    /** Names of fields, types and models are drawn from the same few words; the generator itself knows where it named the model. */
    public void testRandomMappings() throws IOException {
        for (int round = 0; round < 300; round++) {
            Metadata.Builder metadata = Metadata.builder();
            List<String> expected = new ArrayList<>();
            for (int i = between(1, 4); i > 0; i--) {
                List<String> places = new ArrayList<>();
                String mapping = XContentFactory.jsonBuilder().map(Map.of("_doc", Map.of("properties", fields("", 3, places)))).toString();
                String escaped = randomBoolean() ? mapping : mapping.replace("\"m", "\"\\u006d");
                assertEquals(places.stream().sorted().toList(), MappingsNaming.places(parsed(mapping), new ModelName("m")).stream().sorted().toList());
                for (int twin = between(1, 2); twin > 0; twin--) {
                    String name = "i" + i + twin;
                    metadata.put(index(name, escaped, Settings.EMPTY), false);
                    places.forEach(place -> expected.add("mapping of [" + name + "], " + place));
                }
            }
            assertEquals(expected.stream().sorted().toList(), users(metadata, "m"));
        }
    }

    private static Map<String, Object> fields(String path, int depth, List<String> places) {
        Map<String, Object> fields = new LinkedHashMap<>();
        for (int i = between(0, 3); i > 0; i--) {
            String name = randomFrom("m", "type", "model_id", "properties", "fields", "token_ids", "x");
            if (fields.containsKey(name)) {
                continue;
            }
            Map<String, Object> field = new HashMap<>();
            String type = randomFrom("token_ids", "embedding", "keyword", "m");
            String model = randomFrom("m", "m@live", "mm", "x");
            field.put("type", type);
            field.put(randomFrom("model_id", "meta"), model);
            if ((type.equals("token_ids") || type.equals("embedding")) && model.equals(field.get("model_id")) && (model.equals("m") || model.equals("m@live"))) {
                places.add("field [" + path + name + "]");
            }
            if (depth > 0) {
                field.put(randomFrom("properties", "fields"), fields(path + name + ".", depth - 1, places));
            }
            fields.put(name, field);
        }
        return fields;
    }

    private static Map<String, Object> parsed(String mapping) throws IOException {
        return XContentHelper.convertToMap(new CompressedXContent(mapping).compressedReference(), true).v2();
    }
}
