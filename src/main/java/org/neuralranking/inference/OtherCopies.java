package org.neuralranking.inference;

import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The ONNX Runtime libraries in this process that are not ours. */
final class OtherCopies {

    private static final Path MAPS = Path.of("/proc/self/maps");
    /** address, permissions, offset, device and inode come before the path, see proc_pid_maps(5); a deleted file is marked behind it */
    private static final Pattern LINE = Pattern.compile("\\S+ +\\S+ +\\S+ +\\S+ +\\S+ +(/.*?)(?: \\(deleted\\))?");

    private OtherCopies() {}

    /** Their files; empty where the system does not tell, which only Linux does. */
    static List<Path> inThisProcess(List<Path> ours) {
        // not through java.nio, whose reads outside the node's own directories are refused to plugins
        try (BufferedReader maps = new BufferedReader(new InputStreamReader(new FileInputStream(MAPS.toFile()), StandardCharsets.UTF_8))) {
            return among(maps.lines(), ours);
        } catch (IOException notLinux) {
            return List.of();
        }
    }

    /** @param ours directories whose libraries do not count */
    static List<Path> among(Stream<String> maps, List<Path> ours) {
        return maps.map(LINE::matcher)
            .filter(Matcher::matches)
            .map(line -> Path.of(line.group(1)))
            .filter(file -> file.getFileName().toString().startsWith("libonnxruntime.so"))
            .filter(file -> ours.contains(file.getParent()) == false)
            .distinct()
            .toList();
    }
}
