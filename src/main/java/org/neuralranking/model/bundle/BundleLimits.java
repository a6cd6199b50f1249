package org.neuralranking.model.bundle;

/**
 * Sizes beyond which a bundle's files are refused.
 *
 * @param graphBytes largest model.onnx; protobuf itself ends at 2 GiB
 * @param jsonBytes  largest of each of the JSON files
 */
public record BundleLimits(long graphBytes, long jsonBytes) {

    public static final BundleLimits DEFAULT = new BundleLimits((1L << 31) - 1, 64L << 20);
}
