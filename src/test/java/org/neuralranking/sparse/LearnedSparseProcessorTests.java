package org.neuralranking.sparse;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;

import org.opensearch.OpenSearchParseException;
import org.opensearch.OpenSearchStatusException;
import org.opensearch.ResourceNotFoundException;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.concurrency.OpenSearchRejectedExecutionException;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.ingest.IngestDocument;
import org.opensearch.ingest.IngestDocumentWrapper;
import org.opensearch.test.OpenSearchTestCase;

public class LearnedSparseProcessorTests extends OpenSearchTestCase {

    /** What the encoder was asked for and has not answered yet. */
    private record Call(List<String> texts, ActionListener<List<SparseVector>> listener) {

        void answer() {
            listener.onResponse(texts.stream().map(text -> SparseVector.of(Map.of(text, 1f))).toList());
        }
    }

    private final ConcurrentLinkedQueue<Call> calls = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<Runnable> pool = new ConcurrentLinkedQueue<>();
    private final List<List<IngestDocumentWrapper>> answers = Collections.synchronizedList(new ArrayList<>());

    private LearnedSparseProcessor processor(TextEncoder encoder) {
        return processor(() -> encoder);
    }

    private LearnedSparseProcessor processor(Supplier<TextEncoder> model) {
        return new LearnedSparseProcessor("tag", null, FieldMap.parse(Map.of("body", "sparse")), model, pool::add);
    }

    private static IngestDocumentWrapper document(int slot, Object body) {
        Map<String, Object> source = new HashMap<>();
        source.put("body", body);
        return new IngestDocumentWrapper(slot, 7, new IngestDocument("index", "id" + slot, null, null, null, source), null);
    }

    private static void onAnotherThread(Runnable call) throws InterruptedException {
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread thread = new Thread(() -> {
            try {
                call.run();
            } catch (Throwable t) {
                thrown.set(t);
            }
        });
        thread.start();
        thread.join();
        assertNull(thrown.get());
    }

    /** Answers calls on another thread and runs what they leave for the pool, until all is quiet. */
    private void runAll() throws InterruptedException {
        while (calls.isEmpty() == false || pool.isEmpty() == false) {
            for (Call call = calls.poll(); call != null; call = calls.poll()) {
                onAnotherThread(call::answer);
            }
            for (Runnable task = pool.poll(); task != null; task = pool.poll()) {
                task.run();
            }
        }
    }

    private static Object sparse(IngestDocumentWrapper result) {
        assertNull(result.getException());
        return result.getIngestDocument().getSourceAndMetadata().get("sparse");
    }

    public void testTheTextsOfABulkAreEncodedTogetherAndNoThreadWaits() throws Exception {
        List<IngestDocumentWrapper> bulk = List.of(document(0, "a"), document(1, null), document(2, List.of("b", "c")), document(3, " "));
        processor((texts, listener) -> calls.add(new Call(texts, listener))).batchExecute(bulk, answers::add);
        assertTrue("answered before the texts were encoded", answers.isEmpty());
        Call call = calls.poll();
        assertEquals(List.of("a", "b", "c"), call.texts);
        assertTrue("more than one call", calls.isEmpty());

        onAnotherThread(call::answer);
        assertTrue("went on with the pipeline on the inference thread", answers.isEmpty());
        runAll();
        List<IngestDocumentWrapper> results = answers.getFirst();
        assertEquals(1, answers.size());
        assertEquals(Map.of("a", 1f), sparse(results.get(0)));
        assertNull(sparse(results.get(1)));
        assertEquals(List.of(Map.of("b", 1f), Map.of("c", 1f)), sparse(results.get(2)));
        assertNull(sparse(results.get(3)));
        for (int i = 0; i < results.size(); i++) {
            assertEquals(i, results.get(i).getSlot());
            assertEquals(7, results.get(i).getChildSlot());
        }
    }

