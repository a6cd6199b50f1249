package org.neuralranking.node;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;

/** Whole directories: deleted, copied, or made again out of hard links. */
public final class FileTree {

    private interface FilePlacer {
        void place(Path from, Path to) throws IOException;
    }

    private FileTree() {}

    public static void delete(Path root) {
        if (Files.notExists(root)) {
            return;
        }
        try {
            Files.walkFileTree(root, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.delete(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path directory, IOException failure) throws IOException {
                    if (failure != null) {
                        throw failure;
                    }
                    Files.delete(directory);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException("could not delete " + root, e);
        }
    }

    /** The copy shares nothing with the original: whoever damages it damages only it. */
    public static void copy(Path from, Path to) {
        place(from, to, FileTree::copyFile);
    }

    /** Takes no space where the file system has hard links, copies where it has not. For trees that nobody writes into. */
    static void link(Path from, Path to) {
        place(from, to, (file, target) -> {
            try {
                Files.createLink(target, file);
            } catch (IOException | UnsupportedOperationException noHardLinks) {
                copyFile(file, target);
            }
        });
    }

    private static void copyFile(Path from, Path to) throws IOException {
        Files.copy(from, to, StandardCopyOption.COPY_ATTRIBUTES);
    }

    private static void place(Path from, Path to, FilePlacer placer) {
        if (Files.isDirectory(from) == false) {
            throw new IllegalArgumentException("not a directory: " + from);
        }
        try {
            Files.walkFileTree(from, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) throws IOException {
                    Files.createDirectories(to.resolve(from.relativize(directory)));
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    placer.place(file, to.resolve(from.relativize(file)));
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException("could not make " + to + " out of " + from, e);
        }
    }
}
