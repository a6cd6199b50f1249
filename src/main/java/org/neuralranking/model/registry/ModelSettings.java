package org.neuralranking.model.registry;

import java.util.List;

import org.opensearch.common.settings.ClusterSettings;
import org.opensearch.common.settings.Setting;
import org.opensearch.common.settings.Setting.Property;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.unit.TimeValue;

/** Times that the registry keeps; all can be changed while the node runs. */
public final class ModelSettings {

    /** Longer than the searches that may still use a content that was replaced or deleted, and than a registration that has only staged it. */
    public static final Setting<TimeValue> LINGER = Setting.timeSetting(
        "neural_ranking.models.linger",
        TimeValue.timeValueSeconds(60),
        TimeValue.ZERO,
        Property.NodeScope,
        Property.Dynamic
    );
    /** How long a query waits for its encoder while that is being loaded; about what loading takes after a restart. Rescorers have budgets. */
    public static final Setting<TimeValue> SEARCH_WAIT = Setting.timeSetting(
        "neural_ranking.models.search_wait",
        TimeValue.timeValueSeconds(10),
        TimeValue.ZERO,
        Property.NodeScope,
        Property.Dynamic
    );
    /** Parts of an upload that are not committed by then are deleted. */
    public static final Setting<TimeValue> UPLOAD_EXPIRY = Setting.timeSetting(
        "neural_ranking.models.upload_expiry",
        TimeValue.timeValueHours(1),
        TimeValue.timeValueSeconds(1),
        Property.NodeScope,
        Property.Dynamic
    );

    private volatile TimeValue linger;
    private volatile TimeValue searchWait;
    private volatile TimeValue uploadExpiry;

    public ModelSettings(Settings settings) {
        linger = LINGER.get(settings);
        searchWait = SEARCH_WAIT.get(settings);
        uploadExpiry = UPLOAD_EXPIRY.get(settings);
    }

    /** Settings that follow changes. */
    public static ModelSettings of(Settings settings, ClusterSettings changes) {
        ModelSettings current = new ModelSettings(settings);
        changes.addSettingsUpdateConsumer(LINGER, value -> current.linger = value);
        changes.addSettingsUpdateConsumer(SEARCH_WAIT, value -> current.searchWait = value);
        changes.addSettingsUpdateConsumer(UPLOAD_EXPIRY, value -> current.uploadExpiry = value);
        return current;
    }

    public static List<Setting<?>> all() {
        return List.of(LINGER, SEARCH_WAIT, UPLOAD_EXPIRY, ModelPlacement.ROLES);
    }

    TimeValue linger() {
        return linger;
    }

    public TimeValue searchWait() {
        return searchWait;
    }

    TimeValue uploadExpiry() {
        return uploadExpiry;
    }
}
