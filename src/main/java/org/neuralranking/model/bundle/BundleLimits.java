package org.neuralranking.model.bundle;

import java.util.List;

import org.opensearch.common.settings.Setting;
import org.opensearch.common.settings.Setting.Property;
import org.opensearch.common.settings.Settings;
import org.opensearch.core.common.unit.ByteSizeUnit;
import org.opensearch.core.common.unit.ByteSizeValue;

/**
 * Sizes beyond which a bundle is refused.
 *
 * @param graphBytes       largest model.onnx
 * @param jsonBytes        largest of each of the JSON files
 * @param bundleBytes      most bytes of all files of a zip, inflated
 * @param zipEntries       most entries of a zip, those that do not matter included
 * @param compressionRatio most bytes that one byte of a zip may inflate to; files up to {@link #RATIO_FREE_BYTES} are exempt
 */
public record BundleLimits(long graphBytes, long jsonBytes, long bundleBytes, int zipEntries, int compressionRatio) {

    /**
     * Inflated size up to which the ratio does not count: a small file of repeated text inflates a thousandfold and is harmless. So many
     * entries of this size as are allowed stay below {@link #bundleBytes} anyway.
     */
    static final long RATIO_FREE_BYTES = 1L << 20;

    /** Protobuf, and so ONNX without external data, ends at 2 GiB. */
    private static final long LARGEST_GRAPH = (1L << 31) - 1;

    public static final Setting<ByteSizeValue> MAX_GRAPH_SIZE = Setting.byteSizeSetting(
        "neural_ranking.models.max_graph_size",
        new ByteSizeValue(LARGEST_GRAPH),
        new ByteSizeValue(1),
        new ByteSizeValue(LARGEST_GRAPH),
        Property.NodeScope
    );
    /** The largest tokenizer in use, of a quarter of a million tokens with their merges, has 33 MB. */
    public static final Setting<ByteSizeValue> MAX_JSON_SIZE = Setting.byteSizeSetting(
        "neural_ranking.models.max_json_size",
        new ByteSizeValue(64, ByteSizeUnit.MB),
        new ByteSizeValue(1),
        new ByteSizeValue(1, ByteSizeUnit.GB), // a tokenizer is read into one array
        Property.NodeScope
    );
    /** The largest graph, its JSON files, and room for files that do not matter. */
    public static final Setting<ByteSizeValue> MAX_BUNDLE_SIZE = Setting.byteSizeSetting(
        "neural_ranking.models.max_bundle_size",
        new ByteSizeValue(4, ByteSizeUnit.GB),
        new ByteSizeValue(1),
        new ByteSizeValue(1, ByteSizeUnit.TB),
        Property.NodeScope
    );
    /** A bundle has six files; whole repositories have some hundred. */
    public static final Setting<Integer> MAX_ZIP_ENTRIES = Setting.intSetting(
        "neural_ranking.models.max_zip_entries",
        1000,
        1,
        65535,
        Property.NodeScope
    );
    /** Weights hardly shrink, JSON to a fifth; deflate ends at 1032. */
    public static final Setting<Integer> MAX_COMPRESSION_RATIO = Setting.intSetting(
        "neural_ranking.models.max_compression_ratio",
        100,
        1,
        1032,
        Property.NodeScope
    );

    public static final BundleLimits DEFAULT = new BundleLimits(Settings.EMPTY);

    public BundleLimits(Settings settings) {
        this(
            MAX_GRAPH_SIZE.get(settings).getBytes(),
            MAX_JSON_SIZE.get(settings).getBytes(),
            MAX_BUNDLE_SIZE.get(settings).getBytes(),
            MAX_ZIP_ENTRIES.get(settings),
            MAX_COMPRESSION_RATIO.get(settings)
        );
    }

    public static List<Setting<?>> all() {
        return List.of(MAX_GRAPH_SIZE, MAX_JSON_SIZE, MAX_BUNDLE_SIZE, MAX_ZIP_ENTRIES, MAX_COMPRESSION_RATIO);
    }

    /** The limit of a file of this name. */
    long bytes(String file) {
        return file.equals(BundleFiles.GRAPH) ? graphBytes : jsonBytes;
    }
}
