package org.neuralranking.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.neuralranking.node.Answer;
import org.neuralranking.node.CountProgress;
import org.neuralranking.node.Http;
import org.neuralranking.node.ModelRegistration;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** A collection in OpenSearch, in one shard of one segment, searched with BM25 or with the demo's learned sparse model. */
final class CollectionIndex {
    static final String ENCODER = "minilm-sparse-doc";
    static final String CROSS_ENCODER = "minilm-cross-encoder";
    /** Both models were trained on title and text as one. */
    private static final String SEPARATOR = ". ";

    private static final int BULK_DOCUMENTS = 64;
    private static final String PIPELINE_BODY = """
        {"processors": [
          {"learned_sparse": {"model_id": "%s", "field_map": {"encoded": "sparse"}}},
          {"remove": {"field": "encoded"}}
        ]}""".formatted(ENCODER);
    /**
     * The parameters of the literature's BM25 baselines (Anserini). Sorted by the position in the corpus, because ties are broken by the
     * internal number of a document, which would otherwise depend on which segments happened to be merged with which.
     */
    private static final String INDEX_BODY = """
        {"settings": {
           "number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": -1, "default_pipeline": "collection",
           "sort.field": "position",
           "similarity": {"default": {"type": "BM25", "k1": 0.9, "b": 0.4}}},
         "mappings": {"_source": {"excludes": ["both", "position"]}, "properties": {
           "position": {"type": "integer"},
           "both": {"type": "text", "analyzer": "english"},
           "title": {"type": "text", "index": false},
           "text": {"type": "text", "index": false},
           "sparse": {"type": "learned_sparse"}
         }}}""";

    private final Http http;

    CollectionIndex(Http http) {
        this.http = http;
    }

    void build(BeirCollection collection) {
        ModelRegistration.register(http, ENCODER);
        ModelRegistration.register(http, CROSS_ENCODER);
        http.put("/_ingest/pipeline/collection", PIPELINE_BODY).ok();
        http.put("/collection", INDEX_BODY).ok();
        CountProgress progress = new CountProgress("Indexed", "documents");
        List<BeirCollection.Document> batch = new ArrayList<>();
        int[] indexed = { 0 };
        collection.forEachDocument(document -> {
            batch.add(document);
            if (batch.size() == BULK_DOCUMENTS) {
                indexed[0] += index(batch, indexed[0]);
                progress.at(indexed[0]);
            }
        });
        indexed[0] += index(batch, indexed[0]);
        progress.end(indexed[0]);
        http.post("/collection/_forcemerge?max_num_segments=1", null).ok();
        http.post("/collection/_refresh", null).ok();
    }

    /**
     * Empties the batch, returns its size.
     *
     * @param position of its first document in the corpus
     */
    private int index(List<BeirCollection.Document> batch, int position) {
        if (batch.isEmpty()) {
            return 0;
        }
        StringBuilder lines = new StringBuilder();
        for (BeirCollection.Document document : batch) {
            ObjectNode action = Http.JSON.createObjectNode();
            action.putObject("index").put("_id", document.id());
            ObjectNode source = Http.JSON.createObjectNode();
            source.put("title", document.title()).put("text", document.text());
            source.put("both", (document.title() + " " + document.text()).strip());
            source.put("encoded", joined(document));
            source.put("position", position++);
            lines.append(action).append('\n').append(source).append('\n');
        }
        http.bulk("/collection/_bulk", lines.toString()).ok();
        int size = batch.size();
        batch.clear();
        return size;
    }

    private static String joined(BeirCollection.Document document) {
        return Stream.of(document.title(), document.text()).filter(part -> part.isBlank() == false).collect(Collectors.joining(SEPARATOR));
    }

    /** A search body without size. */
    static ObjectNode bm25(String query) {
        ObjectNode body = Http.JSON.createObjectNode();
        body.putObject("query").putObject("match").put("both", query);
        return body;
    }

    static ObjectNode sparse(String query) {
        ObjectNode body = Http.JSON.createObjectNode();
        body.putObject("query").putObject("learned_sparse").putObject("sparse").put("query_text", query).put("model_id", ENCODER);
        return body;
    }

    /** Adds rescoring of the first {@code window} hits to a search body. */
    static ObjectNode rescored(ObjectNode body, String query, int window) {
        ObjectNode neural = body.putObject("rescore").put("window_size", window).putObject("neural");
        neural.put("model_id", CROSS_ENCODER).put("query_text", query).put("budget", "60s");
        ObjectNode document = neural.putObject("document");
        document.putArray("fields").add("title").add("text");
        document.put("separator", SEPARATOR);
        return body;
    }

    /** The ids of the first hits, best first, ties as the node has them. */
    List<String> search(ObjectNode body, int size) {
        List<String> ids = new ArrayList<>();
        Answer answer = http.post("/collection/_search", body.put("size", size).put("_source", false)).ok();
        answer.at("/hits/hits").forEach(hit -> ids.add(hit.get("_id").asText()));
        return ids;
    }
}
