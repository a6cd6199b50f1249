package org.neuralranking.model.registry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

import org.opensearch.common.util.io.IOUtils;
import org.opensearch.common.xcontent.json.JsonXContent;
import org.opensearch.core.common.bytes.BytesReference;
import org.opensearch.core.xcontent.DeprecationHandler;
import org.opensearch.core.xcontent.NamedXContentRegistry;
import org.opensearch.core.xcontent.ToXContent;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.core.xcontent.XContentParser;

/** A directory of models in a file: {@code {"cluster_uuid": "...", "directory": {...}}}. */
final class DirectoryFile {

    private static final String CLUSTER = "cluster_uuid";
    private static final String DIRECTORY = "directory";

    private final Path file;

    DirectoryFile(Path file) {
        this.file = file;
    }

    /** Whole or not at all. */
    void write(String clusterUuid, ModelDirectory directory) throws IOException {
        Path next = file.resolveSibling(file.getFileName() + ".next");
        try (XContentBuilder builder = JsonXContent.contentBuilder()) {
            builder.startObject().field(CLUSTER, clusterUuid).startObject(DIRECTORY);
            directory.toXContent(builder, ToXContent.EMPTY_PARAMS);
            builder.endObject().endObject();
            Files.write(next, BytesReference.toBytes(BytesReference.bytes(builder)));
        }
        IOUtils.fsync(next, false);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
        IOUtils.fsync(file.toAbsolutePath().getParent(), true);
    }

    /** A directory and the cluster that it is of. */
    record Copy(String clusterUuid, ModelDirectory directory) {}

    /** What was written last, or null. */
    Copy read() throws IOException {
        if (Files.notExists(file)) {
            return null;
        }
        String cluster = null;
        ModelDirectory directory = ModelDirectory.EMPTY;
        try (
            XContentParser parser = JsonXContent.jsonXContent.createParser(
                NamedXContentRegistry.EMPTY,
                DeprecationHandler.THROW_UNSUPPORTED_OPERATION,
                Files.readAllBytes(file)
            )
        ) {
            parser.nextToken();
            while (parser.nextToken() == XContentParser.Token.FIELD_NAME) {
                String field = parser.currentName();
                parser.nextToken();
                switch (field) {
                    case CLUSTER -> cluster = parser.text();
                    case DIRECTORY -> directory = ModelDirectory.parse(parser);
                    default -> parser.skipChildren();
                }
            }
        }
        return new Copy(String.valueOf(cluster), directory);
    }
}
