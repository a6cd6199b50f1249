package org.neuralranking.neighbour;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

import org.neuralranking.node.ProjectFiles;

/** Packs {@link NeighbourPlugin} with libraries of chosen versions. */
public final class NeighbourZip {

    private static final List<Class<?>> CLASSES = List.of(NeighbourPlugin.class, NeighbourRestApi.class, NeighbourOnnx.class, NeighbourTokenizer.class);

    private NeighbourZip() {}

    /** @return the zip, at {@code target/neighbour/NAME.zip} */
    public static Path pack(String name, String onnxRuntime, String tokenizers) throws IOException {
        Path zip = ProjectFiles.target().resolve("neighbour").resolve(name + ".zip");
        Files.createDirectories(zip.getParent());
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip))) {
            out.setLevel(0); // it is unpacked at once
            write(out, "plugin-descriptor.properties", descriptor().getBytes(StandardCharsets.UTF_8));
            write(out, "neighbour.jar", jar());
            List<String> wanted = List.of("onnxruntime-" + onnxRuntime, "tokenizers-" + tokenizers, "api-" + tokenizers, "gson-", "slf4j-api-");
            try (DirectoryStream<Path> libraries = Files.newDirectoryStream(ProjectFiles.neighbourLibraries())) {
                for (Path library : libraries) {
                    String file = library.getFileName().toString();
                    if (wanted.stream().anyMatch(file::startsWith)) {
                        write(out, file, Files.readAllBytes(library));
                    }
                }
            }
        }
        return zip;
    }

    private static String descriptor() {
        String version = ProjectFiles.distribution().getFileName().toString().replace("opensearch-", "");
        return """
            name=neighbour
            description=a plugin with libraries of its own
            version=1
            opensearch.version=%s
            java.version=21
            classname=%s
            """.formatted(version, NeighbourPlugin.class.getName());
    }

    private static byte[] jar() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream jar = new ZipOutputStream(bytes)) {
            String directory = NeighbourPlugin.class.getPackageName().replace('.', '/') + "/";
            for (Class<?> type : CLASSES) {
                String file = type.getSimpleName() + ".class";
                write(jar, directory + file, type.getResourceAsStream(file).readAllBytes());
            }
            for (String file : List.of(NeighbourOnnx.MODEL, NeighbourTokenizer.FILE)) {
                write(jar, directory + file, Files.readAllBytes(ProjectFiles.testModel("toy-cross-encoder").resolve(file)));
            }
        }
        return bytes.toByteArray();
    }

    private static void write(ZipOutputStream out, String name, byte[] bytes) throws IOException {
        out.putNextEntry(new ZipEntry(name));
        out.write(bytes);
        out.closeEntry();
    }
}
