package org.neuralranking.model.bundle;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** The way from what a user wrote to a directory or a zip below the models directory, and nowhere else. */
public final class BundlePath {

    private BundlePath() {}

    /**
     * @param root the models directory; need not exist
     * @return an existing directory or file with the ending {@code .zip} inside {@code root}, links resolved
     * @throws BundleException if {@code path} names anything else
     */
    public static Path resolve(Path root, String path) throws IOException {
        Path relative;
        try {
            relative = root.getFileSystem().getPath(path).normalize();
        } catch (InvalidPathException e) {
            throw new BundleException("got path [" + path + "] that is no path (" + e.getReason() + "), expected the name of a directory");
        }
        if (path.isBlank() || relative.isAbsolute() || relative.startsWith("..") || relative.toString().isEmpty()) {
            throw new BundleException("got path [" + path + "], expected the name of a directory below config/neural-ranking/models");
        }
        Path directory = root.resolve(relative);
        if (Files.isDirectory(directory) == false && (isZip(directory) && Files.isRegularFile(directory)) == false) {
            throw new BundleException("got path [" + path + "], expected a directory or a .zip that exists below config/neural-ranking/models");
        }
        Path real = directory.toRealPath();
        if (real.startsWith(root.toRealPath()) == false) {
            throw new BundleException("got path [" + path + "] that links out of config/neural-ranking/models, expected a directory or a .zip inside");
        }
        return real;
    }

    public static boolean isZip(Path path) {
        return path.getFileName().toString().endsWith(".zip");
    }
}
