package org.neuralranking.sparse;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;

import org.neuralranking.inference.LoadedModel;
import org.neuralranking.inference.Models;
import org.neuralranking.model.Task;
import org.opensearch.ExceptionsHelper;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.Strings;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.ingest.AbstractProcessor;
import org.opensearch.ingest.ConfigurationUtils;
import org.opensearch.ingest.IngestDocument;
import org.opensearch.ingest.IngestDocumentWrapper;
import org.opensearch.ingest.Processor;

/**
 * The ingest processor {@code learned_sparse}: encodes texts of a document into values for {@code learned_sparse} fields.
 *
 * <pre>{"learned_sparse": {"model_id": "…", "field_map": {"body": "body_sparse"}}}</pre>
 *
 * A text becomes {"token": weight}, a list of texts a list of such objects; see {@link FieldMap} for paths. A missing, null or blank
 * source has no target. The texts of a whole bulk are submitted together and no thread waits for them.
 *
 * <p>A document fails alone. What holds for every text (model unknown, not ready, queue full) fails each document that has one; a failure
 * of the model itself is found by encoding each document by itself again, so that it costs the bulk at most twice the work.
 *
 * <p>The model is looked up for each bulk, not when the pipeline is made: pipelines are also made from the cluster state, on nodes that
 * do not know the model yet.
 */
public final class LearnedSparseProcessor extends AbstractProcessor {

    public static final String TYPE = "learned_sparse";

    /** Encodes without waiting: one vector per text, or the failure, is told once, on any thread. */
    @FunctionalInterface
    interface TextEncoder {
        void encode(List<String> texts, ActionListener<List<SparseVector>> listener);
    }

    private final FieldMap fieldMap;
    private final TextEncoder encoder;
    private final Consumer<Runnable> pool;

    /** @param pool where the pipeline goes on when the texts are encoded */
    LearnedSparseProcessor(String tag, String description, FieldMap fieldMap, TextEncoder encoder, Consumer<Runnable> pool) {
        super(tag, description);
        this.fieldMap = fieldMap;
        this.encoder = encoder;
        this.pool = pool;
    }

    @Override
    public String getType() {
        return TYPE;
    }

    @Override
    public IngestDocument execute(IngestDocument document) {
        throw new UnsupportedOperationException("[" + TYPE + "] processor: got a synchronous call, expected an asynchronous one");
    }

    @Override
    public void execute(IngestDocument document, BiConsumer<IngestDocument, Exception> handler) {
        batchExecute(List.of(new IngestDocumentWrapper(0, 0, document, null)), results -> {
            IngestDocumentWrapper result = results.getFirst();
            handler.accept(result.getException() == null ? result.getIngestDocument() : null, result.getException());
        });
    }

    @Override
    public void batchExecute(List<IngestDocumentWrapper> documents, Consumer<List<IngestDocumentWrapper>> handler) {
        IngestDocumentWrapper[] results = documents.toArray(IngestDocumentWrapper[]::new);
        List<Work> work = new ArrayList<>();
        for (int i = 0; i < results.length; i++) {
            if (results[i].getException() != null || results[i].getIngestDocument() == null) {
                continue;
            }
            try {
                List<SourceText> texts = fieldMap.take(results[i].getIngestDocument().getSourceAndMetadata());
                if (texts.isEmpty() == false) {
                    work.add(new Work(i, texts));
                }
            } catch (Exception e) {
                results[i] = failed(results[i], e);
            }
        }
        encode(work, results, () -> handler.accept(Arrays.asList(results)));
    }

    /**
     * What is to be encoded of one document.
     *
     * @param index which of the bulk's documents
     */
    private record Work(int index, List<SourceText> sources) {

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

    private static IngestDocumentWrapper failed(IngestDocumentWrapper document, Exception e) {
        return new IngestDocumentWrapper(document.getSlot(), document.getChildSlot(), document.getIngestDocument(), e);
    }

    /** Encodes documents together, then runs {@code done}, once. */
    private void encode(List<Work> work, IngestDocumentWrapper[] results, Runnable done) {
        if (work.isEmpty()) {
            done.run();
            return;
        }
        List<List<String>> texts = work.stream().map(Work::texts).toList();
        encoder.encode(texts.stream().flatMap(List::stream).toList(), new Handover<>(pool, new ActionListener<>() {
            @Override
            public void onResponse(List<SparseVector> vectors) {
                int from = 0;
                for (int i = 0; i < work.size(); i++) {
                    int to = from + texts.get(i).size();
                    Work document = work.get(i);
                    try {
                        document.write(vectors.subList(from, to));
                    } catch (Exception e) {
                        results[document.index] = failed(results[document.index], e);
                    }
                    from = to;
                }
                done.run();
            }

            @Override
            public void onFailure(Exception e) {
                if (work.size() > 1 && ExceptionsHelper.status(e) == RestStatus.INTERNAL_SERVER_ERROR) {
                    encodeOneByOne(work, results, done);
                    return;
                }
                for (Work document : work) {
                    results[document.index] = failed(results[document.index], e);
                }
                done.run();
            }
        }));
    }

    private void encodeOneByOne(List<Work> work, IngestDocumentWrapper[] results, Runnable done) {
        AtomicInteger left = new AtomicInteger(work.size());
        for (Work document : work) {
            encode(List.of(document), results, () -> {
                if (left.decrementAndGet() == 0) {
                    done.run();
                }
            });
        }
    }

    /** Makes processors. One a node. */
    public static final class Factory implements Processor.Factory {

        private final Supplier<Models> models;
        private final Consumer<Runnable> pool;

        /**
         * @param models asked when a processor runs
         * @param pool   {@code Processor.Parameters.genericExecutor}
         */
        public Factory(Supplier<Models> models, Consumer<Runnable> pool) {
            this.models = models;
            this.pool = pool;
        }

        /** @throws org.opensearch.OpenSearchParseException (400) if the configuration is not as it should be */
        @Override
        public LearnedSparseProcessor create(
            Map<String, Processor.Factory> processorFactories,
            String tag,
            String description,
            Map<String, Object> config
        ) {
            String modelId = ConfigurationUtils.readStringProperty(TYPE, tag, config, "model_id");
            if (Strings.isNullOrEmpty(modelId)) {
                throw ConfigurationUtils.newConfigurationException(TYPE, tag, "model_id", "got no name, expected one");
            }
            Map<String, Object> fields = ConfigurationUtils.readMap(TYPE, tag, config, "field_map");
            FieldMap fieldMap;
            try {
                fieldMap = FieldMap.parse(fields);
            } catch (IllegalArgumentException e) {
                throw ConfigurationUtils.newConfigurationException(TYPE, tag, "field_map", e.getMessage());
            }
            return new LearnedSparseProcessor(tag, description, fieldMap, (texts, listener) -> encode(modelId, texts, listener), pool);
        }

        private void encode(String modelId, List<String> texts, ActionListener<List<SparseVector>> listener) {
            LoadedModel model;
            try {
                model = models.get().acquire(models.get().resolve(modelId, Task.SPARSE_ENCODER));
            } catch (Exception e) {
                listener.onFailure(e);
                return;
            }
            try (model) {
                SparseInference.infer(model, texts, false, ActionListener.map(listener, EncodedText::vectors));
            }
        }
    }
}
