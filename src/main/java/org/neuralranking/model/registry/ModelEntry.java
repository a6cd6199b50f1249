package org.neuralranking.model.registry;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import org.neuralranking.model.ModelRef;
import org.neuralranking.model.Task;
import org.neuralranking.model.store.StoredContent;
import org.opensearch.core.ParseField;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.xcontent.ConstructingObjectParser;
import org.opensearch.core.xcontent.ToXContentObject;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.core.xcontent.XContentParser;

/**
 * What the cluster state says of one id. All contents of an id have one task.
 *
 * @param id       chosen by the user
 * @param current  what {@code id} means
 * @param previous what it meant before and means again after a rollback, or null; stored but not loaded
 * @param aliases  what {@code id@alias} means, by alias
 */
public record ModelEntry(String id, StoredContent current, StoredContent previous, Map<String, StoredContent> aliases)
    implements
        Writeable,
        ToXContentObject {

    private static final char ALIAS_MARK = '@';

    public ModelEntry {
        aliases = Map.copyOf(aliases);
    }

    private static final ConstructingObjectParser<ModelEntry, Void> PARSER = new ConstructingObjectParser<>("model", true, fields -> {
        @SuppressWarnings("unchecked")
        Map<String, StoredContent> aliases = (Map<String, StoredContent>) fields[3];
        return new ModelEntry((String) fields[0], (StoredContent) fields[1], (StoredContent) fields[2], aliases);
    });
    static {
        PARSER.declareString(ConstructingObjectParser.constructorArg(), new ParseField("id"));
        PARSER.declareObject(ConstructingObjectParser.constructorArg(), (p, c) -> StoredContent.parse(p), new ParseField("current"));
        PARSER.declareObject(ConstructingObjectParser.optionalConstructorArg(), (p, c) -> StoredContent.parse(p), new ParseField("previous"));
        PARSER.declareObject(
            ConstructingObjectParser.constructorArg(),
            (p, c) -> p.map(HashMap::new, StoredContent::parse),
            new ParseField("aliases")
        );
    }

    public ModelEntry(StreamInput in) throws IOException {
        this(
            in.readString(),
            new StoredContent(in),
            in.readOptionalWriteable(StoredContent::new),
            in.readMap(StreamInput::readString, StoredContent::new)
        );
    }

    static ModelEntry parse(XContentParser parser) {
        return PARSER.apply(parser, null);
    }

    /** The id in {@code id} or {@code id@alias}. */
    static String idOf(String name) {
        int mark = name.indexOf(ALIAS_MARK);
        return mark < 0 ? name : name.substring(0, mark);
    }

    /** What {@code id} or {@code id@alias} means here, or null. */
    public StoredContent meaning(String name) {
        int mark = name.indexOf(ALIAS_MARK);
        return mark < 0 ? current : aliases.get(name.substring(mark + 1));
    }

    public Task task() {
        return current.task();
    }

    /** Its current content, pinned. */
    public ModelRef ref() {
        return new ModelRef(id, current.hash());
    }

    /** The contents that nodes have loaded. */
    Stream<StoredContent> loaded() {
        return Stream.concat(Stream.of(current), aliases.values().stream());
    }

    /** All contents that must not be lost. */
    Stream<StoredContent> stored() {
        return previous == null ? loaded() : Stream.concat(Stream.of(previous), loaded());
    }

    /** The one of {@link #stored} with this hash, or null. */
    StoredContent withHash(String hash) {
        return stored().filter(content -> content.hash().equals(hash)).findFirst().orElse(null);
    }

    /** With another current content; the present one becomes the previous. The same content, registered again, only moves to its new storage. */
    ModelEntry replacedBy(StoredContent content) {
        if (content.hash().equals(current.hash()) == false) {
            return new ModelEntry(id, content, current, aliases);
        }
        Map<String, StoredContent> moved = new HashMap<>(aliases);
        moved.replaceAll((alias, old) -> old.hash().equals(content.hash()) ? content : old);
        return new ModelEntry(id, content, previous, moved);
    }

    ModelEntry withAlias(String alias, StoredContent content) {
        Map<String, StoredContent> changed = new HashMap<>(aliases);
        changed.put(alias, content);
        return new ModelEntry(id, current, previous, changed);
    }

    ModelEntry withoutAlias(String alias) {
        Map<String, StoredContent> changed = new HashMap<>(aliases);
        changed.remove(alias);
        return new ModelEntry(id, current, previous, changed);
    }

    /** All names that queries and pipelines may use. */
    public List<String> names() {
        List<String> names = new ArrayList<>(List.of(id));
        aliases.keySet().stream().sorted().forEach(alias -> names.add(id + ALIAS_MARK + alias));
        return names;
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeString(id);
        current.writeTo(out);
        out.writeOptionalWriteable(previous);
        out.writeMap(aliases, StreamOutput::writeString, (o, content) -> content.writeTo(o));
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
        builder.startObject().field("id", id).field("current", current);
        if (previous != null) {
            builder.field("previous", previous);
        }
        builder.startObject("aliases");
        for (Map.Entry<String, StoredContent> alias : new TreeMap<>(aliases).entrySet()) {
            builder.field(alias.getKey(), alias.getValue());
        }
        return builder.endObject().endObject();
    }
}
