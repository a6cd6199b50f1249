package org.neuralranking.tokenize;

import java.util.ArrayList;
import java.util.List;

/** Overlapping windows over a sequence of tokens. */
final class Windows {

    private Windows() {}

    /** From inclusive, to exclusive, in tokens. */
    record Window(int from, int to) {}

    /**
     * Windows of {@code room} tokens, each beginning {@code stride} tokens before the end of the one before, as few as cover all;
     * only the last may be shorter. No tokens make one empty window.
     *
     * @throws IllegalArgumentException unless {@code 0 <= stride < room}
     */
    static List<Window> over(int tokens, int room, int stride) {
        if (stride < 0 || stride >= room) {
            throw new IllegalArgumentException(
                "got a stride of " + stride + " tokens for windows with room for " + room + ", expected 0 or more and less than the room"
            );
        }
        List<Window> windows = new ArrayList<>();
        int from = 0;
        while (from + (long) room < tokens) {
            windows.add(new Window(from, from + room));
            from += room - stride;
        }
        windows.add(new Window(from, tokens));
        return windows;
    }
}
