package org.neuralranking.node;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A home of OpenSearch with plugins in it, installed by the distribution's own {@code opensearch-plugin}. Any number of nodes run from one
 * installation: they keep configuration, data, logs and temporary files in directories of their own.
 */
public final class Installation {
    private static final Map<PluginZip, Installation> SHARED = new EnumMap<>(PluginZip.class);

    private final Path home;

    private Installation(Path home) {
        this.home = home;
    }

    /** The installation of one zip that all of this JVM shares; made at the first call. */
    public static synchronized Installation of(PluginZip zip) {
        return SHARED.computeIfAbsent(zip, z -> fresh(z.name().toLowerCase(Locale.ROOT), List.of(z.file())));
    }

    /**
     * A new home under {@code target/homes/NAME}, in place of one of that name from an earlier run.
     *
     * @param zips plugin zips, installed in this order; may be empty
     * @throws IllegalStateException with the installer's words if it refuses a zip
     */
    public static Installation fresh(String name, List<Path> zips) {
        Path home = ProjectFiles.target().resolve("homes").resolve(name);
        FileTree.delete(home);
        FileTree.link(ProjectFiles.distribution(), home);
        Installation installation = new Installation(home);
        zips.forEach(installation::install);
        return installation;
    }

    public Path home() {
        return home;
    }

    public void install(Path zip) {
        if (Files.isRegularFile(zip) == false) {
            throw new IllegalStateException("no plugin zip at " + zip + ": the package phase of Maven makes it");
        }
        run(List.of(home.resolve("bin/opensearch-plugin").toString(), "install", "-b", zip.toUri().toString()));
    }

    public void remove(String plugin) {
        run(List.of("bin/opensearch-plugin", "remove", plugin));
    }

    /**
     * Runs a command in the home, without input, as somebody would who sits there.
     *
     * @param command a program, found on the PATH or relative to the home, and its arguments
     * @throws IllegalStateException with what it printed if its exit status is not 0
     */
    public void run(List<String> command) {
        Ran ran = attempt(home, Map.of(), command);
        if (ran.status() != 0) {
            throw new IllegalStateException("exit status " + ran.status() + " of " + String.join(" ", command) + "\n" + ran.out() + ran.error());
        }
    }

    /**
     * Runs a command without input, whatever comes of it.
     *
     * @param directory   where it runs
     * @param environment on top of what this installation needs
     * @param command     a program, found on the PATH or relative to the home, and its arguments
     */
    public Ran attempt(Path directory, Map<String, String> environment, List<String> command) {
        List<String> found = new ArrayList<>(command);
        if (command.getFirst().contains("/")) {
            found.set(0, home.resolve(command.getFirst()).toString()); // Java looks for it where this JVM runs
        }
        Path tmp = home.resolve("tmp");
        Path error = tmp.resolve("standard-error"); // a file, because two pipes would need two threads
        ProcessBuilder builder = new ProcessBuilder(found).directory(directory.toFile()).redirectError(error.toFile());
        NodeEnvironment.prepare(builder.environment(), home.resolve("config"));
        NodeEnvironment.temporaryDirectory(builder.environment(), tmp);
        builder.environment().putAll(environment);
        try {
            Files.createDirectories(tmp);
            Process process = builder.start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Ran(process.waitFor(), output, Files.readString(error));
        } catch (IOException e) {
            throw new UncheckedIOException("could not run " + String.join(" ", command), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while running " + String.join(" ", command), e);
        }
    }

    @Override
    public String toString() {
        return home.toString();
    }
}
