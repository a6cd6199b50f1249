package org.neuralranking.rescore;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.apache.lucene.index.QueryTimeout;
import org.apache.lucene.search.Explanation;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TopDocs;
import org.neuralranking.inference.Deadline;
import org.neuralranking.inference.LoadedModel;
import org.neuralranking.inference.Submission;
import org.neuralranking.inference.Urgency;
import org.neuralranking.rescore.NeuralRescorerBuilder.OnBudget;
import org.neuralranking.rescore.NeuralRescorerBuilder.OnFailure;
import org.neuralranking.rescore.NeuralRescorerBuilder.Score;
import org.neuralranking.tokenize.TokenSequence;
import org.opensearch.OpenSearchStatusException;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.core.tasks.TaskCancelledException;
import org.opensearch.search.rescore.RescoreContext;
import org.opensearch.search.rescore.Rescorer;

/**
 * Window → texts → pairs → logits → blended → sorted, on one shard.
 * <p>
 * Work is submitted in first-stage order, so that a spent budget loses the least. The search thread waits for the inference threads; it
 * stops at the deadline and looks for cancellation every {@link #CHECK_NANOS}. Hits that were not rescored, for whatever reason, and hits
 * beyond the window stay below the others in first-stage order ({@link ScoreContract}).
 */
final class NeuralRescorer implements Rescorer {

    private static final Logger LOGGER = LogManager.getLogger(NeuralRescorer.class);

    /** A cancelled search stops within this time or one batch, whichever is longer. */
    private static final long CHECK_NANOS = 20_000_000;

    private final RescoreServices services;

    NeuralRescorer(RescoreServices services) {
        this.services = services;
    }

    /** Logits of a window, null where a hit has none; {@code complete} unless the budget was spent before all were there. */
    private record Window(Float[] logits, int withoutText, boolean complete) {}

    @Override
    public TopDocs rescore(TopDocs topDocs, IndexSearcher searcher, RescoreContext rescoreContext) throws IOException {
        NeuralRescoreContext context = (NeuralRescoreContext) rescoreContext;
        ScoreDoc[] hits = topDocs.scoreDocs;
        int[] docs = new int[Math.min(hits.length, context.getWindowSize())];
        Arrays.setAll(docs, i -> hits[i].doc);

        Window window;
        try {
            window = logits(docs, searcher, context);
            if (window.complete == false) {
                services.stats().budgetSpent();
                if (context.clause.effectiveOnBudget() == OnBudget.FAIL) {
                    throw new Unhidden(budgetSpent(window, context));
                }
            }
        } catch (Unhidden e) {
            throw e.reason;
        } catch (TaskCancelledException e) {
            throw e;
        } catch (Exception e) {
            if (context.clause.effectiveOnFailure() == OnFailure.FAIL) {
                throw e;
            }
            LOGGER.debug("a window keeps its first-stage order", e);
            services.stats().keptFirstStage(e);
            window = new Window(new Float[docs.length], 0, true);
        }
        return ranked(topDocs, window, context);
    }

    /** What {@code on_failure} must not hide: the caller's mistakes, and what the caller wants to know of. */
    private static final class Unhidden extends RuntimeException {
        private final RuntimeException reason;

        Unhidden(RuntimeException reason) {
            super(reason);
            this.reason = reason;
        }
    }

    private static RuntimeException budgetSpent(Window window, NeuralRescoreContext context) {
        long done = Arrays.stream(window.logits).filter(Objects::nonNull).count();
        return new OpenSearchStatusException(
            "[neural] rescorer: got " + done + " of " + (window.logits.length - window.withoutText) + " hits within [budget] = "
                + TimeValue.timeValueNanos(context.budgetNanos) + ", expected all, as " + context.clause.whyBudgetFails(),
            RestStatus.GATEWAY_TIMEOUT
        );
    }

    private Window logits(int[] docs, IndexSearcher searcher, NeuralRescoreContext context) throws IOException {
        long deadline = Deadline.after(System.nanoTime(), context.budgetNanos);
        Runnable check = () -> stopIfCancelled(searcher);
        try (LoadedModel model = services.models().acquire(context.model)) {
            PairScoring scoring = query(model, context);
            List<List<String>> texts = texts(docs, searcher, context, check);
            List<TokenSequence> pairs = new ArrayList<>(docs.length);
            int[] hitOfPair = new int[docs.length];
            int withoutText = 0;
            for (int hit = 0; hit < docs.length && Deadline.passed(deadline, System.nanoTime()) == false; hit++) {
                check.run();
                if (texts.get(hit).isEmpty()) {
                    withoutText++;
                } else {
                    hitOfPair[pairs.size()] = hit;
                    pairs.add(scoring.pair(context.clause.document(), texts.get(hit)));
                }
            }
            Submission<Float> submission = model.submit(pairs, PairScoring::logit, Urgency.SEARCH, deadline);
            await(submission, deadline, check);
            Float[] logits = new Float[docs.length];
            for (int pair = 0; pair < pairs.size(); pair++) {
                logits[hitOfPair[pair]] = submission.result(pair);
            }
            return new Window(logits, withoutText, submission.completed() + withoutText == docs.length);
        }
    }

    private static PairScoring query(LoadedModel model, NeuralRescoreContext context) {
        try {
            return new PairScoring(model, context.clause.queryText());
        } catch (IllegalArgumentException e) {
            throw new Unhidden(new IllegalArgumentException("[neural] rescorer: [query_text]: " + e.getMessage(), e));
        }
    }

