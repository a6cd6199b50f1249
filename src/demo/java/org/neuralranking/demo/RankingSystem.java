package org.neuralranking.demo;

import org.neuralranking.node.Http;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** The ways to search that the demo compares; all of them read the same fields of a film. */
enum RankingSystem {
    /** BM25F over all text fields, stemmed, the title weighted: what one would build without a model. */
    BM25("BM25") {
        @Override
        ObjectNode body(String text) {
            ObjectNode body = Http.JSON.createObjectNode();
            ObjectNode query = body.putObject("query").putObject("combined_fields").put("query", text);
            query.putArray("fields").add("title^2").add("overview").add("genres").add("people");
            return body;
        }
    },
    LEARNED_SPARSE("learned sparse") {
        @Override
        ObjectNode body(String text) {
            ObjectNode body = Http.JSON.createObjectNode();
            ObjectNode query = body.putObject("query").putObject("learned_sparse").putObject("text_sparse");
            query.put("query_text", text).put("model_id", FilmIndex.ENCODER);
            return body;
        }
    },
    LEARNED_SPARSE_RESCORED("learned sparse + rescoring") {
        @Override
        ObjectNode body(String text) {
            ObjectNode body = LEARNED_SPARSE.body(text);
            ObjectNode neural = body.putObject("rescore").put("window_size", WINDOW).putObject("neural");
            neural.put("model_id", FilmIndex.CROSS_ENCODER).put("query_text", text);
            ObjectNode document = neural.putObject("document");
            document.putArray("fields").add("title").add("overview").add("genres").add("people");
            document.put("separator", FilmIndex.SEPARATOR);
            neural.put("budget", "10s");
            return body;
        }
    };

    static final int WINDOW = 100;

    private final String label;

    RankingSystem(String label) {
        this.label = label;
    }

    String label() {
        return label;
    }

    /** The body of a search request, without size. */
    abstract ObjectNode body(String text);
}
