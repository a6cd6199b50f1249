package org.neuralranking.model.registry;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import org.neuralranking.model.Task;
import org.neuralranking.model.store.StoredContent;
import org.opensearch.OpenSearchStatusException;
import org.opensearch.ResourceNotFoundException;
import org.opensearch.cluster.Diff;
import org.opensearch.cluster.metadata.Metadata;
import org.opensearch.common.io.stream.BytesStreamOutput;
import org.opensearch.common.xcontent.XContentFactory;
import org.opensearch.core.common.bytes.BytesReference;
import org.opensearch.core.common.io.stream.NamedWriteableAwareStreamInput;
import org.opensearch.core.common.io.stream.NamedWriteableRegistry;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.xcontent.ToXContent;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.core.xcontent.XContentParser;
import org.opensearch.test.OpenSearchTestCase;

public class ModelDirectoryTests extends OpenSearchTestCase {

    private static StoredContent randomContent() {
        return new StoredContent(randomAlphaOfLength(64), randomFrom(Task.values()), randomNonNegativeLong(), randomAlphaOfLength(9), randomInt(9));
    }

    private static StoredContent content(String hash, String storage) {
        return new StoredContent(hash, Task.CROSS_ENCODER, 1, storage, 1);
    }

    private static ModelEntry entry(String id, StoredContent current) {
        return new ModelEntry(id, current, null, Map.of());
    }

    private static ModelDirectory randomDirectory() {
        ModelDirectory directory = ModelDirectory.EMPTY;
        for (int i = randomIntBetween(0, 5); i > 0; i--) {
            directory = directory.with(
                new ModelEntry(
                    randomAlphaOfLength(5),
                    randomContent(),
                    randomBoolean() ? null : randomContent(),
                    randomBoolean() ? Map.of() : Map.of(randomAlphaOfLength(4), randomContent(), randomAlphaOfLength(5), randomContent())
                )
            );
        }
        return directory;
    }

    public void testSurvivesTheTransport() throws IOException {
        ModelDirectory directory = randomDirectory();
        BytesStreamOutput out = new BytesStreamOutput();
        directory.writeTo(out);
        assertEquals(directory, new ModelDirectory(out.bytes().streamInput()));
    }

    public void testSurvivesARestartOfTheCluster() throws IOException {
        ModelDirectory directory = randomDirectory();
        XContentBuilder builder = XContentFactory.jsonBuilder().startObject();
        directory.toXContent(builder, ToXContent.EMPTY_PARAMS);
        builder.endObject();
        try (XContentParser parser = createParser(org.opensearch.common.xcontent.json.JsonXContent.jsonXContent, BytesReference.bytes(builder))) {
            parser.nextToken();
            assertEquals(directory, ModelDirectory.parse(parser));
        }
        assertTrue("kept by the gateway", directory.context().contains(Metadata.XContentContext.GATEWAY));
    }

    public void testAChangeTravelsAsADiff() throws IOException {
        ModelDirectory before = randomDirectory();
        ModelDirectory after = before.with(entry("id", content("hash", "s")));
        Diff<Metadata.Custom> diff = after.diff(before);
        BytesStreamOutput out = new BytesStreamOutput();
        diff.writeTo(out);
        NamedWriteableRegistry registry = new NamedWriteableRegistry(
            List.of(new NamedWriteableRegistry.Entry(Metadata.Custom.class, ModelDirectory.TYPE, ModelDirectory::new))
        );
        StreamInput in = new NamedWriteableAwareStreamInput(out.bytes().streamInput(), registry);
        assertEquals(after, ModelDirectory.readDiff(in).apply(before));
    }

    public void testAnIdHasOneContent() {
        ModelEntry first = entry("id", content("1", "a"));
        ModelEntry second = entry("id", content("2", "b"));
        ModelDirectory directory = ModelDirectory.EMPTY.with(first).with(second);
        assertEquals(second, directory.get("id"));
        assertEquals(1, directory.entries().size());
        assertNull(directory.without("id").get("id"));
    }

