package org.neuralranking.rescore;

import java.util.List;

import org.opensearch.common.settings.ClusterSettings;
import org.opensearch.common.settings.Setting;
import org.opensearch.common.settings.Setting.Property;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.unit.TimeValue;

/** Defaults of rescoring that an operator may change while the cluster runs. */
public final class RescoreSettings {

    /** What a rescorer without a budget of its own may take on each shard: the core enforces no timeout there. */
    public static final Setting<TimeValue> BUDGET = Setting.timeSetting(
        "neural_ranking.rescore.budget",
        TimeValue.timeValueSeconds(10),
        TimeValue.timeValueMillis(1),
        Property.NodeScope,
        Property.Dynamic
    );

    private volatile TimeValue budget;

    private RescoreSettings(TimeValue budget) {
        this.budget = budget;
    }

    public static RescoreSettings of(Settings settings, ClusterSettings clusterSettings) {
        RescoreSettings current = new RescoreSettings(BUDGET.get(settings));
        clusterSettings.addSettingsUpdateConsumer(BUDGET, budget -> current.budget = budget);
        return current;
    }

    public static List<Setting<?>> all() {
        return List.of(BUDGET);
    }

    TimeValue budget() {
        return budget;
    }
}
