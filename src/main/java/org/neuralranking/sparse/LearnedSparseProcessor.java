package org.neuralranking.sparse;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;

import org.neuralranking.inference.LoadedModel;
import org.neuralranking.inference.Models;
import org.neuralranking.model.Task;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.Strings;
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
 * <p>A document fails alone (see {@link BulkEncoding}). What holds for every text (model unknown, not ready, queue full) fails each
 * document that has one.
 *
 * <p>The model is looked up for each bulk, not when the pipeline is made: pipelines are also made from the cluster state, on nodes that
 * do not know the model yet.
 */
public final class LearnedSparseProcessor extends AbstractProcessor {

    public static final String TYPE = "learned_sparse";

    private final FieldMap fieldMap;
    private final Supplier<TextEncoder> model;
    private final Consumer<Runnable> pool;

    /**
     * @param model opens the model for a bulk; throws if there is none: unknown, not ready, of another task
     * @param pool  where the pipeline goes on when the texts are encoded
     */
    LearnedSparseProcessor(String tag, String description, FieldMap fieldMap, Supplier<TextEncoder> model, Consumer<Runnable> pool) {
        super(tag, description);
        this.fieldMap = fieldMap;
        this.model = model;
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
        List<BulkEncoding.Work> work = new ArrayList<>();
        for (int i = 0; i < results.length; i++) {
            if (results[i].getException() != null || results[i].getIngestDocument() == null) {
                continue;
            }
            try {
                List<SourceText> texts = fieldMap.take(results[i].getIngestDocument().getSourceAndMetadata());
                if (texts.isEmpty() == false) {
                    work.add(new BulkEncoding.Work(i, texts));
                }
            } catch (Exception e) {
                results[i] = failed(results[i], e);
            }
        }
        encode(work, results, () -> handler.accept(Arrays.asList(results)));
    }

    private static IngestDocumentWrapper failed(IngestDocumentWrapper document, Exception e) {
        return new IngestDocumentWrapper(document.getSlot(), document.getChildSlot(), document.getIngestDocument(), e);
    }

    /** Encodes what is to be, then runs {@code done}, once. */
    private void encode(List<BulkEncoding.Work> work, IngestDocumentWrapper[] results, Runnable done) {
        if (work.isEmpty()) {
            done.run();
            return;
        }
        TextEncoder encoder;
        try {
            encoder = model.get();
        } catch (Exception e) {
            work.forEach(document -> results[document.index()] = failed(results[document.index()], e));
            done.run();
            return;
        }
        new BulkEncoding(encoder, pool, (e, index) -> results[index] = failed(results[index], e)).encode(work, () -> {
            encoder.close();
            done.run();
        });
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
            return new LearnedSparseProcessor(tag, description, fieldMap, () -> open(modelId), pool);
        }

        private TextEncoder open(String modelId) {
            LoadedModel model = models.get().acquire(models.get().resolve(modelId, Task.SPARSE_ENCODER));
            return new TextEncoder() {
                @Override
                public void encode(List<String> texts, ActionListener<List<SparseVector>> listener) {
                    SparseInference.infer(model, texts, false, ActionListener.map(listener, EncodedText::vectors));
                }

                @Override
                public void close() {
                    model.close();
                }
            };
        }
    }
}
