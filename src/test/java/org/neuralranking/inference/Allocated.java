package org.neuralranking.inference;

import java.lang.management.ManagementFactory;
import java.util.concurrent.atomic.AtomicLong;

import com.sun.management.ThreadMXBean;

/** How many bytes of heap a piece of code asks for on its thread, garbage included: what the JVM counts, not what it still holds. */
final class Allocated {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private Allocated() {}

    interface Code<T, E extends Exception> {
        T run() throws E;
    }

    static <T, E extends Exception> T during(AtomicLong bytes, Code<T, E> code) throws E {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        T result = code.run();
        bytes.set(THREADS.getCurrentThreadAllocatedBytes() - before);
        return result;
    }
}