    public void testADocumentThatIsWrongFailsAlone() throws Exception {
        List<IngestDocumentWrapper> bulk = List.of(document(0, "a"), document(1, 5), document(2, "c"));
        processor((texts, listener) -> calls.add(new Call(texts, listener))).batchExecute(bulk, answers::add);
        runAll();
        List<IngestDocumentWrapper> results = answers.getFirst();
        assertEquals(Map.of("a", 1f), sparse(results.get(0)));
        assertEquals("field [body]: got [5], expected a text or a list of texts", results.get(1).getException().getMessage());
        assertEquals(Map.of("c", 1f), sparse(results.get(2)));
    }

    /** Good and bad texts; every seventh is bad. */
    private static String text(int i) {
        return (i % 7 == 3 ? "bad" : "good") + i;
    }

    private static List<IngestDocumentWrapper> bulkWithBadTexts(int size) {
        List<IngestDocumentWrapper> bulk = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            bulk.add(document(i, text(i)));
        }
        return bulk;
    }

    private void assertOnlyBadTextsFailed(int size) {
        assertEquals(1, answers.size());
        for (int i = 0; i < size; i++) {
            IngestDocumentWrapper result = answers.getFirst().get(i);
            if (text(i).startsWith("bad")) {
                assertEquals("no vector for " + text(i), result.getException().getMessage());
            } else {
                assertEquals(Map.of(text(i), 1f), sparse(result));
            }
        }
    }

    public void testATextThatCannotBeEncodedFailsItsDocumentAlone() throws Exception {
        for (Function<String, Exception> reason : List.<Function<String, Exception>>of(
            IllegalStateException::new, // the graph made NaN of it
            IllegalArgumentException::new // the tokenizer has no token for it
        )) {
            answers.clear();
            processor((texts, listener) -> {
                String bad = texts.stream().filter(text -> text.startsWith("bad")).findFirst().orElse(null);
                if (bad == null) {
                    calls.add(new Call(texts, listener));
                } else {
                    listener.onFailure(reason.apply("no vector for " + bad));
                }
            }).batchExecute(bulkWithBadTexts(20), answers::add);
            runAll();
            assertOnlyBadTextsFailed(20);
        }
    }

    public void testDocumentsAreTriedAgainOnlyAFewAtATimeSoThatTheyFitIntoTheQueue() throws Exception {
        AtomicInteger most = new AtomicInteger();
        processor((texts, listener) -> {
            if (texts.size() > 1) {
                listener.onFailure(new IllegalArgumentException("one of them is bad"));
                return;
            }
            calls.add(new Call(texts, listener));
            most.accumulateAndGet(calls.size(), Math::max);
        }).batchExecute(bulkWithBadTexts(100), answers::add);
        int encoded = 0;
        while (answers.isEmpty()) {
            Call call = calls.poll();
            encoded++;
            onAnotherThread(() -> {
                if (call.texts.getFirst().startsWith("bad")) {
                    call.listener.onFailure(new IllegalStateException("no vector for " + call.texts.getFirst()));
                } else {
                    call.answer();
                }
            });
            for (Runnable task = pool.poll(); task != null; task = pool.poll()) {
                task.run();
            }
        }
        assertEquals(100, encoded);
        assertEquals(BulkEncoding.DOCUMENTS_AT_ONCE, most.get());
        assertOnlyBadTextsFailed(100);
    }

    public void testTheModelIsOpenedOnceABulkAndClosedWhenAllIsDone() throws Exception {
        AtomicInteger opened = new AtomicInteger();
        AtomicInteger open = new AtomicInteger();
        processor(() -> {
            opened.incrementAndGet();
            open.incrementAndGet();
            return new TextEncoder() {
                @Override
                public void encode(List<String> texts, ActionListener<List<SparseVector>> listener) {
                    assertEquals(1, open.get());
                    if (texts.size() > 1) {
                        listener.onFailure(new IllegalStateException("together it does not work"));
                    } else {
                        calls.add(new Call(texts, listener));
                    }
                }

                @Override
                public void close() {
                    open.decrementAndGet();
                }
            };
        }).batchExecute(List.of(document(0, "a"), document(1, "b")), answers::add);
        assertEquals(1, open.get());
        runAll();
        assertEquals(1, answers.size());
        assertEquals(1, opened.get());
        assertEquals(0, open.get());
    }

    private void assertAllWithTextFailed(Exception reason) {
        List<IngestDocumentWrapper> results = answers.getFirst();
        assertSame(reason, results.get(0).getException());
        assertNull(results.get(1).getException());
        assertSame(reason, results.get(2).getException());
        answers.clear();
    }

    public void testWhatHoldsForAllTextsFailsEveryDocumentThatHasOneAtOnce() {
        List<IngestDocumentWrapper> bulk = List.of(document(0, "a"), document(1, null), document(2, "c"));
        for (RuntimeException noModel : List.of(
            new ResourceNotFoundException("model [m] is not registered"),
            new OpenSearchStatusException("loading", RestStatus.SERVICE_UNAVAILABLE),
            new IllegalArgumentException("wrong task"),
            new IllegalStateException("broken")
        )) {
            AtomicInteger asked = new AtomicInteger();
            processor(() -> {
                asked.incrementAndGet();
                throw noModel;
            }).batchExecute(bulk, answers::add);
            assertEquals(1, asked.get());
            assertAllWithTextFailed(noModel);
        }
        for (Exception overloaded : List.of(
            new OpenSearchRejectedExecutionException("queue full"),
            new OpenSearchStatusException("closing", RestStatus.SERVICE_UNAVAILABLE)
        )) {
            List<List<String>> asked = new ArrayList<>();
            processor((texts, listener) -> {
                asked.add(texts);
                listener.onFailure(overloaded);
            }).batchExecute(bulk, answers::add);
            assertEquals(List.of(List.of("a", "c")), asked);
            assertAllWithTextFailed(overloaded);
        }
    }

    public void testABulkWithoutTextsNeedsNoModel() {
        processor((texts, listener) -> fail("asked for " + texts)).batchExecute(List.of(document(0, null), document(1, "")), answers::add);
        assertEquals(2, answers.getFirst().size());
        processor((texts, listener) -> fail("asked for " + texts)).batchExecute(List.of(), answers::add);
        assertEquals(List.of(), answers.get(1));
    }

    public void testASingleDocumentIsEncodedAsynchronouslyToo() throws Exception {
        AtomicReference<IngestDocument> done = new AtomicReference<>();
        LearnedSparseProcessor processor = processor((texts, listener) -> calls.add(new Call(texts, listener)));
        processor.execute(document(0, "a").getIngestDocument(), (document, e) -> done.set(document));
        assertNull(done.get());
        runAll();
        assertEquals(Map.of("a", 1f), done.get().getSourceAndMetadata().get("sparse"));

        AtomicReference<Exception> failure = new AtomicReference<>();
        processor.execute(document(0, 5).getIngestDocument(), (document, e) -> failure.set(e));
        assertEquals("field [body]: got [5], expected a text or a list of texts", failure.get().getMessage());
        expectThrows(UnsupportedOperationException.class, () -> processor.execute(document(0, "a").getIngestDocument()));
    }

    private static String refusal(Map<String, Object> config) {
        LearnedSparseProcessor.Factory factory = new LearnedSparseProcessor.Factory(() -> null, Runnable::run);
        return expectThrows(OpenSearchParseException.class, () -> factory.create(Map.of(), "t", null, new HashMap<>(config))).getMessage();
    }

    public void testTheConfigurationIsChecked() {
        assertEquals("[model_id] required property is missing", refusal(Map.of("field_map", Map.of("a", "b"))));
        assertEquals("[model_id] got no name, expected one", refusal(Map.of("model_id", "", "field_map", Map.of("a", "b"))));
        assertEquals("[field_map] required property is missing", refusal(Map.of("model_id", "m")));
        assertEquals("[field_map] got no fields, expected at least one {source: target}", refusal(Map.of("model_id", "m", "field_map", Map.of())));
    }

    public void testEveryOptionIsTakenFromTheConfigurationSoThatUnknownOnesStandOut() throws Exception {
        Map<String, Object> config = new HashMap<>(Map.of("model_id", "m", "field_map", Map.of("a", "b"), "batch", 1));
        new LearnedSparseProcessor.Factory(() -> null, Runnable::run).create(Map.of(), "t", null, config);
        assertEquals(Map.of("batch", 1), config); // OpenSearch refuses what is left
    }
}
