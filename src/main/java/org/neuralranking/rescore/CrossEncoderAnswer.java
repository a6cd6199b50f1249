package org.neuralranking.rescore;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.neuralranking.inference.Deadline;
import org.neuralranking.inference.LoadedModel;
import org.neuralranking.inference.Urgency;
import org.neuralranking.model.Task;
import org.neuralranking.ranking.InferInput;
import org.neuralranking.ranking.ModelAnswer;
import org.neuralranking.tokenize.TokenSequence;
import org.opensearch.core.action.ActionListener;

/** {@code _infer} of a cross-encoder: one logit a document. */
public final class CrossEncoderAnswer implements ModelAnswer {

    @Override
    public Task task() {
        return Task.CROSS_ENCODER;
    }

    @Override
    public void answer(LoadedModel model, InferInput input, ActionListener<List<Map<String, Object>>> listener) {
        if (input.query() == null) {
            throw new IllegalArgumentException("_infer: got [texts] for a cross_encoder, expected [query] with [documents]");
        }
        PairScoring scoring = new PairScoring(model, input.query());
        List<TokenSequence> pairs = new ArrayList<>(input.documents().size());
        for (String document : input.documents()) {
            pairs.add(scoring.pair(document));
        }
        model.submit(pairs, PairScoring::logit, Urgency.SEARCH, Deadline.NONE).whenDone(ActionListener.map(listener, logits -> {
            List<Map<String, Object>> results = new ArrayList<>(logits.size());
            for (int i = 0; i < logits.size(); i++) {
                results.add(Map.of("logit", logits.get(i), "tokens", pairs.get(i).size(), "truncated", pairs.get(i).truncated()));
            }
            return results;
        }));
    }
}
