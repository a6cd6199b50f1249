package org.neuralranking.inference;

import org.opensearch.common.settings.Setting;
import org.opensearch.common.settings.Setting.Property;
import org.opensearch.core.common.unit.ByteSizeValue;
import org.opensearch.monitor.jvm.JvmInfo;
import org.opensearch.monitor.os.OsProbe;

/** How much native memory the models of a node may take: bytes, or a share of what the heap leaves. */
final class MemoryLimit {

    private static final String KEY = "neural_ranking.memory.limit";

    /** The default leaves the other half to what needs it without being counted: the page cache, direct buffers, threads, the JVM. */
    static final Setting<Long> SETTING = new Setting<>(KEY, "50%", MemoryLimit::ofThisNode, Property.NodeScope, Property.Dynamic);

    private MemoryLimit() {}

    private static long ofThisNode(String value) {
        // of the container, if the node is in one: the JVM answers with the smaller of the cgroup's limit and the machine
        long total = OsProbe.getInstance().getTotalPhysicalMemorySize();
        return bytes(value, total, JvmInfo.jvmInfo().getMem().getHeapMax().getBytes());
    }

    /**
     * @param value {@code 2gb} or {@code 50%}
     * @param total memory of the container or the machine; 0 if the platform does not tell
     * @param heap  largest heap
     * @return bytes; a share is one of {@code total - heap}, or, where the total is not known, of as much as the heap
     */
    static long bytes(String value, long total, long heap) {
        String text = value.strip();
        try {
            if (text.endsWith("%")) {
                double percent = Double.parseDouble(text.substring(0, text.length() - 1));
                if (percent >= 0 && percent <= 100) {
                    long rest = total == 0 ? heap : Math.max(0, total - heap);
                    return (long) (rest * (percent / 100));
                }
            } else {
                long bytes = ByteSizeValue.parseBytesSizeValue(text, KEY).getBytes();
                if (bytes >= 0) {
                    return bytes;
                }
            }
        } catch (IllegalArgumentException | org.opensearch.OpenSearchParseException e) {
            throw wrong(value, e);
        }
        throw wrong(value, null);
    }

    private static IllegalArgumentException wrong(String value, Exception cause) {
        return new IllegalArgumentException("got [" + KEY + "] = [" + value + "], expected bytes such as 2gb, or 0% to 100%", cause);
    }
}
