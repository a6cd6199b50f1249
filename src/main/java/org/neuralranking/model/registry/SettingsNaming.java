package org.neuralranking.model.registry;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.metadata.Template;
import org.opensearch.common.settings.Settings;

/** Settings of this plugin that name a model, of an index or of a template: those whose key ends with {@code model_id}. */
final class SettingsNaming implements ModelUser {
    private static final String OURS = "index.neural_ranking.";
    private static final String MODEL_ID = "model_id";

    @Override
    public Stream<String> naming(ClusterState state, ModelName model) {
        List<String> users = new ArrayList<>();
        state.metadata().indices().values().forEach(index -> add("index", index.getIndex().getName(), index.getSettings(), model, users));
        state.metadata().templatesV2().forEach((name, template) -> add("index template", name, settings(template.template()), model, users));
        state.metadata().componentTemplates().forEach((name, template) -> add("component template", name, settings(template.template()), model, users));
        state.metadata().templates().forEach((name, template) -> add("legacy index template", name, template.settings(), model, users));
        return users.stream();
    }

    private static Settings settings(Template template) {
        return template == null || template.settings() == null ? Settings.EMPTY : template.settings();
    }

    private static void add(String kind, String name, Settings settings, ModelName model, List<String> users) {
        for (String key : settings.keySet()) {
            if (key.startsWith(OURS) && key.endsWith(MODEL_ID) && model.isMeantBy(settings.get(key))) {
                users.add("setting [" + key + "] of " + kind + " [" + name + "]");
            }
        }
    }
}
