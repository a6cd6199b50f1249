package org.neuralranking.model.store;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.neuralranking.model.bundle.Bundle;
import org.neuralranking.model.bundle.BundleException;
import org.neuralranking.model.bundle.BundleFiles;
import org.neuralranking.model.bundle.BundleLimits;
import org.neuralranking.model.bundle.BundlePath;
import org.neuralranking.model.bundle.BundleZip;
import org.opensearch.common.UUIDs;
import org.opensearch.common.hash.MessageDigests;
import org.opensearch.core.tasks.TaskCancelledException;

/**
 * The ways of a content: from what a user named or uploaded into the model index, and from there, or from this node's disk, to a bundle
 * that can be loaded. All of them block.
 */
public final class Contents implements Materials {

    private static final Logger LOGGER = LogManager.getLogger(Contents.class);

    private final Path models;
    private final LocalStore local;
    private final ModelIndex index;
    private final BundleLimits limits;

    /** @param models config/neural-ranking/models of this node; need not exist */
    public Contents(Path models, LocalStore local, ModelIndex index, BundleLimits limits) {
        this.models = models;
        this.local = local;
        this.index = index;
        this.limits = limits;
    }

    /** A bundle that was copied to a place of our own and checked; closing it deletes the copy. */
    public final class Staged implements AutoCloseable {
        private final Path directory;
        private Bundle bundle;
        private List<DocumentVersion> parts = List.of();

        private Staged() throws IOException {
            directory = local.stage();
        }

        public Bundle bundle() {
            return bundle;
        }

        /** Length of the stream that it is stored as. */
        public long streamBytes() throws IOException {
            return files().streamBytes();
        }

        private BundleFiles files() throws IOException {
            return BundleFiles.in(directory.toRealPath(), directory, limits);
        }

        /** What it was read from, if it was uploaded: {@link ModelIndex#dropParts(List)} deletes these and nothing that came later. */
        public List<DocumentVersion> parts() {
            return parts;
        }

        @Override
        public void close() {
            local.drop(directory);
        }
    }

    /** Fills an empty directory with a bundle's files. */
    private interface Source {
        void copyTo(Path directory) throws IOException;
    }

    private Staged stage(Source source) throws IOException {
        Staged staged = new Staged();
        try {
            source.copyTo(staged.directory);
            staged.bundle = Bundle.read(staged.directory, limits);
            return staged;
        } catch (Exception e) {
            staged.close();
            throw e;
        }
    }

    /**
     * Copies and checks a directory or zip below the models directory of this node.
     *
     * @throws BundleException if it is not there or cannot be used
     */
    public Staged stagePath(String path) throws IOException {
        Path found = BundlePath.resolve(models, path);
        if (BundlePath.isZip(found)) {
            return stage(directory -> BundleZip.extract(found, directory, limits));
        }
        return stage(directory -> BundleFiles.in(models.toRealPath(), found, limits).copyTo(directory));
    }

    /**
     * Puts the parts of an upload together, and unpacks and checks them.
     *
     * @param sha256 of the parts' bytes in order, hex
     * @throws BundleException if a part is missing, the bytes are not those that the client had, or the bundle cannot be used
     */
    public Staged stageUpload(String modelId, int parts, String sha256, BooleanSupplier cancelled) throws IOException {
        Path upload = local.stage();
        try {
            Path zip = upload.resolve("upload.zip");
            MessageDigest digest = MessageDigests.sha256();
            List<DocumentVersion> versions = new ArrayList<>();
            try (OutputStream out = new DigestOutputStream(Files.newOutputStream(zip), digest)) {
                for (int n = 0; n < parts; n++) {
                    if (cancelled.getAsBoolean()) {
                        throw new TaskCancelledException("cancelled after " + n + " of " + parts + " parts");
                    }
                    if (index.part(modelId, n, out, versions::add) == false) {
                        throw new BundleException("got no part " + n + " of model [" + modelId + "], expected parts 0 to " + (parts - 1) + ": send it and commit again");
                    }
                }
            }
            String got = MessageDigests.toHexString(digest.digest());
            if (got.equals(sha256) == false) {
                throw new BundleException("got " + parts + " parts of model [" + modelId + "] with SHA-256 " + got + ", expected " + sha256 + " as committed");
            }
            Staged staged = stage(directory -> BundleZip.extract(zip, directory, limits));
            staged.parts = List.copyOf(versions);
            return staged;
        } finally {
            local.drop(upload);
        }
    }

