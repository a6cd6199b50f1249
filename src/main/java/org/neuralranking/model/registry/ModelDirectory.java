package org.neuralranking.model.registry;

import java.io.IOException;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

import org.neuralranking.model.store.StoredContent;
import org.opensearch.Version;
import org.opensearch.cluster.AbstractNamedDiffable;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.NamedDiff;
import org.opensearch.cluster.block.ClusterBlockException;
import org.opensearch.cluster.block.ClusterBlockLevel;
import org.opensearch.cluster.metadata.Metadata;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.core.xcontent.XContentParser;

/**
 * The directory of models, id → content, in the cluster state: small, on every node, there before any index is. Immutable.
 */
public final class ModelDirectory extends AbstractNamedDiffable<Metadata.Custom> implements Metadata.Custom {

    public static final String TYPE = "neural_ranking_models";
    public static final ModelDirectory EMPTY = new ModelDirectory(Map.of());

    private final Map<String, ModelEntry> entries;

    private ModelDirectory(Map<String, ModelEntry> entries) {
        this.entries = new TreeMap<>(entries);
    }

    public ModelDirectory(StreamInput in) throws IOException {
        this(in.readMap(StreamInput::readString, ModelEntry::new));
    }

    public static ModelDirectory of(ClusterState state) {
        ModelDirectory directory = state.metadata().custom(TYPE);
        return directory == null ? EMPTY : directory;
    }

    /**
     * As {@link #of}, for those who would tell a user that something is not there.
     *
     * @throws ClusterBlockException (503) while the node has not recovered or joined: then nobody knows what is there
     */
    public static ModelDirectory known(ClusterState state) {
        state.blocks().globalBlockedRaiseException(ClusterBlockLevel.METADATA_READ);
        return of(state);
    }

    /** The entry of an id, or null. */
    public ModelEntry get(String id) {
        return entries.get(id);
    }

    /** What {@code id} or {@code id@alias} means, or null. */
    public StoredContent meaning(String name) {
        ModelEntry entry = entries.get(ModelEntry.idOf(name));
        return entry == null ? null : entry.meaning(name);
    }

    /** Contents that nodes have loaded, by hash; each with all places where it is stored. */
    Map<String, List<StoredContent>> loaded() {
        return entries().stream().flatMap(ModelEntry::loaded).distinct().collect(Collectors.groupingBy(StoredContent::hash));
    }

    /** All contents that must not be lost. */
    Set<StoredContent> stored() {
        return entries().stream().flatMap(ModelEntry::stored).collect(Collectors.toSet());
    }

    /** All entries, by id. */
    public Collection<ModelEntry> entries() {
        return entries.values();
    }

    ModelDirectory with(ModelEntry entry) {
        Map<String, ModelEntry> changed = new TreeMap<>(entries);
        changed.put(entry.id(), entry);
        return new ModelDirectory(changed);
    }

    ModelDirectory without(String id) {
        Map<String, ModelEntry> changed = new TreeMap<>(entries);
        changed.remove(id);
        return new ModelDirectory(changed);
    }

    /** The cluster state with this directory in the place of its own. */
    ClusterState in(ClusterState state) {
        return ClusterState.builder(state).metadata(Metadata.builder(state.metadata()).putCustom(TYPE, this)).build();
    }

    public static ModelDirectory parse(XContentParser parser) throws IOException {
        Map<String, ModelEntry> entries = new TreeMap<>();
        while (parser.nextToken() != XContentParser.Token.END_OBJECT) {
            if (parser.currentToken() == XContentParser.Token.FIELD_NAME && "models".equals(parser.currentName())) {
                parser.nextToken();
                while (parser.nextToken() != XContentParser.Token.END_ARRAY) {
                    ModelEntry entry = ModelEntry.parse(parser);
                    entries.put(entry.id(), entry);
                }
            } else {
                parser.skipChildren();
            }
        }
        return new ModelDirectory(entries);
    }

    public static NamedDiff<Metadata.Custom> readDiff(StreamInput in) throws IOException {
        return readDiffFrom(Metadata.Custom.class, TYPE, in);
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeMap(entries, StreamOutput::writeString, (o, entry) -> entry.writeTo(o));
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
        builder.startArray("models");
        for (ModelEntry entry : entries.values()) {
            entry.toXContent(builder, params);
        }
        return builder.endArray();
    }

    /** Not in snapshots: a restore must not change which models a cluster has. */
    @Override
    public EnumSet<Metadata.XContentContext> context() {
        return Metadata.API_AND_GATEWAY;
    }

    @Override
    public String getWriteableName() {
        return TYPE;
    }

    @Override
    public Version getMinimalSupportedVersion() {
        return Version.V_3_0_0;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ModelDirectory directory && entries.equals(directory.entries);
    }

    @Override
    public int hashCode() {
        return Objects.hashCode(entries);
    }
}
