package org.neuralranking.inference;

import java.util.List;

import org.opensearch.common.settings.Settings;
import org.opensearch.monitor.os.OsProbe;
import org.opensearch.test.OpenSearchTestCase;

public class MemoryLimitTests extends OpenSearchTestCase {

    private static final long GB = 1L << 30;

    public void testBytesAreBytes() {
        assertEquals(2 * GB, MemoryLimit.bytes("2gb", 4 * GB, GB));
        assertEquals(0, MemoryLimit.bytes("0b", 4 * GB, GB));
        assertEquals("more than there is, if somebody says so", 99 * GB, MemoryLimit.bytes(" 99gb ", 4 * GB, GB));
    }

    public void testAShareIsOneOfWhatTheHeapLeaves() {
        assertEquals(3 * GB / 2, MemoryLimit.bytes("50%", 4 * GB, GB));
        assertEquals(3 * GB, MemoryLimit.bytes("100%", 4 * GB, GB));
        assertEquals(0, MemoryLimit.bytes("0%", 4 * GB, GB));
        assertEquals(3 * GB / 8, MemoryLimit.bytes("12.5%", 4 * GB, GB));
        assertEquals("the heap leaves nothing", 0, MemoryLimit.bytes("50%", 4 * GB, 5 * GB));
    }

    public void testWhereThePlatformDoesNotTellAShareIsOneOfTheHeap() {
        assertEquals(GB, MemoryLimit.bytes("50%", 0, 2 * GB));
    }

    public void testWhatIsNeitherIsRefused() {
        for (String wrong : List.of("", "x", "2", "-1b", "-1", "-5gb", "101%", "-1%", "NaN%", "%", "1 gb 2")) {
            IllegalArgumentException e = expectThrows(IllegalArgumentException.class, () -> MemoryLimit.bytes(wrong, 4 * GB, GB));
            assertEquals("got [neural_ranking.memory.limit] = [" + wrong + "], expected bytes such as 2gb, or 0% to 100%", e.getMessage());
        }
    }

    public void testTheDefaultIsLessThanTheMachineHas() {
        long limit = MemoryLimit.SETTING.get(Settings.EMPTY);
        assertTrue("" + limit, limit > 0 && limit < OsProbe.getInstance().getTotalPhysicalMemorySize());
    }
}