    private static List<List<String>> texts(int[] docs, IndexSearcher searcher, NeuralRescoreContext context, Runnable check)
        throws IOException {
        try {
            return SourceReader.read(docs, context.clause.document(), searcher, check);
        } catch (IllegalArgumentException e) {
            throw new Unhidden(e); // [document.fields] names what is no text
        }
    }

    /** Returns when all is there, or at the deadline. */
    private static void await(Submission<Float> submission, long deadline, Runnable check) {
        boolean done = false;
        try {
            while (done == false && Deadline.passed(deadline, System.nanoTime()) == false) {
                long soon = System.nanoTime() + CHECK_NANOS;
                done = submission.awaitUntil(soon - deadline < 0 ? soon : deadline);
                check.run();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TaskCancelledException("interrupted while rescoring");
        } finally {
            submission.cancel(); // nobody waits for what is left; nothing happens if all is there
        }
        if (done && submission.completed() < submission.size() && submission.expired() == false) {
            throw submission.failure() instanceof RuntimeException failure ? failure : new IllegalStateException(submission.failure());
        }
    }

    private static void stopIfCancelled(IndexSearcher searcher) {
        QueryTimeout cancellation = searcher.getTimeout();
        if (cancellation != null && cancellation.shouldExit()) {
            throw new TaskCancelledException("the search was cancelled while rescoring");
        }
    }

    private TopDocs ranked(TopDocs topDocs, Window window, NeuralRescoreContext context) {
        ScoreDoc[] hits = topDocs.scoreDocs;
        double[] scores = new double[hits.length];
        boolean[] isRescored = new boolean[hits.length];
        Set<Integer> rescored = new HashSet<>();
        for (int i = 0; i < window.logits.length; i++) {
            Float logit = window.logits[i];
            if (logit != null) {
                scores[i] = context.clause.blend().of(hits[i].score, logit);
                isRescored[i] = Double.isNaN(scores[i]) == false;
                if (isRescored[i]) {
                    rescored.add(hits[i].doc);
                }
            }
        }
        Integer[] order = new Integer[hits.length];
        Arrays.setAll(order, i -> i);
        // stable: ties and hits that were not rescored keep their first-stage order
        Arrays.sort(order, Comparator.comparing((Integer i) -> isRescored[i] ? 0 : 1).thenComparing(i -> isRescored[i] ? -scores[i] : 0));

        ScoreDoc[] ranked = new ScoreDoc[hits.length];
        float above = Float.POSITIVE_INFINITY;
        for (int rank = 0; rank < ranked.length; rank++) {
            int i = order[rank];
            float score = context.clause.score() == Score.RAW
                ? Math.min(above, isRescored[i] ? (float) scores[i] : hits[i].score)
                : isRescored[i] ? ScoreContract.rescored(scores[i]) : ScoreContract.notRescored(hits[i].score);
            ranked[rank] = new ScoreDoc(hits[i].doc, score, hits[i].shardIndex);
            above = score;
        }
        services.stats().window(rescored.size(), window.withoutText);
        context.setRescoredDocs(rescored);
        return new TopDocs(topDocs.totalHits, ranked);
    }

    @Override
    public Explanation explain(int doc, IndexSearcher searcher, RescoreContext rescoreContext, Explanation firstStage) throws IOException {
        NeuralRescoreContext context = (NeuralRescoreContext) rescoreContext;
        boolean raw = context.clause.score() == Score.RAW;
        float first = firstStage.getValue().floatValue();
        if (context.isRescored(doc) == false) {
            return raw
                ? Explanation.match(first, "not rescored by [neural], the first-stage score or that of the hit above, whichever is lower:", firstStage)
                : Explanation.match(
                    ScoreContract.notRescored(first),
                    "not rescored by [neural], (1 + s / (15 + |s|)) / 2 from s:",
                    firstStage
                );
        }
        Float logit = logitAgain(doc, searcher, context);
        if (logit == null) {
            return Explanation.match(first, "rescored by [neural], but not explained, as the model did not answer a second time; from:", firstStage);
        }
        double blended = context.clause.blend().of(first, logit);
        Explanation explanation = Explanation.match(
            (float) blended,
            "b, computed as first_stage_weight * s + model_weight * logit from:",
            Explanation.match(context.clause.blend().firstStageWeight(), "first_stage_weight"),
            Explanation.match(first, "s, the first-stage score", firstStage),
            Explanation.match(context.clause.blend().modelWeight(), "model_weight"),
            Explanation.match(logit, "logit of model [" + context.model.id() + "], content " + context.model.hash())
        );
        return raw
            ? explanation
            : Explanation.match(ScoreContract.rescored(blended), "rescored by [neural], 1 + (1 + b / (15 + |b|)) / 2 from b:", explanation);
    }

    /** The fetch phase does not see what the query phase computed. Null if the model is slow or gone since, unless that is to fail. */
    private Float logitAgain(int doc, IndexSearcher searcher, NeuralRescoreContext context) throws IOException {
        try {
            return logits(new int[] { doc }, searcher, context).logits[0];
        } catch (Unhidden e) {
            throw e.reason;
        } catch (TaskCancelledException e) {
            throw e;
        } catch (Exception e) {
            if (context.clause.effectiveOnFailure() == OnFailure.FAIL) {
                throw e;
            }
            LOGGER.debug("an explanation stays incomplete", e);
            return null;
        }
    }
}
