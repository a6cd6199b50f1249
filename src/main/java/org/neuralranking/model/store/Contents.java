package org.neuralranking.model.store;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
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

        private Staged() throws IOException {
            directory = local.stage();
        }

        public Bundle bundle() {
            return bundle;
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
            try (OutputStream out = Files.newOutputStream(zip)) {
                for (int n = 0; n < parts && cancelled.getAsBoolean() == false; n++) {
                    byte[] part = index.part(modelId, n);
                    if (part == null) {
                        throw new BundleException("got no part " + n + " of model [" + modelId + "], expected parts 0 to " + (parts - 1) + ": send it and commit again");
                    }
                    digest.update(part);
                    out.write(part);
                }
            }
            String got = MessageDigests.toHexString(digest.digest());
            if (got.equals(sha256) == false) {
                throw new BundleException("got " + parts + " parts of model [" + modelId + "] with SHA-256 " + got + ", expected " + sha256 + " as committed");
            }
            return stage(directory -> BundleZip.extract(zip, directory, limits));
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
        BundleFiles files = BundleFiles.in(staged.directory.toRealPath(), staged.directory, limits);
        String storage = UUIDs.randomBase64UUID();
        long bytes = files.streamBytes();
        int most = Math.toIntExact(bytes / ModelIndex.CHUNK_BYTES + 1);
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
            String fault;
            try {
                Bundle bundle = Bundle.read(found, limits);
                if (bundle.hash().equals(hash)) {
                    return bundle;
                }
                fault = "its hash is " + bundle.hash();
            } catch (IOException | RuntimeException e) {
                fault = e.getMessage();
            }
            LOGGER.warn("content [{}] on this node's disk is damaged and is fetched again: {}", hash, fault);
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

    private Bundle fetch(StoredContent content) throws IOException {
        Path staged = local.stage();
        try {
            MessageDigest digest = MessageDigests.sha256();
            try (InputStream in = new DigestInputStream(index.read(content), digest)) {
                BundleFiles.unpack(in, staged, limits);
            }
            String got = MessageDigests.toHexString(digest.digest());
            if (got.equals(content.hash()) == false) {
                throw new BundleException("got stored bytes with hash " + got + ", expected " + content.hash());
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