    public void testReplacingKeepsThePreviousContentAndAliases() {
        StoredContent one = content("1", "a");
        StoredContent two = content("2", "b");
        StoredContent three = content("3", "c");
        ModelEntry entry = entry("id", one).withAlias("stable", one).replacedBy(two);
        assertEquals(two, entry.meaning("id"));
        assertEquals(one, entry.meaning("id@stable"));
        assertNull(entry.meaning("id@other"));
        assertEquals(one, entry.previous());
        entry = entry.replacedBy(three);
        assertEquals(two, entry.previous());
        assertEquals(Set.of(three, one), entry.loaded().collect(Collectors.toSet()));
        assertEquals(Set.of(three, two, one), entry.stored().collect(Collectors.toSet()));
        assertEquals(List.of("id", "id@stable"), entry.names());
        assertEquals(Set.of(three, two), entry.withoutAlias("stable").stored().collect(Collectors.toSet()));
    }

    public void testTheSameContentAgainOnlyMoves() {
        StoredContent before = content("1", "a");
        StoredContent again = content("1", "b");
        ModelEntry entry = entry("id", before).withAlias("stable", before).replacedBy(again);
        assertEquals(again, entry.meaning("id"));
        assertEquals("the old storage is free", Set.of(again), entry.stored().collect(Collectors.toSet()));
        assertNull(entry.previous());
    }

    public void testRollbackUndoesAReplacementAndItself() {
        StoredContent one = content("1", "a");
        StoredContent two = content("2", "b");
        DirectoryChange rollback = new DirectoryChange.Rollback();
        ModelEntry entry = entry("id", one);
        expectThrows(IllegalArgumentException.class, () -> rollback.content("id", entry("id", one)));
        expectThrows(ResourceNotFoundException.class, () -> rollback.content("id", null));
        entry = entry.replacedBy(two);
        entry = rollback.apply("id", entry, rollback.content("id", entry));
        assertEquals(one, entry.current());
        entry = rollback.apply("id", entry, rollback.content("id", entry));
        assertEquals(two, entry.current());
        DirectoryChange pinned = new DirectoryChange.Rollback().pinned(entry);
        StoredContent target = pinned.content("id", entry);
        assertEquals(one, target);
        ModelEntry back = pinned.apply("id", entry, target);
        assertEquals("made again after its answer was lost, it changes nothing", back, pinned.apply("id", back, pinned.content("id", back)));
        ModelEntry meanwhile = entry.replacedBy(content("3", "c"));
        expectThrows(OpenSearchStatusException.class, () -> pinned.apply("id", meanwhile, target));
    }

    public void testAnAliasNamesAContentOfItsId() {
        StoredContent one = content("1", "a");
        StoredContent two = content("2", "b");
        ModelEntry entry = entry("id", one).replacedBy(two);
        assertEquals(two, new DirectoryChange.Alias("x", null).content("id", entry));
        assertEquals(one, new DirectoryChange.Alias("x", "1").content("id", entry));
        String refused = expectThrows(IllegalArgumentException.class, () -> new DirectoryChange.Alias("x", "9").content("id", entry)).getMessage();
        assertTrue(refused, refused.contains("got hash [9]") && refused.contains("expected one of [1, 2]"));
    }

    public void testATaskStaysWithItsId() {
        StoredContent other = new StoredContent("2", Task.SPARSE_ENCODER, 1, "b", 1);
        DirectoryChange register = new DirectoryChange.Register(other);
        String refused = expectThrows(IllegalArgumentException.class, () -> register.content("id", entry("id", content("1", "a")))).getMessage();
        assertTrue(refused, refused.contains("got a sparse_encoder for model [id], expected a cross_encoder"));
        assertEquals(other, register.apply("id", null, other).current());
    }
}
