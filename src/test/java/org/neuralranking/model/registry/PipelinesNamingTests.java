package org.neuralranking.model.registry;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import org.neuralranking.NeuralRankingPlugin;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.xcontent.XContentHelper;
import org.opensearch.common.xcontent.json.JsonXContent;
import org.opensearch.ingest.Processor;
import org.opensearch.plugins.SearchPlugin;
import org.opensearch.test.OpenSearchTestCase;

public class PipelinesNamingTests extends OpenSearchTestCase {

    private static boolean names(String pipeline) {
        Map<String, Object> read = XContentHelper.convertToMap(JsonXContent.jsonXContent, pipeline.replace('\'', '"'), true);
        return PipelinesNaming.names(read, new ModelName("m"));
    }

    private static void assertNames(String... pipelines) {
        for (String pipeline : pipelines) {
            assertTrue(pipeline, names(pipeline));
        }
    }

    private static void assertDoesNotName(String... pipelines) {
        for (String pipeline : pipelines) {
            assertFalse(pipeline, names(pipeline));
        }
    }

    public void testAProcessorIsFoundWhereverItStands() {
        assertNames(
            "{'processors': [{'set': {}}, {'learned_sparse': {'model_id': 'm', 'field_map': {}}}]}",
            "{'processors': [{'learned_sparse': {'model_id': 'm@live'}}]}",
            "{'processors': [], 'on_failure': [{'embedding': {'model_id': 'm'}}]}",
            "{'processors': [{'set': {'on_failure': [{'learned_sparse': {'model_id': 'm'}}]}}]}",
            "{'processors': [{'foreach': {'field': 'x', 'processor': {'learned_sparse': {'model_id': 'm'}}}}]}",
            "{'processors': [{'foreach': {'processor': {'foreach': {'processor': {'token_ids': {'model_id': 'm'}}}}}}]}"
        );
    }

    public void testAQueryIsFoundWhereverItStands() {
        assertNames(
            "{'request_processors': [{'filter_query': {'query': {'learned_sparse': {'f': {'query_text': 'q', 'model_id': 'm'}}}}}]}",
            "{'request_processors': [{'filter_query': {'query': {'bool': {'must': [{'learned_sparse': {'f': {'model_id': 'm'}}}]}}}}]}",
            "{'request_processors': [{'x': {'relevance_filter': {'query': {'learned_sparse': {'f': {'model_id': 'm'}}}}}}]}",
            "{'request_processors': [{'x': {'rescore': {'window_size': 9, 'neural': {'model_id': 'm'}}}}]}",
            "{'request_processors': [{'x': {'rescore': [{'query': {}}, {'neural': {'model_id': 'm'}}]}}]}",
            "{'request_processors': [{'x': {'rescore': {'late_interaction': {'model_id': 'm'}}}}]}"
        );
    }

    public void testOtherModelsAreNotMeant() {
        assertDoesNotName(
            "{'processors': [{'learned_sparse': {'model_id': 'm2'}}]}",
            "{'processors': [{'learned_sparse': {'model_id': '{{m}}'}}]}",
            "{'processors': [{'learned_sparse': {'model_id': 'x', 'field_map': {'m': 'm'}, 'tag': 'm', 'description': 'm'}}]}",
            "{'processors': [{'learned_sparse': {'model_id': {'m': 'm'}}}]}",
            "{'processors': []}",
            "{}"
        );
    }

    /** Every key here exists: the other plugins have these clauses, with models of ml-commons. */
    public void testModelsOfOtherPluginsAreNotMeant() {
        assertDoesNotName(
            "{'processors': [{'text_embedding': {'model_id': 'm', 'field_map': {'a': 'embedding'}}}]}",
            "{'processors': [{'sparse_encoding': {'model_id': 'm', 'field_map': {'a': 'learned_sparse'}}}]}",
            "{'response_processors': [{'rerank': {'ml_opensearch': {'model_id': 'm'}, 'context': {}}}]}",
            "{'request_processors': [{'neural_query_enricher': {'default_model_id': 'm'}}]}",
            "{'request_processors': [{'filter_query': {'query': {'neural': {'f': {'query_text': 'q', 'model_id': 'm'}}}}}]}"
        );
    }

    public void testTheNearestClauseDecides() {
        assertDoesNotName(
            "{'processors': [{'learned_sparse': {'model_id': 'x', 'on_failure': [{'text_embedding': {'model_id': 'm'}}]}}]}",
            "{'request_processors': [{'x': {'relevance_filter': {'query': {'neural': {'f': {'model_id': 'm'}}}}}}]}"
        );
        assertNames(
            "{'processors': [{'text_embedding': {'model_id': 'x', 'on_failure': [{'learned_sparse': {'model_id': 'm'}}]}}]}",
            "{'request_processors': [{'x': {'relevance_filter': {'query': {'bool': {'must': [{'neural': {}}], 'should': {'embedding': {'f': {'model_id': 'm'}}}}}}}}]}"
        );
    }

    public void testAFieldMayBeCalledLikeAClause() {
        assertDoesNotName(
            "{'request_processors': [{'filter_query': {'query': {'neural': {'embedding': {'query_text': 'q', 'model_id': 'm'}}}}}]}",
            "{'request_processors': [{'filter_query': {'query': {'neural_sparse': {'learned_sparse': {'model_id': 'm'}}}}}]}"
        );
        assertNames("{'request_processors': [{'filter_query': {'query': {'learned_sparse': {'neural_sparse': {'model_id': 'm'}}}}}]}");
    }

    /** A clause that the plugin gets and this class does not hear of would let models be deleted under it. */
    public void testEveryClauseOfThePluginIsKnown() {
        NeuralRankingPlugin plugin = new NeuralRankingPlugin(Settings.EMPTY, Path.of("config"));
        Processor.Parameters none = new Processor.Parameters(null, null, null, null, null, null, null, null, Runnable::run, null);
        for (String processor : plugin.getProcessors(none).keySet()) {
            assertNames("{'processors': [{'" + processor + "': {'model_id': 'm'}}]}");
        }
        for (SearchPlugin.QuerySpec<?> query : plugin.getQueries()) {
            assertNames("{'request_processors': [{'filter_query': {'query': {'" + query.getName().getPreferredName() + "': {'f': {'model_id': 'm'}}}}}]}");
        }
        for (SearchPlugin.RescorerSpec<?> rescorer : plugin.getRescorers()) {
            assertNames("{'request_processors': [{'x': {'rescore': {'" + rescorer.getName().getPreferredName() + "': {'model_id': 'm'}}}}]}");
        }
        for (String type : plugin.getMappers().keySet()) {
            Map<String, Object> mapping = Map.of("properties", Map.of("f", Map.of("type", type, "model_id", "m")));
            assertEquals(List.of("field [f]"), MappingsNaming.places(mapping, new ModelName("m")));
        }
    }
}