    /**
     * Writes a staged bundle into the model index.
     *
     * @param progress  told how many bytes are written so far
     * @param cancelled asked between chunks
     */
    public StoredContent store(Staged staged, LongConsumer progress, BooleanSupplier cancelled) throws IOException {
        Bundle bundle = staged.bundle();
        BundleFiles files = staged.files();
        String storage = UUIDs.randomBase64UUID();
        long bytes = files.streamBytes();
        int most = Math.toIntExact(bytes / Piece.MOST_BYTES + 1);
        try {
            int chunks = index.write(files, storage, progress, cancelled);
            return new StoredContent(bundle.hash(), bundle.facts().task(), bytes, storage, chunks);
        } catch (Exception e) {
            index.dropChunks(storage, most);
            throw e;
        }
    }

    @Override
    public Bundle materialise(String hash, List<StoredContent> copies) throws IOException {
        Path found = local.find(hash);
        if (found != null) {
            Bundle bundle = readLocal(hash, found);
            if (bundle != null) {
                return bundle;
            }
            local.delete(hash);
        }
        IOException unreadable = new IOException("content [" + hash + "] is on no disk of this node and stored nowhere");
        for (StoredContent copy : copies) {
            try {
                return fetch(copy);
            } catch (IOException e) {
                unreadable = e;
            }
        }
        throw unreadable;
    }

    /**
     * What lies on this node's disk, or null if that is not the content.
     *
     * @throws IOException     if it cannot be read now
     * @throws BundleException if it is the content, and cannot be used here
     */
    private Bundle readLocal(String hash, Path found) throws IOException {
        String fault;
        try {
            Bundle bundle = Bundle.read(found, limits);
            if (bundle.hash().equals(hash)) {
                return bundle;
            }
            fault = "its hash is " + bundle.hash();
        } catch (IOException | RuntimeException e) {
            if (hash.equals(hashOf(found))) {
                throw e;
            }
            fault = e.getMessage();
        }
        LOGGER.warn("content [{}] on this node's disk is damaged and is fetched again: {}", hash, fault);
        return null;
    }

    /** Whatever the limits are; null if a file is missing that every bundle has. */
    private static String hashOf(Path directory) throws IOException {
        try {
            return BundleFiles.hash(directory);
        } catch (BundleException e) {
            return null;
        }
    }

    /**
     * @throws IOException     if these bytes cannot be read now, or are not the content's: another storage may have them
     * @throws BundleException if they are the content's, and cannot be used here
     */
    private Bundle fetch(StoredContent content) throws IOException {
        Path staged = local.stage();
        try {
            MessageDigest digest = MessageDigests.sha256();
            BundleException fault = null;
            try (InputStream in = new DigestInputStream(index.read(content), digest)) {
                try {
                    BundleFiles.unpack(in, staged, limits);
                } catch (BundleException e) {
                    fault = e; // whose it is, the hash of all bytes tells
                    in.transferTo(OutputStream.nullOutputStream());
                }
            }
            String got = MessageDigests.toHexString(digest.digest());
            if (got.equals(content.hash()) == false) {
                String why = fault == null ? "" : "; " + fault.getMessage();
                throw new IOException(
                    "copy in storage [" + content.storage() + "] is damaged: got bytes with hash " + got + ", expected " + content.hash() + why,
                    fault
                );
            }
            if (fault != null) {
                throw fault;
            }
            return Bundle.read(local.keep(staged, content.hash()), limits);
        } finally {
            if (Files.exists(staged)) {
                local.drop(staged);
            }
        }
    }

    @Override
    public void forget(String hash) {
        try {
            local.delete(hash);
        } catch (IOException e) {
            LOGGER.warn("content [{}] could not be deleted from this node's disk", hash, e);
        }
    }

    @Override
    public void forgetAllBut(Set<String> hashes) throws IOException {
        for (String hash : local.hashes()) {
            if (hashes.contains(hash) == false) {
                forget(hash);
            }
        }
    }
}
