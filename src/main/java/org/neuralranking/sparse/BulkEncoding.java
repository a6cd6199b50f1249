package org.neuralranking.sparse;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.ObjIntConsumer;

import org.opensearch.ExceptionsHelper;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.rest.RestStatus;

/**
 * Encodes the texts of many documents together. If that fails, each document is encoded by itself, so that one fails alone: it costs at
 * most twice the work. A few at a time, since all at once would overrun the model's queue and fail documents that are well.
 */
final class BulkEncoding {

    /** Enough to keep several inference threads busy, too few to matter in a queue of thousands. */
    static final int DOCUMENTS_AT_ONCE = 4;

    /**
     * What is to be encoded of one document.
     *
     * @param index which of the bulk's documents
     */
    record Work(int index, List<SourceText> sources) {

        List<String> texts() {
            return sources.stream().flatMap(source -> source.texts().stream()).toList();
        }

        /** @param vectors one for each of {@link #texts()} */
        void write(List<SparseVector> vectors) {
            int from = 0;
            for (SourceText source : sources) {
                int to = from + source.texts().size();
                source.write(vectors.subList(from, to));
                from = to;
            }
        }
    }

    private final TextEncoder encoder;
    private final Consumer<Runnable> pool;
    private final ObjIntConsumer<Exception> failed;

    /**
     * @param pool   where it goes on when texts are encoded
     * @param failed told why, and which of the bulk's documents; by several threads, but once a document
     */
    BulkEncoding(TextEncoder encoder, Consumer<Runnable> pool, ObjIntConsumer<Exception> failed) {
        this.encoder = encoder;
        this.pool = pool;
        this.failed = failed;
    }

    /** Writes the vectors into the documents or tells the failure, then runs {@code done}, once. */
    void encode(List<Work> work, Runnable done) {
        List<List<String>> texts = work.stream().map(Work::texts).toList();
        encoder.encode(texts.stream().flatMap(List::stream).toList(), new Handover<>(pool, new ActionListener<>() {
            @Override
            public void onResponse(List<SparseVector> vectors) {
                int from = 0;
                for (int i = 0; i < work.size(); i++) {
                    int to = from + texts.get(i).size();
                    write(work.get(i), vectors.subList(from, to));
                    from = to;
                }
                done.run();
            }

            @Override
            public void onFailure(Exception e) {
                if (work.size() > 1 && concernsEveryText(e) == false) {
                    FewAtOnce.run(work, DOCUMENTS_AT_ONCE, (document, ended) -> encode(List.of(document), ended), done);
                    return;
                }
                work.forEach(document -> failed.accept(e, document.index));
                done.run();
            }
        }));
    }

    private void write(Work document, List<SparseVector> vectors) {
        try {
            document.write(vectors);
        } catch (Exception e) {
            failed.accept(e, document.index);
        }
    }

    /** An overloaded node is not to be asked again for every document. Anything else may come from a single text. */
    private static boolean concernsEveryText(Exception e) {
        RestStatus status = ExceptionsHelper.status(e);
        return status == RestStatus.TOO_MANY_REQUESTS || status == RestStatus.SERVICE_UNAVAILABLE;
    }
}
