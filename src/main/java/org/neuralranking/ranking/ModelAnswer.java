package org.neuralranking.ranking;

import java.util.List;
import java.util.Map;

import org.neuralranking.inference.LoadedModel;
import org.neuralranking.model.Task;
import org.opensearch.core.action.ActionListener;

/** What {@code _infer} does for the models of one task; each feature room has its own. */
public interface ModelAnswer {

    Task task();

    /**
     * @param model    the caller keeps its reference until the listener is told
     * @param input    what the user sent, already well-formed
     * @param listener one JSON object for each text or document, in order
     * @throws IllegalArgumentException (400) if this task needs other input
     */
    void answer(LoadedModel model, InferInput input, ActionListener<List<Map<String, Object>>> listener);
}
