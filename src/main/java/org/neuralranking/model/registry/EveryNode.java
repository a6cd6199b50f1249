package org.neuralranking.model.registry;

import java.io.IOException;
import java.util.List;

import org.opensearch.action.ActionType;
import org.opensearch.action.FailedNodeException;
import org.opensearch.action.support.ActionFilters;
import org.opensearch.action.support.nodes.BaseNodeResponse;
import org.opensearch.action.support.nodes.BaseNodesRequest;
import org.opensearch.action.support.nodes.BaseNodesResponse;
import org.opensearch.action.support.nodes.TransportNodesAction;
import org.opensearch.cluster.ClusterName;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.TransportRequest;
import org.opensearch.transport.TransportService;

/**
 * Asks every node the same question and gathers what they say; nodes that cannot answer are among the failures.
 *
 * @param <Q> the question
 * @param <A> what one node says
 * @param <R> what all of them say
 */
public abstract class EveryNode<Q extends Writeable, A extends BaseNodeResponse, R extends EveryNode.Answers<A>> extends
    TransportNodesAction<EveryNode.Question<Q>, R, EveryNode.NodeQuestion<Q>, A> {

    private final Writeable.Reader<A> answer;

    /** @param executor thread pool that answers on each node */
    protected EveryNode(
        ActionType<R> type,
        String executor,
        Writeable.Reader<Q> question,
        Writeable.Reader<A> answer,
        Class<A> answerClass,
        ThreadPool threadPool,
        ClusterService clusterService,
        TransportService transportService,
        ActionFilters actionFilters
    ) {
        super(
            type.name(),
            threadPool,
            clusterService,
            transportService,
            actionFilters,
            in -> new Question<>(in, question),
            in -> new NodeQuestion<>(in, question),
            executor,
            answerClass
        );
        this.answer = answer;
    }

    protected abstract A answer(Q question);

    protected abstract R gather(Q question, ClusterName cluster, List<A> answers, List<FailedNodeException> failures);

    @Override
    protected final A nodeOperation(NodeQuestion<Q> request) {
        return answer(request.question);
    }

    @Override
    protected final R newResponse(Question<Q> request, List<A> answers, List<FailedNodeException> failures) {
        return gather(request.question, clusterService.getClusterName(), answers, failures);
    }

    @Override
    protected final NodeQuestion<Q> newNodeRequest(Question<Q> request) {
        return new NodeQuestion<>(request.question);
    }

    @Override
    protected final A newNodeResponse(StreamInput in) throws IOException {
        return answer.read(in);
    }

    /** To all nodes, or to some. */
    public static final class Question<Q extends Writeable> extends BaseNodesRequest<Question<Q>> {
        private final Q question;

        /** @param nodeIds none: all */
        public Question(Q question, String... nodeIds) {
            super(nodeIds);
            this.question = question;
        }

        private Question(StreamInput in, Writeable.Reader<Q> reader) throws IOException {
            super(in);
            question = reader.read(in);
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            question.writeTo(out);
        }
    }

    /** To one node. */
    public static final class NodeQuestion<Q extends Writeable> extends TransportRequest {
        private final Q question;

        private NodeQuestion(Q question) {
            this.question = question;
        }

        private NodeQuestion(StreamInput in, Writeable.Reader<Q> reader) throws IOException {
            super(in);
            question = reader.read(in);
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            question.writeTo(out);
        }
    }

    /** Of all nodes. */
    public abstract static class Answers<A extends BaseNodeResponse> extends BaseNodesResponse<A> {

        protected Answers(ClusterName cluster, List<A> answers, List<FailedNodeException> failures) {
            super(cluster, answers, failures);
        }

        protected Answers(StreamInput in) throws IOException {
            super(in);
        }

        /** Called by the constructor that reads: no field of a subclass may be used. */
        protected abstract Writeable.Reader<A> reader();

        @Override
        protected final List<A> readNodesFrom(StreamInput in) throws IOException {
            return in.readList(reader());
        }

        @Override
        protected final void writeNodesTo(StreamOutput out, List<A> answers) throws IOException {
            out.writeList(answers);
        }
    }
}
