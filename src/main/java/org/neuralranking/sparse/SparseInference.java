package org.neuralranking.sparse;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.neuralranking.inference.Deadline;
import org.neuralranking.inference.LoadedModel;
import org.neuralranking.inference.Submission;
import org.neuralranking.inference.Urgency;
import org.neuralranking.tokenize.TokenSequence;
import org.neuralranking.tokenize.Tokenizer;
import org.neuralranking.tokenize.Tokens;
import org.opensearch.core.action.ActionListener;

/**
 * Texts → sparse vectors, by a model of task {@code sparse_encoder}. A document goes through the graph; a query does too, unless the
 * bundle has query weights: then it only looks them up (see {@link QueryTokens}) and is there at once. A text is cut to the model's
 * longest input, which the model's statistics count. A blank text has no tokens and costs nothing.
 */
public final class SparseInference {

    /** One vector per text; those at {@code places} come from the rows of {@code submission}. */
    private record Encoding(SparseVector[] vectors, int[] places, Submission<SparseVector> submission) {

        List<SparseVector> fill(List<SparseVector> results) {
            for (int row = 0; row < results.size(); row++) {
                vectors[places[row]] = results.get(row);
            }
            return Arrays.asList(vectors);
        }
    }

    /**
     * Encodes without waiting; every failure goes to the listener.
     *
     * @param model    acquired by the caller, who may close it when this returns
     * @param asQuery  whether the texts are queries, which somebody waits for
     * @param listener gets one vector per text, in order, on an inference thread or before this returns
     */
    public void infer(LoadedModel model, List<String> texts, boolean asQuery, ActionListener<List<SparseVector>> listener) {
        Encoding encoding;
        try {
            encoding = begin(model, texts, asQuery);
        } catch (Exception e) {
            listener.onFailure(e);
            return;
        }
        if (encoding.submission == null) {
            listener.onResponse(encoding.fill(List.of()));
        } else {
            encoding.submission.whenDone(ActionListener.map(listener, encoding::fill));
        }
    }

    private static Encoding begin(LoadedModel model, List<String> texts, boolean asQuery) {
        Tokenizer tokenizer = model.tokenizer();
        float[] queryWeights = asQuery ? model.queryWeights() : null;
        int room = model.maxTokens() - tokenizer.singleSpecials();
        SparseVector[] vectors = new SparseVector[texts.size()];
        int[] places = new int[texts.size()];
        List<TokenSequence> rows = new ArrayList<>(texts.size());
        for (int i = 0; i < texts.size(); i++) {
            String text = texts.get(i);
            if (text.isBlank()) {
                vectors[i] = SparseVector.EMPTY;
                continue;
            }
            Tokens tokens = tokenizer.tokenize(text, room);
            if (queryWeights == null) {
                places[rows.size()] = i;
                rows.add(tokenizer.single(tokens, model.maxTokens()));
                continue;
            }
            vectors[i] = QueryTokens.weigh(tokens, queryWeights, tokenizer.vocabulary());
            if (tokens.truncated()) {
                model.stats().truncated(1);
            }
        }
        Urgency urgency = asQuery ? Urgency.SEARCH : Urgency.INGEST;
        Submission<SparseVector> submission = rows.isEmpty()
            ? null
            : model.submit(rows, SparseReader.of(model), urgency, Deadline.NONE);
        return new Encoding(vectors, places, submission);
    }
}
