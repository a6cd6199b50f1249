package org.neuralranking.sparse;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.neuralranking.inference.Deadline;
import org.neuralranking.inference.LoadedModel;
import org.neuralranking.inference.Submission;
import org.neuralranking.inference.Urgency;
import org.neuralranking.tokenize.TokenSequence;
import org.neuralranking.tokenize.Tokenizer;
import org.neuralranking.tokenize.Tokens;
import org.opensearch.core.action.ActionListener;

/**
 * Texts → sparse vectors, by a model of task {@code sparse_encoder}. A document goes through the graph; a query does too, unless the
 * bundle has query weights: then it only looks them up (see {@link QueryTokens}) and is there at once. Both count as a request in the
 * model's statistics. A text is cut to the model's longest input, which is counted, too. A blank text has no tokens and costs nothing.
 */
final class SparseInference {

    private SparseInference() {}

    /**
     * Encodes without waiting, but tokenises on the calling thread: milliseconds for a long text. Every failure goes to the listener.
     *
     * @param model    acquired by the caller, who may close it when this returns
     * @param asQuery  whether the texts are queries, which somebody waits for
     * @param listener gets one result per text, in order, on an inference thread or before this returns
     */
    static void infer(LoadedModel model, List<String> texts, boolean asQuery, ActionListener<List<EncodedText>> listener) {
        if (asQuery == false || model.queryWeights() == null) {
            runGraph(model, texts, asQuery ? Urgency.SEARCH : Urgency.INGEST, listener);
            return;
        }
        List<EncodedText> results;
        try {
            results = lookUp(model, texts);
        } catch (Exception e) {
            listener.onFailure(e);
            return;
        }
        listener.onResponse(results);
    }

    private static List<EncodedText> lookUp(LoadedModel model, List<String> texts) {
        long start = System.nanoTime();
        Tokenizer tokenizer = model.tokenizer();
        List<EncodedText> results = new ArrayList<>(texts.size());
        int notBlank = 0;
        int tokenCount = 0;
        int truncated = 0;
        for (String text : texts) {
            if (text.isBlank()) {
                results.add(EncodedText.BLANK);
                continue;
            }
            // as many tokens as the graph would read of it
            Tokens tokens = tokenizer.tokenize(text, room(model));
            SparseVector vector = QueryTokens.weigh(tokens, model.queryWeights(), tokenizer.vocabulary());
            results.add(new EncodedText(vector, tokens.truncated()));
            notBlank++;
            tokenCount += tokens.size();
            truncated += tokens.truncated() ? 1 : 0;
        }
        if (notBlank > 0) {
            model.stats().lookedUp(notBlank, tokenCount, truncated, System.nanoTime() - start);
        }
        return results;
    }

    private static void runGraph(LoadedModel model, List<String> texts, Urgency urgency, ActionListener<List<EncodedText>> listener) {
        EncodedText[] results = new EncodedText[texts.size()];
        int[] places = new int[texts.size()]; // of each row among the texts
        List<TokenSequence> rows = new ArrayList<>(texts.size());
        Submission<SparseVector> submission;
        try {
            for (int i = 0; i < results.length; i++) {
                if (texts.get(i).isBlank()) {
                    results[i] = EncodedText.BLANK;
                    continue;
                }
                places[rows.size()] = i;
                rows.add(model.tokenizer().single(model.tokenizer().tokenize(texts.get(i), room(model)), model.maxTokens()));
            }
            submission = rows.isEmpty() ? null : model.submit(rows, SparseReader.of(model), urgency, Deadline.NONE);
        } catch (Exception e) {
            listener.onFailure(e);
            return;
        }
        if (submission == null) {
            listener.onResponse(Arrays.asList(results));
            return;
        }
        submission.whenDone(ActionListener.map(listener, vectors -> {
            for (int row = 0; row < vectors.size(); row++) {
                results[places[row]] = new EncodedText(vectors.get(row), rows.get(row).truncated());
            }
            return Arrays.asList(results);
        }));
    }

    /** Tokens of a text that fit into the model's longest input. */
    private static int room(LoadedModel model) {
        return model.maxTokens() - model.tokenizer().singleSpecials();
    }
}
