package org.neuralranking.rescore;

import java.io.IOException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Function;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.apache.lucene.index.QueryTimeout;
import org.apache.lucene.search.Explanation;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TopDocs;
import org.neuralranking.inference.Deadline;
import org.neuralranking.inference.LoadedModel;
import org.neuralranking.rescore.NeuralRescorerBuilder.OnBudget;
import org.neuralranking.rescore.NeuralRescorerBuilder.OnFailure;
import org.neuralranking.rescore.NeuralRescorerBuilder.Score;
import org.opensearch.OpenSearchStatusException;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.core.tasks.TaskCancelledException;
import org.opensearch.search.rescore.RescoreContext;
import org.opensearch.search.rescore.Rescorer;

/**
 * The window of one shard: logits ({@link WindowScoring}) → blended → sorted. Hits that were not rescored, for whatever reason, and hits
 * beyond the window stay below the others in first-stage order ({@link ScoreContract}).
 */
final class NeuralRescorer implements Rescorer {

    private static final Logger LOGGER = LogManager.getLogger(NeuralRescorer.class);

    private final RescoreServices services;

    NeuralRescorer(RescoreServices services) {
        this.services = services;
    }

    @Override
    public TopDocs rescore(TopDocs topDocs, IndexSearcher searcher, RescoreContext rescoreContext) throws IOException {
        NeuralRescoreContext context = (NeuralRescoreContext) rescoreContext;
        ScoreDoc[] hits = topDocs.scoreDocs;
        int[] docs = new int[Math.min(hits.length, context.getWindowSize())];
        Arrays.setAll(docs, i -> hits[i].doc);

        WindowLogits window = unlessItFails(context, () -> {
            WindowLogits scored = score(docs, Deadline.after(System.nanoTime(), context.budgetNanos), searcher, context);
            if (scored.complete() == false) {
                services.stats().budgetSpent();
                if (context.clause.effectiveOnBudget() == OnBudget.FAIL) {
                    throw new Unhidden(budgetSpent(scored, context));
                }
            }
            return scored;
        }, failure -> {
            LOGGER.debug("a window keeps its first-stage order", failure);
            services.stats().keptFirstStage(failure);
            return WindowLogits.none(docs.length);
        });
        return ranked(topDocs, window, context);
    }

    private interface Scoring<T> {
        T run() throws IOException;
    }

    /** What {@code on_failure} says: the result, or else what stands in for it, or else the failure. */
    private static <T> T unlessItFails(NeuralRescoreContext context, Scoring<T> scoring, Function<Exception, T> otherwise)
        throws IOException {
        try {
            return scoring.run();
        } catch (Unhidden e) {
            throw e.reason;
        } catch (TaskCancelledException e) {
            throw e;
        } catch (Exception e) {
            if (context.clause.effectiveOnFailure() == OnFailure.FAIL) {
                throw e;
            }
            return otherwise.apply(e);
        }
    }

    /** What {@code on_failure} must not hide: the caller's mistakes, and what the caller wants to know of. */
    private static final class Unhidden extends RuntimeException {
        private final RuntimeException reason;

        Unhidden(RuntimeException reason) {
            super(reason);
            this.reason = reason;
        }
    }

    private static RuntimeException budgetSpent(WindowLogits window, NeuralRescoreContext context) {
        return new OpenSearchStatusException(
            "[neural] rescorer: got " + window.scored() + " of " + window.size() + " hits within [budget] = "
                + TimeValue.timeValueNanos(context.budgetNanos) + ", expected all, as " + context.clause.whyBudgetFails(),
            RestStatus.GATEWAY_TIMEOUT
        );
    }

    private WindowLogits score(int[] docs, long deadlineNanos, IndexSearcher searcher, NeuralRescoreContext context) throws IOException {
        Runnable stopIfCancelled = () -> stopIfCancelled(searcher);
        try (LoadedModel model = services.models().acquireForSearch(context.model, deadlineNanos, stopIfCancelled)) {
            PairScoring pairs;
            try {
                pairs = new PairScoring(model, context.clause.queryText());
            } catch (IllegalArgumentException e) {
                throw new Unhidden(new IllegalArgumentException("[neural] rescorer: [query_text]: " + e.getMessage(), e));
            }
            return new WindowScoring(model, pairs, context.clause.document(), searcher, deadlineNanos, stopIfCancelled).score(docs);
        } catch (DocumentText.NotText e) {
            throw new Unhidden(new IllegalArgumentException(e.getMessage(), e)); // [document.fields] names the wrong field
        }
    }

    private static void stopIfCancelled(IndexSearcher searcher) {
        QueryTimeout cancellation = searcher.getTimeout();
        if (cancellation != null && cancellation.shouldExit()) {
            throw new TaskCancelledException("the search was cancelled while rescoring");
        }
    }

    private TopDocs ranked(TopDocs topDocs, WindowLogits window, NeuralRescoreContext context) {
        ScoreDoc[] hits = topDocs.scoreDocs;
        double[] scores = new double[hits.length];
        boolean[] isRescored = new boolean[hits.length];
        Set<Integer> rescored = new HashSet<>();
        for (int i = 0; i < window.size(); i++) {
            Float logit = window.logit(i);
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
        services.stats().window(rescored.size(), window.withoutText());
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

    /**
     * The fetch phase does not see what the query phase computed. Null if the model is slow or gone since, unless that is to fail. All
     * explanations of a shard share one budget.
     */
    private Float logitAgain(int doc, IndexSearcher searcher, NeuralRescoreContext context) throws IOException {
        return unlessItFails(
            context,
            () -> score(new int[] { doc }, context.explainDeadlineNanos(), searcher, context).logit(0),
            failure -> {
                LOGGER.debug("an explanation stays incomplete", failure);
                return null;
            }
        );
    }
}
