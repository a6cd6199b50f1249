package org.neuralranking.sparse;

import java.io.IOException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;

import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.xcontent.ToXContentObject;
import org.opensearch.core.xcontent.XContentBuilder;

/**
 * What a sparse encoder says about a text: a weight for each token that matters, all others being 0. Heaviest token first, equal
 * weights by token, so that two vectors with the same entries are equal.
 *
 * @param tokens  [n] distinct tokens
 * @param weights [n] as {@link TokenWeights} wants them; {@code weights[i]} belongs to {@code tokens[i]}
 */
public record SparseVector(String[] tokens, float[] weights) implements Writeable, ToXContentObject {

    public static final SparseVector EMPTY = new SparseVector(new String[0], new float[0]);

    /** @throws IllegalArgumentException if there is not one weight per token or an entry is not as {@link TokenWeights} wants it */
    public SparseVector {
        if (tokens.length != weights.length) {
            throw new IllegalArgumentException("got " + weights.length + " weights for " + tokens.length + " tokens, expected one each");
        }
        for (int i = 0; i < tokens.length; i++) {
            TokenWeights.checkToken(tokens[i], "sparse vector");
            TokenWeights.checkWeight(tokens[i], weights[i], "sparse vector");
        }
        assert inOrder(tokens, weights);
    }

    /** Brings entries in order. */
    public static SparseVector of(Map<String, Float> entries) {
        String[] tokens = new String[entries.size()];
        float[] weights = new float[entries.size()];
        Comparator<Map.Entry<String, Float>> heaviestFirst = Map.Entry.comparingByValue(Comparator.reverseOrder());
        int[] next = { 0 };
        entries.entrySet().stream().sorted(heaviestFirst.thenComparing(Map.Entry.comparingByKey())).forEachOrdered(entry -> {
            tokens[next[0]] = entry.getKey();
            weights[next[0]++] = entry.getValue();
        });
        return new SparseVector(tokens, weights);
    }

    SparseVector(StreamInput in) throws IOException {
        this(in.readStringArray(), in.readFloatArray());
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeStringArray(tokens);
        out.writeFloatArray(weights);
    }

    public int size() {
        return tokens.length;
    }

    public boolean isEmpty() {
        return tokens.length == 0;
    }

    /** {token: weight}, heaviest first, as it stands in {@code _source}. */
    public Map<String, Object> toMap() {
        Map<String, Object> map = LinkedHashMap.newLinkedHashMap(tokens.length);
        for (int i = 0; i < tokens.length; i++) {
            map.put(tokens[i], weights[i]);
        }
        return map;
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
        builder.startObject();
        for (int i = 0; i < tokens.length; i++) {
            builder.field(tokens[i], weights[i]);
        }
        return builder.endObject();
    }

    private static boolean inOrder(String[] tokens, float[] weights) {
        for (int i = 1; i < tokens.length; i++) {
            assert weights[i - 1] > weights[i] || weights[i - 1] == weights[i] && tokens[i - 1].compareTo(tokens[i]) < 0
                : tokens[i - 1] + "=" + weights[i - 1] + " before " + tokens[i] + "=" + weights[i];
        }
        return true;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SparseVector that && Arrays.equals(tokens, that.tokens) && Arrays.equals(weights, that.weights);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(tokens) + Arrays.hashCode(weights);
    }

    @Override
    public String toString() {
        return toMap().toString();
    }
}
