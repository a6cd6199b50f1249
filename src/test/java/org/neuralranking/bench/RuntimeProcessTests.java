package org.neuralranking.bench;

import java.io.IOException;
import java.nio.file.Files;

import org.junit.Test;
import org.neuralranking.TestModels;

import static org.junit.Assert.assertEquals;

/** A process that ends while it loads a graph is seen, and the next graph gets another one. */
public class RuntimeProcessTests {

    /** More than the process has room for. */
    private static final int TOO_LARGE = 100 << 20;

    @Test
    public void everyAnswerIsSeen() throws IOException {
        byte[] good = Files.readAllBytes(TestModels.directory("toy-sparse").resolve("model.onnx"));
        byte[] bad = Files.readAllBytes(TestModels.directory("bad").resolve("truncated.onnx"));
        try (RuntimeProcess runtime = new RuntimeProcess()) {
            assertEquals(RuntimeProcess.Answer.LOADED, runtime.load(good));
            assertEquals(RuntimeProcess.Answer.REFUSED, runtime.load(bad));
            assertEquals(RuntimeProcess.Answer.CRASHED, runtime.load(new byte[TOO_LARGE]));
            assertEquals(RuntimeProcess.Answer.LOADED, runtime.load(good));
        }
    }
}
