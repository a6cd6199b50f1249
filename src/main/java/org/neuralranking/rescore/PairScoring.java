package org.neuralranking.rescore;

import java.util.List;

import org.neuralranking.inference.BatchOutput;
import org.neuralranking.inference.LoadedModel;
import org.neuralranking.tokenize.TokenSequence;
import org.neuralranking.tokenize.Tokenizer;
import org.neuralranking.tokenize.Tokens;

/** (query, document) pairs for a cross-encoder; the query is tokenised once. */
final class PairScoring {

    private final LoadedModel model;
    private final Tokenizer tokenizer;
    private final Tokens query;

    /** @throws IllegalArgumentException if the query leaves no room for a document */
    PairScoring(LoadedModel model, String queryText) {
        this.model = model;
        this.tokenizer = model.tokenizer();
        this.query = tokenizer.tokenize(queryText, model.maxTokens());
        if (query.truncated()) {
            throw new IllegalArgumentException(
                "got a query of more than " + query.size() + " tokens, expected at most " + (model.maxTokens() - tokenizer.pairSpecials() - 1)
            );
        }
        tokenizer.pair(query, Tokens.NONE, model.maxTokens());
    }

    TokenSequence pair(DocumentText document, List<String> values) {
        return tokenizer.pair(query, document.tokens(values, tokenizer, model.maxTokens()), model.maxTokens());
    }

    TokenSequence pair(String document) {
        return tokenizer.pair(query, tokenizer.tokenize(document, model.maxTokens()), model.maxTokens());
    }

    /** The one logit of a row. */
    static Float logit(BatchOutput output, int row) {
        float logit = output.values().get(output.rowStart(row));
        if (Float.isFinite(logit) == false) {
            throw new IllegalStateException("got " + logit + " from the model, expected a finite logit");
        }
        return logit;
    }
}
