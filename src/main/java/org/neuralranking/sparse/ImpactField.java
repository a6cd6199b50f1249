package org.neuralranking.sparse;

import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;

import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.analysis.tokenattributes.TermFrequencyAttribute;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.FieldType;
import org.apache.lucene.index.IndexOptions;

/**
 * One document's sparse vector as one Lucene field: each token is a term whose frequency is the encoded weight, the impact. Reading
 * follows {@link org.apache.lucene.document.FeatureField}, so its linear query scores these postings, and their impacts let Lucene skip
 * documents that cannot compete (Ding &amp; Suel, "Faster Top-k Document Retrieval Using Block-Max Indexes", SIGIR 2011). Unlike
 * FeatureField there is one field, hence one token stream, for the whole vector.
 *
 * <p>The frequency of weight w is {@code floatToIntBits(w) >>> 15}: the sign, which is 0, the exponent and the 8 upper bits of the
 * mantissa, that is the top 9 significant bits. Decoding never gives more than w, and less than w by a factor of at most 2<sup>-8</sup>.
 * It is order-preserving since the bits of positive floats compare as the floats do.
 *
 * <p>A document may hold only one such field per name: Lucene would add the frequencies of two.
 */
final class ImpactField extends Field {

    /** Mantissa bits that are dropped; FeatureField's choice, which its queries decode. */
    private static final int DROPPED_BITS = 15;

    static final int MAX_FREQUENCY = encode(Float.MAX_VALUE);

    /** Lucene sums a field's frequencies in one document in an int. */
    static final int MAX_TOKENS = Integer.MAX_VALUE / MAX_FREQUENCY;

    private static final FieldType TYPE = new FieldType();

    static {
        TYPE.setTokenized(false);
        TYPE.setOmitNorms(true);
        TYPE.setIndexOptions(IndexOptions.DOCS_AND_FREQS);
        TYPE.freeze();
    }

    private final Map<String, Float> weights = new HashMap<>();

    ImpactField(String name) {
        super(name, TYPE);
    }

    /**
     * Adds a token; of several weights for one token the largest stays.
     *
     * @param weight as {@link TokenWeights} wants it
     * @throws IllegalArgumentException if this is one token too many
     */
    void add(String token, float weight) {
        assert TokenWeights.isWeight(weight);
        weights.merge(token, weight, Math::max);
        if (weights.size() > MAX_TOKENS) {
            throw new IllegalArgumentException(
                "field [" + name() + "]: got more than " + MAX_TOKENS + " tokens in one document, expected at most that many"
            );
        }
    }

    /** @return {token: weight} as added, before encoding */
    Map<String, Float> weights() {
        return weights;
    }

    /** Term frequency of a weight, 1 ≤ frequency ≤ {@link #MAX_FREQUENCY}. */
    static int encode(float weight) {
        return Float.floatToIntBits(weight) >>> DROPPED_BITS;
    }

    /** The weight that a query reads from a term frequency. */
    static float decode(int frequency) {
        return Float.intBitsToFloat(frequency << DROPPED_BITS);
    }

    @Override
    public TokenStream tokenStream(Analyzer analyzer, TokenStream reuse) {
        ImpactStream stream = reuse instanceof ImpactStream impacts ? impacts : new ImpactStream();
        stream.weights = weights;
        return stream;
    }

    private static final class ImpactStream extends TokenStream {
        private final CharTermAttribute term = addAttribute(CharTermAttribute.class);
        private final TermFrequencyAttribute frequency = addAttribute(TermFrequencyAttribute.class);
        private Map<String, Float> weights;
        private Iterator<Map.Entry<String, Float>> rest;

        @Override
        public void reset() {
            rest = weights.entrySet().iterator();
        }

        @Override
        public boolean incrementToken() {
            if (rest.hasNext() == false) {
                return false;
            }
            clearAttributes();
            Map.Entry<String, Float> entry = rest.next();
            term.append(entry.getKey());
            frequency.setTermFrequency(encode(entry.getValue()));
            return true;
        }

        @Override
        public void close() {
            // Lucene keeps the stream for the next document
            weights = null;
            rest = null;
        }
    }
}
