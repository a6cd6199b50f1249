package org.neuralranking.ranking;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;

import org.neuralranking.model.Task;

/** The tasks that {@code _infer} knows. */
public final class ModelAnswers {

    private final Map<Task, ModelAnswer> byTask = new EnumMap<>(Task.class);

    public ModelAnswers(List<ModelAnswer> answers) {
        answers.forEach(answer -> byTask.put(answer.task(), answer));
    }

    /** @throws IllegalArgumentException if models of this task cannot be asked yet */
    ModelAnswer of(Task task) {
        ModelAnswer answer = byTask.get(task);
        if (answer == null) {
            throw new IllegalArgumentException("_infer: got a " + task.id() + ", expected a model of " + byTask.keySet().stream().map(Task::id).toList());
        }
        return answer;
    }
}
