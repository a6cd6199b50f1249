package org.neuralranking.sparse;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.neuralranking.inference.Deadline;
import org.neuralranking.inference.LoadedModel;
import org.neuralranking.inference.Urgency;
import org.neuralranking.tokenize.TokenSequence;
import org.neuralranking.tokenize.Tokens;
import org.neuralranking.tokenize.Tokenizer;
import org.opensearch.core.action.ActionListener;

/**
 * Texts → sparse vectors, by a model of task {@code sparse_encoder}. A document goes through the graph; a query goes through the graph
 * too, unless the bundle has query weights: then it only looks them up (see {@link QueryWeights}) and is there at once. A text is cut to
 * the model's longest input. A blank text has no tokens and costs nothing.
 */
public final class SparseInference {

    private final Runnable onTruncated;

    public SparseInference() {
        this(() -> {});
    }

    /** @param onTruncated called for every text that was cut */
    public SparseInference(Runnable onTruncated) {
        this.onTruncated = onTruncated;
    }

    /**
     * Encodes without waiting; every failure goes to the listener.
     *
     * @param model    acquired by the caller, who may close it when this returns
     * @param asQuery  whether the texts are queries, which somebody waits for
     * @param listener gets one vector per text, in order, on an inference thread or before this returns
     */
    public void infer(LoadedModel model, List<String> texts, boolean asQuery, ActionListener<List<SparseVector>> listener) {
        try {
            SparseVector[] vectors = new SparseVector[texts.size()];
            float[] queryWeights = asQuery ? model.queryWeights() : null;
            List<TokenSequence> rows = new ArrayList<>(texts.size());
            int[] places = new int[texts.size()];
            for (int i = 0; i < texts.size(); i++) {
                if (texts.get(i).isBlank()) {
                    vectors[i] = SparseVector.EMPTY;
                    continue;
                }
                Tokenizer tokenizer = model.tokenizer();
                Tokens tokens = tokenizer.tokenize(texts.get(i), model.maxTokens() - tokenizer.singleSpecials());
                if (tokens.truncated()) {
                    onTruncated.run();
                }
                if (queryWeights != null) {
                    vectors[i] = QueryWeights.encode(tokens, queryWeights, tokenizer.vocabulary());
                } else {
                    places[rows.size()] = i;
                    rows.add(tokenizer.single(tokens, model.maxTokens()));
                }
            }
            if (rows.isEmpty()) {
                listener.onResponse(Arrays.asList(vectors));
                return;
            }
            model.submit(rows, SparseReader.of(model), asQuery ? Urgency.SEARCH : Urgency.INGEST, Deadline.NONE)
                .whenDone(ActionListener.map(listener, results -> {
                    for (int row = 0; row < results.size(); row++) {
                        vectors[places[row]] = results.get(row);
                    }
                    return Arrays.asList(vectors);
                }));
        } catch (Exception e) {
            listener.onFailure(e);
        }
    }
}
