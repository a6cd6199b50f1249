package org.neuralranking.model.registry;

import java.io.IOException;
import java.util.Map;

import org.neuralranking.model.store.StoredContent;
import org.opensearch.OpenSearchStatusException;
import org.opensearch.ResourceNotFoundException;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.rest.RestStatus;

/**
 * A change that gives an id, or an alias of it, a content. In two steps, because nodes load the content in between: what it will mean, as
 * the directory is now, and the change itself, when the directory may be another.
 */
sealed interface DirectoryChange extends Writeable {

    /**
     * The content that nodes must load first.
     *
     * @param entry of the id, or null
     * @throws RuntimeException (400, 404) if the change cannot be made
     */
    StoredContent content(String id, ModelEntry entry);

    /** The changed entry; {@code content} is what {@link #content} said before. */
    ModelEntry apply(String id, ModelEntry entry, StoredContent content);

    static DirectoryChange read(StreamInput in) throws IOException {
        byte kind = in.readByte();
        return switch (kind) {
            case Register.KIND -> new Register(new StoredContent(in));
            case Rollback.KIND -> new Rollback(in.readOptionalString(), in.readOptionalString());
            case Alias.KIND -> new Alias(in.readString(), in.readOptionalString());
            default -> throw new IOException("got kind of change " + kind);
        };
    }

    private static ModelEntry registered(String id, ModelEntry entry) {
        if (entry == null) {
            throw new ResourceNotFoundException("model [{}] is not registered", id);
        }
        return entry;
    }

    private static OpenSearchStatusException changedMeanwhile(String id) {
        return new OpenSearchStatusException("model [" + id + "] was changed by another call meanwhile: look and try again", RestStatus.CONFLICT);
    }

    /** A new id, or a new content for an id. */
    record Register(StoredContent stored) implements DirectoryChange {
        private static final byte KIND = 0;

        @Override
        public StoredContent content(String id, ModelEntry entry) {
            if (entry != null && entry.task() != stored.task()) {
                throw new IllegalArgumentException(
                    "got a " + stored.task().id() + " for model [" + id + "], expected a " + entry.task().id()
                        + " as it is now: what names the model could not use it; choose another id, or delete this one first"
                );
            }
            return stored;
        }

        @Override
        public ModelEntry apply(String id, ModelEntry entry, StoredContent content) {
            content(id, entry);
            return entry == null ? new ModelEntry(id, content, null, Map.of()) : entry.replacedBy(content);
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            out.writeByte(KIND);
            stored.writeTo(out);
        }
    }

    /**
     * Back to the previous content; the present one becomes the previous, so that a second rollback undoes the first.
     *
     * @param from hash that the id means when the rollback is asked for, or null before that is known
     * @param to   hash that it means afterwards, or null as well
     */
    record Rollback(String from, String to) implements DirectoryChange {
        private static final byte KIND = 1;

        Rollback() {
            this(null, null);
        }

        Rollback pinned(ModelEntry entry) {
            return from != null || entry.previous() == null ? this : new Rollback(entry.current().hash(), entry.previous().hash());
        }

        @Override
        public StoredContent content(String id, ModelEntry entry) {
            StoredContent previous = registered(id, entry).previous();
            if (previous == null) {
                throw new IllegalArgumentException("got model [" + id + "] that was never replaced, expected one with a previous content");
            }
            return to == null ? pinned(entry).content(id, entry) : expected(id, entry.withHash(to));
        }

        private static StoredContent expected(String id, StoredContent content) {
            if (content == null) {
                throw changedMeanwhile(id);
            }
            return content;
        }

        @Override
        public ModelEntry apply(String id, ModelEntry entry, StoredContent content) {
            if (registered(id, entry).current().hash().equals(content.hash())) {
                return entry; // made again after its answer was lost
            }
            boolean asFound = from == null || entry.current().hash().equals(from);
            return entry.replacedBy(expected(id, asFound ? entry.withHash(content.hash()) : null));
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            out.writeByte(KIND);
            out.writeOptionalString(from);
            out.writeOptionalString(to);
        }
    }

    /**
     * Another name for one content of an id, which stays when the id is replaced.
     *
     * @param hash one of the id's contents, or null for the present one
     */
    record Alias(String alias, String hash) implements DirectoryChange {
        private static final byte KIND = 2;

        @Override
        public StoredContent content(String id, ModelEntry entry) {
            StoredContent content = hash == null ? registered(id, entry).current() : registered(id, entry).withHash(hash);
            if (content == null) {
                throw new IllegalArgumentException(
                    "got hash [" + hash + "] for an alias of model [" + id + "], expected one of " + entry.stored().map(StoredContent::hash).distinct().toList()
                );
            }
            return content;
        }

        @Override
        public ModelEntry apply(String id, ModelEntry entry, StoredContent content) {
            StoredContent now = registered(id, entry).withHash(content.hash());
            if (now == null) {
                throw changedMeanwhile(id);
            }
            return entry.withAlias(alias, now);
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            out.writeByte(KIND);
            out.writeString(alias);
            out.writeOptionalString(hash);
        }
    }
}
