package org.neuralranking.inference;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import org.opensearch.test.OpenSearchTestCase;

public class OtherCopiesTests extends OpenSearchTestCase {

    public void testOnlyTheRuntimesOfOthersAreNamedEachOnce() {
        Stream<String> maps = Stream.of(
            "7f1c00000000-7f1c00021000 rw-p 00000000 00:00 0 ",
            "7f1c7b000000-7f1c7c000000 r-xp 00000000 fe:00 4242                       /plugins/neural-ranking/native/libonnxruntime.so",
            "7f1c8b000000-7f1c8c000000 r--p 00000000 fe:00 1234                       /tmp/onnxruntime-java1/libonnxruntime.so",
            "7f1c8c000000-7f1c8d000000 r-xp 00100000 fe:00 1234                       /tmp/onnxruntime-java1/libonnxruntime.so",
            "7f1c8d000000-7f1c8e000000 r-xp 00000000 fe:00 1235                       /tmp/onnxruntime-java1/libonnxruntime4j_jni.so",
            "7f1c9d000000-7f1c9e000000 r-xp 00000000 fe:00 1236                       /opt/a b/libonnxruntime.so.1.20.0 (deleted)",
            "7f1cad000000-7f1cae000000 r-xp 00000000 fe:00 99                         /usr/lib/libonnxruntimes/libc.so.6",
            "7ffd00000000-7ffd00002000 r-xp 00000000 00:00 0                          [vdso]"
        );
        assertEquals(
            List.of(Path.of("/tmp/onnxruntime-java1/libonnxruntime.so"), Path.of("/opt/a b/libonnxruntime.so.1.20.0")),
            OtherCopies.among(maps, List.of(Path.of("/plugins/neural-ranking/native")))
        );
    }

    public void testThisProcessCanBeAsked() {
        assertNotNull(OnnxLibrary.environment());
        List<Path> all = OtherCopies.inThisProcess(List.of());
        boolean linux = System.getProperty("os.name").equals("Linux");
        assertEquals(all.toString(), linux, all.isEmpty() == false);
    }
}
