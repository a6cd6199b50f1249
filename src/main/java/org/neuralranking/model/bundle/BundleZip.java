package org.neuralranking.model.bundle;
import java.io.IOException;
import java.nio.file.Path;
public final class BundleZip {
    public static void extract(Path zip, Path into, BundleLimits limits) throws IOException { throw new BundleException("todo"); }
}
