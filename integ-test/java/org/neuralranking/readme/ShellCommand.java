package org.neuralranking.readme;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One command of a block of shell lines.
 *
 * @param words  as a POSIX shell hands them to the program, quotes gone
 * @param status the HTTP status that a comment {@code # answers 404} right before it announces, else {@link #SUCCESS}
 * @param line   where it begins, counted from 1
 */
public record ShellCommand(List<String> words, int status, int line) {
    /** Stands for any 2xx. */
    public static final int SUCCESS = 200;

    private static final Pattern ANNOUNCED_STATUS = Pattern.compile("#\\s*answers (\\d{3})\\b.*");
    /** What a shell gives a meaning that this reader does not know. {@code #} is only read as a comment where a word may begin. */
    private static final String SPECIAL = "|&;<>()$`*?[]{}~!";
    private static final String SPECIAL_IN_DOUBLE_QUOTES = "$`!";

    /**
     * Reads words in single and double quotes, backslashes, line continuations and comments.
     *
     * @param firstLine number of the script's first line, for messages
     * @throws IllegalArgumentException if the script uses anything else of a shell, or a quote does not end
     */
    public static List<ShellCommand> of(String script, int firstLine) {
        return new Reader(script, firstLine).read();
    }

    private static final class Reader {
        private final String script;
        private final List<ShellCommand> commands = new ArrayList<>();
        private final List<String> words = new ArrayList<>();
        private StringBuilder word; // null between words
        private int status = SUCCESS;
        private int position;
        private int line;
        private int begin;

        Reader(String script, int firstLine) {
            this.script = script;
            this.line = firstLine;
        }

        List<ShellCommand> read() {
            while (position < script.length()) {
                char c = next();
                switch (c) {
                    case '\n' -> endCommand();
                    case ' ', '\t' -> endWord();
                    case '\'' -> singleQuotes();
                    case '"' -> doubleQuotes();
                    case '\\' -> {
                        char escaped = next();
                        if (escaped != '\n') {
                            append(escaped);
                        }
                    }
                    default -> {
                        if (c == '#' && word == null) {
                            comment();
                        } else if (SPECIAL.indexOf(c) >= 0) {
                            throw unknown(c);
                        } else {
                            append(c);
                        }
                    }
                }
            }
            endCommand();
            return commands;
        }

        private void singleQuotes() {
            append("");
            for (char c = next(); c != '\''; c = next()) {
                append(c);
            }
        }

        private void doubleQuotes() {
            append("");
            for (char c = next(); c != '"'; c = next()) {
                if (SPECIAL_IN_DOUBLE_QUOTES.indexOf(c) >= 0) {
                    throw unknown(c);
                }
                if (c != '\\') {
                    append(c);
                    continue;
                }
                char escaped = next();
                if (escaped != '\n') {
                    append("\"\\$`".indexOf(escaped) >= 0 ? Character.toString(escaped) : "\\" + escaped);
                }
            }
        }

        private void comment() {
            int end = script.indexOf('\n', position);
            Matcher announced = ANNOUNCED_STATUS.matcher(script.substring(position - 1, end < 0 ? script.length() : end));
            if (words.isEmpty() && announced.matches()) {
                status = Integer.parseInt(announced.group(1));
            }
            position = end < 0 ? script.length() : end;
        }

        private void append(char c) {
            append(Character.toString(c));
        }

        private void append(String text) {
            if (word == null) {
                word = new StringBuilder();
                if (words.isEmpty()) {
                    begin = line;
                }
            }
            word.append(text);
        }

        private void endWord() {
            if (word != null) {
                words.add(word.toString());
                word = null;
            }
        }

        private void endCommand() {
            endWord();
            if (words.isEmpty() == false) {
                commands.add(new ShellCommand(List.copyOf(words), status, begin));
                words.clear();
                status = SUCCESS;
            }
        }

        private char next() {
            if (position == script.length()) {
                throw new IllegalArgumentException("line " + line + ": got the end of the block, expected the end of a quote or an escape");
            }
            char c = script.charAt(position++);
            if (c == '\n' && position < script.length()) {
                line++;
            }
            return c;
        }

        private IllegalArgumentException unknown(char c) {
            return new IllegalArgumentException("line " + line + ": got [" + c + "], expected it in single quotes or not at all");
        }
    }
}
