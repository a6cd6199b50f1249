package org.neuralranking.node;

import java.nio.file.Path;
import java.util.Locale;

/** The two zips that the build makes of the plugin. */
public enum PluginZip {
    /** Natives of every platform, inside their jars. */
    ALL("plugin.zip.all"),
    /** Linux on x86-64 alone, natives unpacked. */
    LINUX("plugin.zip.linux");

    private final String property;

    PluginZip(String property) {
        this.property = property;
    }

    public Path file() {
        return ProjectFiles.property(property);
    }

    /** The smallest zip that runs here. */
    public static PluginZip forThisMachine() {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String arch = System.getProperty("os.arch");
        boolean linuxOnIntel = os.contains("linux") && (arch.equals("amd64") || arch.equals("x86_64"));
        return linuxOnIntel ? LINUX : ALL;
    }
}
