package org.neuralranking.sparse;

import java.util.List;
import java.util.Map;

import org.neuralranking.inference.LoadedModel;
import org.neuralranking.model.Task;
import org.neuralranking.ranking.InferInput;
import org.neuralranking.ranking.ModelAnswer;
import org.opensearch.core.action.ActionListener;

/** {@code _infer} of a sparse encoder: {@code {"tokens": {token: weight}, "truncated": false}} a text, as a document or as a query. */
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
        SparseInference.infer(
            model,
            input.texts(),
            input.asQuery(),
            ActionListener.map(listener, encoded -> encoded.stream().map(SparseEncoderAnswer::result).toList())
        );
    }

    private static Map<String, Object> result(EncodedText encoded) {
        return Map.of("tokens", encoded.vector().toMap(), "truncated", encoded.truncated());
    }
}
