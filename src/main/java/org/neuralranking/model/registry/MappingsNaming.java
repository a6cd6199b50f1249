package org.neuralranking.model.registry;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.cluster.metadata.Template;
import org.opensearch.common.compress.CompressedXContent;
import org.opensearch.common.xcontent.XContentHelper;
import org.opensearch.common.xcontent.XContentType;
import org.opensearch.core.common.bytes.BytesReference;

/**
 * Fields that name a model in the mapping of an index or of a template. A mapping is parsed only if its text can name the model, and
 * mappings that many indices share are looked at once.
 */
final class MappingsNaming implements ModelUser {
    private static final String MODEL_ID = "model_id";

    /** Field types of this plugin; those that take no model are in here, too, because one day they may. */
    private static final Set<String> OURS = Set.of("learned_sparse", "token_ids", "embedding", "token_vectors");

    @Override
    public Stream<String> naming(ClusterState state, ModelName model) {
        Map<CompressedXContent, List<String>> seen = new HashMap<>();
        List<String> users = new ArrayList<>();
        for (IndexMetadata index : state.metadata().indices().values()) {
            if (index.mapping() != null) {
                add("mapping of", index.getIndex().getName(), index.mapping().source(), model, seen, users);
            }
        }
        state.metadata().templatesV2().forEach((name, template) -> add("index template", name, mappings(template.template()), model, seen, users));
        state.metadata().componentTemplates().forEach((name, template) -> add("component template", name, mappings(template.template()), model, seen, users));
        state.metadata().templates().forEach((name, template) -> add("legacy index template", name, template.mappings(), model, seen, users));
        return users.stream();
    }

    private static CompressedXContent mappings(Template template) {
        return template == null ? null : template.mappings();
    }

    private static void add(
        String kind,
        String name,
        CompressedXContent mapping,
        ModelName model,
        Map<CompressedXContent, List<String>> seen,
        List<String> users
    ) {
        if (mapping != null) {
            for (String where : seen.computeIfAbsent(mapping, unseen -> places(unseen, model))) {
                users.add(kind + " [" + name + "], " + where);
            }
        }
    }

    private static List<String> places(CompressedXContent mapping, ModelName model) {
        BytesReference text = mapping.uncompressed();
        return model.mayBeMeantIn(text.toBytesRef()) ? places(XContentHelper.convertToMap(text, false, XContentType.JSON).v2(), model) : List.of();
    }

    /** Without the shortcut. */
    static List<String> places(Map<String, Object> mapping, ModelName model) {
        List<String> places = new ArrayList<>();
        Map<?, ?> root = mapping.size() == 1 && mapping.get("_doc") instanceof Map<?, ?> typed ? typed : mapping;
        fields(root, "", model, places);
        if (root.get("dynamic_templates") instanceof List<?> templates) {
            for (Object named : templates) {
                object(named).forEach((name, template) -> {
                    if (namesItself(object(object(template).get("mapping")), model)) {
                        places.add("dynamic template [" + name + "]");
                    }
                });
            }
        }
        return places;
    }

    private static void fields(Map<?, ?> parent, String path, ModelName model, List<String> places) {
        for (String children : List.of("properties", "fields")) {
            object(parent.get(children)).forEach((name, definition) -> {
                Map<?, ?> field = object(definition);
                if (namesItself(field, model)) {
                    places.add("field [" + path + name + "]");
                }
                fields(field, path + name + ".", model, places);
            });
        }
    }

    private static boolean namesItself(Map<?, ?> field, ModelName model) {
        return field.get("type") instanceof String type && OURS.contains(type) && model.isMeantBy(field.get(MODEL_ID));
    }

    private static Map<?, ?> object(Object value) {
        return value instanceof Map<?, ?> map ? map : Map.of();
    }
}
