package org.neuralranking.model.registry;

import java.io.IOException;
import java.util.List;

import org.neuralranking.model.ModelRef;
import org.neuralranking.model.Task;
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

    private static ModelDirectory randomDirectory() {
        ModelDirectory directory = ModelDirectory.EMPTY;
        for (int i = randomIntBetween(0, 5); i > 0; i--) {
            directory = directory.with(
                new ModelEntry(new ModelRef(randomAlphaOfLength(5), randomAlphaOfLength(64)), randomFrom(Task.values()), randomAlphaOfLength(9))
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
        ModelDirectory after = before.with(new ModelEntry(new ModelRef("id", "hash"), Task.CROSS_ENCODER, "path"));
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
        ModelEntry first = new ModelEntry(new ModelRef("id", "1"), Task.CROSS_ENCODER, "a");
        ModelEntry second = new ModelEntry(new ModelRef("id", "2"), Task.CROSS_ENCODER, "b");
        ModelDirectory directory = ModelDirectory.EMPTY.with(first).with(second);
        assertEquals(second, directory.get("id"));
        assertEquals(1, directory.entries().size());
        assertNull(directory.without("id").get("id"));
    }
}
