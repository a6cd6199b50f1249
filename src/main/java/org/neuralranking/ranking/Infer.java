package org.neuralranking.ranking;

import java.io.IOException;
import java.util.List;
import java.util.Map;

import org.neuralranking.inference.LoadedModel;
import org.neuralranking.inference.Models;
import org.neuralranking.model.ModelRef;
import org.opensearch.action.ActionRequest;
import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.action.ActionRunnable;
import org.opensearch.action.ActionType;
import org.opensearch.action.support.ActionFilters;
import org.opensearch.action.support.HandledTransportAction;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.action.ActionResponse;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.xcontent.ToXContentObject;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.tasks.Task;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.TransportService;

/** Asks a model directly, on the node that the request came to. */
public final class Infer extends HandledTransportAction<Infer.Request, Infer.Response> {

    public static final ActionType<Response> TYPE = new ActionType<>("cluster:admin/neural_ranking/models/infer", Response::new);

    private final Models models;
    private final ModelAnswers answers;
    private final ThreadPool threadPool;

    @Inject
    public Infer(TransportService transportService, ActionFilters actionFilters, Models models, ModelAnswers answers, ThreadPool threadPool) {
        super(TYPE.name(), transportService, actionFilters, Request::new);
        this.models = models;
        this.answers = answers;
        this.threadPool = threadPool;
    }

    @Override
    protected void doExecute(Task task, Request request, ActionListener<Response> listener) {
        // tokenising a megabyte takes milliseconds: not on a transport thread
        threadPool.generic().execute(ActionRunnable.wrap(listener, told -> answer(request, told)));
    }

    private void answer(Request request, ActionListener<Response> listener) {
        Models.Pinned pinned = models.resolve(request.id);
        LoadedModel model = models.acquire(pinned.ref());
        // once: what tells the listener may throw afterwards, and a model closed twice is taken from its other users
        ActionListener<Response> closing = ActionListener.notifyOnce(ActionListener.runAfter(listener, model::close));
        try {
            answers.of(pinned.task())
                .answer(model, request.input, ActionListener.map(closing, results -> new Response(pinned.ref(), results)));
        } catch (Exception e) {
            closing.onFailure(e);
        }
    }

    static final class Request extends ActionRequest {
        private final String id;
        private final InferInput input;

        Request(String id, InferInput input) {
            this.id = id;
            this.input = input;
        }

        Request(StreamInput in) throws IOException {
            super(in);
            id = in.readString();
            input = new InferInput(in);
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeString(id);
            input.writeTo(out);
        }

        @Override
        public ActionRequestValidationException validate() {
            return null; // InferInput cannot be made wrong
        }
    }

    static final class Response extends ActionResponse implements ToXContentObject {
        private final String id;
        private final String hash;
        private final List<Map<String, Object>> results;

        Response(ModelRef ref, List<Map<String, Object>> results) {
            this.id = ref.id();
            this.hash = ref.hash();
            this.results = results;
        }

        Response(StreamInput in) throws IOException {
            id = in.readString();
            hash = in.readString();
            results = in.readList(StreamInput::readMap);
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            out.writeString(id);
            out.writeString(hash);
            out.writeCollection(results, StreamOutput::writeMap);
        }

        @Override
        public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
            return builder.startObject().field("id", id).field("hash", hash).field("results", results).endObject();
        }
    }
}
