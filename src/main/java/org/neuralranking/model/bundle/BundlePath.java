package org.neuralranking.model.bundle;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** The way from what a user wrote to a directory below the models directory, and nowhere else. */
final class BundlePath {

    private BundlePath() {}

    static Path resolve(Path root, String path) throws IOException {
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
        if (Files.isDirectory(directory) == false) {
            throw new BundleException("got path [" + path + "], expected a directory that exists below config/neural-ranking/models on every node");
        }
        Path real = directory.toRealPath();
        if (real.startsWith(root.toRealPath()) == false) {
            throw new BundleException("got path [" + path + "] that links out of config/neural-ranking/models, expected a directory inside");
        }
        return real;
    }
}
