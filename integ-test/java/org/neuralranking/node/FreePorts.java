package org.neuralranking.node;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;

/**
 * Ports of 127.0.0.1 that nobody listens on.
 *
 * <p>They are taken from below the ranges out of which systems give ports to outgoing connections (Linux from 32768, others from 49152): a
 * node that was killed must get its port again, and in the ephemeral range the reconnecting peers could be holding it by then.
 */
public final class FreePorts {
    private static final int FIRST = 20_000;
    private static final int LAST = 32_000;

    private static final Random RANDOM = new Random();
    private static final Set<Integer> GIVEN_OUT = new HashSet<>();

    private FreePorts() {}

    /** Never gives the same port twice in one JVM. */
    public static synchronized int next() {
        for (int attempt = 0; attempt < LAST - FIRST; attempt++) {
            int port = RANDOM.nextInt(FIRST, LAST);
            if (GIVEN_OUT.contains(port) == false && isFree(port)) {
                GIVEN_OUT.add(port);
                return port;
            }
        }
        throw new IllegalStateException("no free port between " + FIRST + " and " + LAST);
    }

    public static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException taken) {
            return false;
        }
    }
}
