package org.neuralranking.readme;

import java.util.ArrayList;
import java.util.List;

/**
 * A fenced block of a Markdown page.
 *
 * @param language what stands behind the opening fence, empty if nothing does
 * @param text     the lines between the fences, each with its newline
 * @param line     of the opening fence, counted from 1
 */
public record Block(String language, String text, int line) {
    private static final String FENCE = "```";

    /** @throws IllegalArgumentException if a fence is never closed */
    public static List<Block> of(String markdown) {
        List<Block> blocks = new ArrayList<>();
        StringBuilder text = null;
        String language = null;
        int opened = 0;
        int number = 0;
        for (String line : markdown.lines().toList()) {
            number++;
            if (line.strip().startsWith(FENCE) == false) {
                if (text != null) {
                    text.append(line).append('\n');
                }
            } else if (text == null) {
                text = new StringBuilder();
                language = line.strip().substring(FENCE.length()).strip();
                opened = number;
            } else {
                blocks.add(new Block(language, text.toString(), opened));
                text = null;
            }
        }
        if (text != null) {
            throw new IllegalArgumentException("line " + opened + ": got a block that never ends, expected " + FENCE);
        }
        return blocks;
    }
}
