package org.neuralranking.model.bundle;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

import org.opensearch.common.xcontent.json.JsonXContent;
import org.opensearch.core.xcontent.DeprecationHandler;
import org.opensearch.core.xcontent.NamedXContentRegistry;
import org.opensearch.core.xcontent.XContentParser;

/**
 * One of a bundle's JSON files as a stream: an object and nothing behind it. The platform's parser refuses names that come twice, NaN and
 * infinities, numbers of more than 1000 digits and nesting deeper than 1000 levels; here the names are counted, because that parser
 * remembers all names of an object that is open.
 */
final class JsonFile implements Closeable {

    /** Twice what the vocabulary with the most tokens has; remembering so many takes about 200 MB. */
    private static final int MAX_NAMES = 1 << 21;

    final String name;
    private final InputStream in;
    private final XContentParser parser;
    private int names;

    private JsonFile(String name, InputStream in, XContentParser parser) {
        this.name = name;
        this.in = in;
        this.parser = parser;
    }

    /** What reads a file from behind its first brace. */
    interface Reading<T> {
        /** @throws RuntimeException any but a {@link BundleException} means: no JSON */
        T read(JsonFile file) throws IOException;
    }

    /** @throws BundleException if the file is too large or not one JSON object */
    static <T> T read(Path path, BundleLimits limits, Reading<T> reading) throws IOException {
        String name = path.getFileName().toString();
        if (Files.size(path) > limits.jsonBytes()) {
            throw new BundleException(name + ": got " + Files.size(path) + " bytes, expected at most " + limits.jsonBytes());
        }
        return read(name, Files.newInputStream(path), reading);
    }

    /** Closes the stream. */
    static <T> T read(String name, InputStream in, Reading<T> reading) throws IOException {
        try (JsonFile file = open(name, in)) {
            if (file.next() != XContentParser.Token.START_OBJECT) {
                throw new BundleException(name + ": got something that begins with " + file.parser.currentToken() + ", expected a JSON object");
            }
            T result = reading.read(file);
            if (file.next() != null) {
                throw new BundleException(name + ": got [" + file.parser.currentToken() + "] behind the object, expected the end of the file");
            }
            return result;
        } catch (BundleException e) {
            throw e;
        } catch (IOException | RuntimeException e) { // which of the two depends on the JSON library's version
            throw new BundleException(name + ": got something else, expected a JSON object: " + e.getMessage(), e);
        }
    }

    private static JsonFile open(String name, InputStream in) throws IOException {
        try {
            return new JsonFile(
                name,
                in,
                JsonXContent.jsonXContent.createParser(NamedXContentRegistry.EMPTY, DeprecationHandler.IGNORE_DEPRECATIONS, in)
            );
        } catch (IOException | RuntimeException e) {
            in.close();
            throw e;
        }
    }

    /** The next token, null at the end of the file. */
    XContentParser.Token next() throws IOException {
        XContentParser.Token token = parser.nextToken();
        if (token == XContentParser.Token.FIELD_NAME && ++names > MAX_NAMES) {
            throw new BundleException(name + ": got more than " + MAX_NAMES + " names, expected no more");
        }
        return token;
    }

    /** The next key of the object that is open, null at its end. */
    String key() throws IOException {
        return next() == XContentParser.Token.FIELD_NAME ? parser.currentName() : null;
    }

    XContentParser parser() {
        return parser;
    }

    /** Goes behind the object or array that begins at the current token; stays where the token is anything else. */
    void skip() throws IOException {
        int depth = 0;
        for (XContentParser.Token token = parser.currentToken();; token = next()) {
            switch (token) {
                case START_OBJECT, START_ARRAY -> depth++;
                case END_OBJECT, END_ARRAY -> depth--;
                default -> {
                }
            }
            if (depth == 0) {
                return;
            }
        }
    }

    @Override
    public void close() throws IOException {
        parser.close();
        in.close();
    }
}
