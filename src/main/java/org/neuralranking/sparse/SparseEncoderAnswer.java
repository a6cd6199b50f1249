package org.neuralranking.sparse;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.neuralranking.inference.LoadedModel;
import org.neuralranking.model.Task;
import org.neuralranking.ranking.InferInput;
import org.neuralranking.ranking.ModelAnswer;
import org.opensearch.core.action.ActionListener;

/** {@code _infer} of a sparse encoder: {@code {"tokens": {token: weight}}} a text, as a document or as a query. */
public final class SparseEncoderAnswer implements ModelAnswer {

    @Override
    public Task task() {
        return Task.SPARSE_ENCODER;
    }

    @Override
    public void answer(LoadedModel model, InferInput input, ActionListener<List<Map<String, Object>>> listener) {
        if (input.texts() == null) {
            throw new IllegalArgumentException("_infer: got [query] with [documents] for a sparse_encoder, expected [texts]");
        }
        new SparseInference().infer(model, input.texts(), input.asQuery(), ActionListener.map(listener, vectors -> {
            List<Map<String, Object>> results = new ArrayList<>(vectors.size());
            for (int i = 0; i < vectors.size(); i++) {
                int room = model.maxTokens() - model.tokenizer().singleSpecials();
                boolean truncated = model.tokenizer().tokenize(input.texts().get(i), room).truncated();
                results.add(Map.of("tokens", vectors.get(i).toMap(), "truncated", truncated));
            }
            return results;
        }));
    }
}
