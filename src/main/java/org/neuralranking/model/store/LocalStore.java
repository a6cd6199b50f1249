package org.neuralranking.model.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.opensearch.common.UUIDs;
import org.opensearch.common.util.io.IOUtils;

/**
 * The contents on this node's disk, below its data path: {@code models/HASH} whole and never changed, {@code staging/…} what is being
 * written. A content appears in one step, so a node that dies while it writes finds it whole or not at all; what lies in staging when a
 * node starts is what a dead one has left, and goes.
 */
public final class LocalStore {

    private static final Logger LOGGER = LogManager.getLogger(LocalStore.class);
    private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");

    private final Path contents;
    private final Path staging;

    /** @param root a directory of the plugin's own; need not exist */
    public LocalStore(Path root) throws IOException {
        contents = Files.createDirectories(root.resolve("models"));
        staging = root.resolve("staging");
        IOUtils.rm(staging);
        Files.createDirectories(staging);
    }

    /** A new empty directory to write a content into; the caller keeps or drops it. */
    public Path stage() throws IOException {
        return Files.createDirectory(staging.resolve(UUIDs.randomBase64UUID()));
    }

    /** Deletes a staged directory. What cannot be deleted lies there until the node starts again: no reason to fail what was done with it. */
    public void drop(Path staged) {
        try {
            IOUtils.rm(staged);
        } catch (IOException e) {
            LOGGER.warn("[{}] could not be deleted and is left until this node starts again", staged, e);
        }
    }

    /**
     * Makes a staged directory the content of this hash, durably, or drops it if that content is there. One thread at a time.
     *
     * @return where it lies now
     */
    public Path keep(Path staged, String hash) throws IOException {
        Path kept = contents.resolve(checked(hash));
        if (Files.isDirectory(kept)) { // the same content, kept before
            drop(staged);
            return kept;
        }
        try (Stream<Path> files = Files.list(staged)) {
            for (Path file : files.toList()) {
                IOUtils.fsync(file, false);
            }
        }
        IOUtils.fsync(staged, true);
        Files.move(staged, kept, StandardCopyOption.ATOMIC_MOVE);
        IOUtils.fsync(contents, true);
        return kept;
    }

    /** Where the content of this hash lies, or null. What is there must still be checked: disks forget. */
    public Path find(String hash) {
        Path kept = contents.resolve(checked(hash));
        return Files.isDirectory(kept) ? kept : null;
    }

    /** Deletes a content if it is there. */
    public void delete(String hash) throws IOException {
        Path kept = find(hash);
        if (kept != null) {
            // first out of sight, so that a crash in between leaves no half content
            Path leaving = staging.resolve(UUIDs.randomBase64UUID());
            Files.move(kept, leaving, StandardCopyOption.ATOMIC_MOVE);
            IOUtils.rm(leaving);
        }
    }

    /** Hashes of all contents on disk. */
    public Set<String> hashes() throws IOException {
        try (Stream<Path> files = Files.list(contents)) {
            List<String> names = files.map(file -> file.getFileName().toString()).filter(name -> HASH.matcher(name).matches()).toList();
            return new HashSet<>(names);
        }
    }

    private static String checked(String hash) {
        if (HASH.matcher(hash).matches() == false) {
            throw new IllegalArgumentException("got content hash [" + hash + "], expected 64 hex digits");
        }
        return hash;
    }
}
