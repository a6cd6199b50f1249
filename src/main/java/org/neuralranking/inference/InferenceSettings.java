package org.neuralranking.inference;

import java.util.List;

import org.opensearch.common.settings.Setting;
import org.opensearch.common.settings.Setting.Property;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.util.concurrent.OpenSearchExecutors;

/**
 * How a node runs graphs.
 *
 * @param threads       graphs that run at the same time on this node; each uses one core
 * @param queueCapacity texts that may wait for one model before further ones are refused
 * @param maxBatchItems most texts in one batch
 * @param maxBatchTokens most tokens in one batch, padding included; one text may always run
 * @param maxTextChars  longest text that is looked at; the rest counts as truncated
 */
public record InferenceSettings(int threads, int queueCapacity, int maxBatchItems, int maxBatchTokens, int maxTextChars) {

    public static final Setting<Integer> THREADS = new Setting<>(
        "neural_ranking.inference.threads",
        settings -> Integer.toString(OpenSearchExecutors.allocatedProcessors(settings)),
        value -> Setting.parseInt(value, 1, 1024, "neural_ranking.inference.threads"),
        Property.NodeScope
    );
    public static final Setting<Integer> QUEUE_CAPACITY = Setting.intSetting(
        "neural_ranking.inference.queue_capacity",
        10_000,
        1,
        Property.NodeScope
    );
    /**
     * One, because on a CPU a larger batch gains nothing: batches of 1 to 32 texts of 100 tokens each took 10.9 to 12.7 ms a text with the
     * default cross-encoder, 21.0 to 22.1 ms with the default sparse encoder (ONNX Runtime, one thread, AVX-512 VNNI), and texts of
     * different lengths would pay for padding on top.
     */
    public static final Setting<Integer> MAX_BATCH_ITEMS = Setting.intSetting(
        "neural_ranking.inference.max_batch_items",
        1,
        1,
        4096,
        Property.NodeScope
    );
    public static final Setting<Integer> MAX_BATCH_TOKENS = Setting.intSetting(
        "neural_ranking.inference.max_batch_tokens",
        1024,
        1,
        1 << 20,
        Property.NodeScope
    );
    public static final Setting<Integer> MAX_TEXT_CHARS = Setting.intSetting(
        "neural_ranking.tokenize.max_chars",
        1_000_000,
        1,
        100_000_000,
        Property.NodeScope
    );

    public InferenceSettings(Settings settings) {
        this(
            THREADS.get(settings),
            QUEUE_CAPACITY.get(settings),
            MAX_BATCH_ITEMS.get(settings),
            MAX_BATCH_TOKENS.get(settings),
            MAX_TEXT_CHARS.get(settings)
        );
    }

    /** The same, but every text runs by itself. */
    InferenceSettings oneByOne() {
        return new InferenceSettings(threads, queueCapacity, 1, maxBatchTokens, maxTextChars);
    }

    public static List<Setting<?>> all() {
        return List.of(THREADS, QUEUE_CAPACITY, MAX_BATCH_ITEMS, MAX_BATCH_TOKENS, MAX_TEXT_CHARS);
    }
}
