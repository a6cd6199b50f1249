package org.neuralranking.model.registry;

import java.util.Locale;

/** How many nodes must have loaded a content before the directory names it, and the caller is answered. */
public enum WaitFor {
    /** every node that holds such models; searches never meet a node that is not ready */
    ALL,
    /** one; the others follow */
    ANY,
    /** none: the content is checked and stored, and nodes load it when they hear of it */
    NONE;

    /** @throws IllegalArgumentException if there is no such value */
    public static WaitFor of(String value) {
        for (WaitFor waitFor : values()) {
            if (waitFor.name().toLowerCase(Locale.ROOT).equals(value)) {
                return waitFor;
            }
        }
        throw new IllegalArgumentException("got wait_for [" + value + "], expected all, any or none");
    }
}
