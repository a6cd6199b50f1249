package org.neuralranking.node;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** A bundle as the zip that a client uploads, part by part. */
public record Upload(byte[] zip, int partBytes) {

    private static final String MODELS = "/_plugins/_neural_ranking/models/";

    /** The files of a directory in a zip. */
    public static byte[] zip(Path bundle) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes); Stream<Path> files = Files.list(bundle)) {
            for (Path file : files.sorted().toList()) {
                zip.putNextEntry(new ZipEntry(file.getFileName().toString()));
                Files.copy(file, zip);
                zip.closeEntry();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    public int parts() {
        return (zip.length + partBytes - 1) / partBytes;
    }

    /** Sends one part. */
    public Answer send(Http http, String id, int part) {
        byte[] data = Arrays.copyOfRange(zip, part * partBytes, Math.min(zip.length, (part + 1) * partBytes));
        return http.put(MODELS + id + "/_parts/" + part, "{\"data\": \"" + Base64.getEncoder().encodeToString(data) + "\"}");
    }

    public String sha256() {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(zip));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    public Answer commit(Http http, String id, String parameters) {
        return http.post(MODELS + id + "/_commit" + parameters, "{\"sha256\": \"" + sha256() + "\", \"parts\": " + parts() + "}");
    }

    /** Sends all parts, in turn through these nodes, and commits through the last one. */
    public Answer register(String id, List<Http> nodes) {
        for (int part = 0; part < parts(); part++) {
            send(nodes.get(part % nodes.size()), id, part).ok();
        }
        return commit(nodes.getLast(), id, "");
    }
}
