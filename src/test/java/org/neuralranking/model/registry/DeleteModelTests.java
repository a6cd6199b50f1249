package org.neuralranking.model.registry;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

import org.neuralranking.HttpNodeTestCase;
import org.opensearch.plugins.Plugin;

/** Pipelines, mappings and templates as a node itself writes them to the cluster state. */
public class DeleteModelTests extends HttpNodeTestCase {
    private static final String MODEL = "/_plugins/_neural_ranking/models/m";
    private static final String MAPPING = "{\"properties\": {\"body\": {\"properties\": {\"ids\": {\"type\": \"token_ids\", \"model_id\": \"m\"}}}}}";

    @Override
    protected Collection<Class<? extends Plugin>> getPlugins() {
        List<Class<? extends Plugin>> plugins = new ArrayList<>(super.getPlugins());
        plugins.add(TokenIdsStandIn.class);
        return plugins;
    }

    @Override
    protected boolean resetNodeAfterTest() {
        return true;
    }

    public void testAModelThatIsNamedIsDeletedByForceAlone() throws Exception {
        register("m", "toy-sparse");
        ok(
            "PUT",
            "/_ingest/pipeline/films",
            "{\"processors\": [{\"learned_sparse\": {\"model_id\": \"x\", \"field_map\": {\"a\": \"b\"},"
                + " \"on_failure\": [{\"learned_sparse\": {\"model_id\": \"m\", \"field_map\": {\"a\": \"b\"}}}]}}]}"
        );
        ok("PUT", "/by-mapping", "{\"mappings\": " + MAPPING + "}");
        ok("PUT", "/_index_template/composable", "{\"index_patterns\": [\"c*\"], \"template\": {\"mappings\": " + MAPPING + "}}");
        ok("PUT", "/_component_template/component", "{\"template\": {\"mappings\": " + MAPPING + "}}");
        ok("PUT", "/_template/legacy", "{\"index_patterns\": [\"l*\"], \"mappings\": " + MAPPING + "}");
        call("DELETE", MODEL, null).is(
            409,
            "ingest pipeline [films]",
            "mapping of [by-mapping], field [body.ids]",
            "index template [composable], field [body.ids]",
            "component template [component], field [body.ids]",
            "legacy index template [legacy], field [body.ids]",
            "force=true"
        );
        call("GET", MODEL, null).is(200);
        call("DELETE", MODEL + "?force=true", null).is(200);
        call("GET", MODEL, null).is(404);
    }

    public void testAModelThatNobodyNamesIsDeleted() throws Exception {
        register("m", "toy-sparse");
        ok("PUT", "/_ingest/pipeline/films", "{\"processors\": [{\"learned_sparse\": {\"model_id\": \"m2\", \"field_map\": {\"a\": \"m\"}}}]}");
        ok("PUT", "/m", "{\"mappings\": {\"properties\": {\"m\": {\"type\": \"keyword\"}}}}");
        call("DELETE", MODEL, null).is(200);
    }
}
