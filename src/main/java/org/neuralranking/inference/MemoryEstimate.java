package org.neuralranking.inference;

import java.io.IOException;
import java.nio.file.Files;

import org.neuralranking.model.Task;
import org.neuralranking.model.bundle.Bundle;
import org.neuralranking.model.bundle.BundleFacts;

/**
 * What a content will take of a node's memory, from the sizes of its files: it must be known before native code begins to take it.
 * <p>
 * Measured with ONNX Runtime 1.28.0, one thread, as growth of anonymous resident memory in MB (F: a lookup table, M: matrix products, in
 * 32 bits; H: both in 16 bits, which the runtime widens for its matrix products; S, P, D: the default sparse encoder and cross-encoder,
 * and a cross-encoder of dynamic int8, of which the first 10 MB or so are the library itself):
 * <pre>
 *           F 200  F 1000  M 200  M 1000  FM 500  FM 1000  H 400  |    S     P     D
 * file        200    1000    204    1005     500     1000    400  |   25    24    23
 * loading     403    2048    277    1111     759     1524    863  |   59    46    40
 * loaded      207    1049    213    1044     514     1033    621  |   59    43    39
 * after a run of 128 tokens: S +50, P +4, D +4
 * </pre>
 * While it loads, the file is there once as read and, tensor by tensor, a second time: at most twice in all if one tensor is nearly
 * everything. Afterwards 1.03 to 1.8 times the file are there. A tokenizer of 0.5 MB took 6 MB outside the heap and 3.2 MB inside, and
 * needed about 14 MB of heap while it was read; one of 6.8 MB took 56 and 29 MB, and needed about 105. In all, S and P took 94 and 44 MB
 * after their dry runs, where 98 and 54 are booked with one thread.
 *
 * @param loadingNative bytes outside the heap while it loads; at least {@code steadyNative}
 * @param steadyNative  bytes outside the heap from then on
 * @param loadingHeap   bytes in the heap while it loads
 * @param steadyHeap    bytes in the heap from then on
 */
record MemoryEstimate(long loadingNative, long steadyNative, long loadingHeap, long steadyHeap) {

    /** In the middle of what was measured, for weights of 8 to 32 bits. */
    private static final double WEIGHTS_PER_FILE_BYTE = 1.25;
    private static final int NATIVE_PER_TOKENIZER_BYTE = 12;
    private static final int HEAP_PER_TOKENIZER_BYTE = 6;
    private static final int LOADING_HEAP_PER_JSON_BYTE = 16;
    /** A session and a tokenizer of nothing. */
    private static final long FIXED = 4L << 20;
    /** Between the layers of a graph, which are reused: 30 kB with 384 hidden units, about 100 kB with 768. */
    private static final long ACTIVATIONS_PER_TOKEN = 64L << 10;
    /** A sparse encoder's logits stand there before and after an operator or two. */
    private static final int COPIES_OF_LOGITS = 3;
    /** Longer texts are rare, also where a model takes them; what they need beyond this is not booked. */
    private static final int TYPICALLY_LONGEST = 512;

    static MemoryEstimate of(Bundle bundle, InferenceSettings settings) throws IOException {
        long graph = Files.size(bundle.graph());
        long tokenizer = Files.size(bundle.tokenizer());
        long queryWeights = bundle.facts().queryWeights() ? Files.size(bundle.queryWeights()) : 0;
        long weights = (long) (WEIGHTS_PER_FILE_BYTE * graph) + NATIVE_PER_TOKENIZER_BYTE * tokenizer + FIXED;
        long steady = weights + settings.threads() * activations(bundle.facts(), settings);
        return new MemoryEstimate(
            Math.max(steady, weights + graph), // nobody asks it anything before it is loaded
            steady,
            LOADING_HEAP_PER_JSON_BYTE * (tokenizer + queryWeights),
            HEAP_PER_TOKENIZER_BYTE * tokenizer + queryWeights
        );
    }

    /** What the runtime keeps from a run for the next one, for each thread that runs. */
    private static long activations(BundleFacts facts, InferenceSettings settings) {
        long perToken = ACTIVATIONS_PER_TOKEN;
        if (facts.task() == Task.SPARSE_ENCODER) {
            perToken += (long) COPIES_OF_LOGITS * Float.BYTES * facts.vocabularySize();
        }
        int tokens = Math.min(facts.maxTokens(), TYPICALLY_LONGEST);
        return perToken * (settings.maxBatchItems() == 1 ? tokens : Math.max(tokens, settings.maxBatchTokens()));
    }
}
