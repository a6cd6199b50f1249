package org.neuralranking;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

import org.junit.Test;
import org.neuralranking.node.Answer;
import org.neuralranking.node.ProjectFiles;
import org.neuralranking.readme.Block;
import org.neuralranking.readme.ShellCommand;
import org.neuralranking.readme.ShownAnswer;
import org.neuralranking.readme.Terminal;

import static org.junit.Assert.assertTrue;

/**
 * The commands of the README and then of the page on models, run from top to end on one fresh installation, answer as the pages say. A
 * block of {@code bash} is commands, a block of {@code json} is the answer to the last command above it, a block of {@code text} is
 * neither; there are no others.
 */
public class ReadmeIT {
    private static final List<String> PAGES = List.of("README.md", "docs/models.md");

    private final List<String> failures = new ArrayList<>();
    private int requests;
    private int answers;

    @Test
    public void everyExampleDoesWhatItsPageSays() throws IOException {
        try (Terminal terminal = new Terminal()) {
            for (String page : PAGES) {
                run(page, terminal);
            }
        }
        assertTrue(String.join("\n", failures), failures.isEmpty());
    }

    private void run(String page, Terminal terminal) throws IOException {
        int before = failures.size();
        requests = 0;
        answers = 0;
        Answer last = null;
        for (Block block : Block.of(Files.readString(ProjectFiles.project().resolve(page)))) {
            switch (block.language()) {
                case "bash" -> last = runAll(block, terminal);
                case "json" -> {
                    compare(block, last);
                    last = null;
                }
                case "text" -> {
                }
                default -> failures.add("line " + block.line() + ": got a block of [" + block.language() + "], expected bash, json or text");
            }
        }
        if (requests == 0 || answers == 0) {
            failures.add("got " + requests + " requests and " + answers + " answers, expected some of each");
        }
        if (failures.size() > before) {
            failures.add(before, page + ":");
        }
    }

    /** @return the answer to the block's last command, null if that was none to a node */
    private Answer runAll(Block block, Terminal terminal) {
        List<ShellCommand> commands;
        try {
            commands = ShellCommand.of(block.text(), block.line() + 1);
        } catch (IllegalArgumentException e) {
            failures.add(e.getMessage());
            return null;
        }
        if (commands.isEmpty()) {
            failures.add("line " + block.line() + ": got a block without a command, expected one");
        }
        Answer last = null;
        for (ShellCommand command : commands) {
            try {
                last = terminal.run(command);
                if (last != null) {
                    requests++;
                    checkStatus(command, last);
                }
            } catch (RuntimeException e) {
                failures.add("line " + command.line() + ": " + e.getMessage());
                last = null;
            }
        }
        return last;
    }

    private void checkStatus(ShellCommand command, Answer answer) {
        boolean asAnnounced = command.status() == ShellCommand.SUCCESS ? answer.status() / 100 == 2 : answer.status() == command.status();
        if (asAnnounced == false || answer.json().path("errors").asBoolean(false)) {
            failures.add("line " + command.line() + ": expected " + command.status() + ", got " + answer);
        }
    }

    private void compare(Block block, Answer answer) {
        if (answer == null) {
            failures.add("line " + block.line() + ": got an answer without a request that it belongs to");
            return;
        }
        answers++;
        try {
            List<String> differences = ShownAnswer.of(block.text()).differencesFrom(answer.json());
            differences.forEach(difference -> failures.add("line " + block.line() + ": " + difference));
            if (differences.isEmpty() == false) {
                failures.add("    in " + answer.status() + " to " + answer.request() + ": " + answer.json());
            }
        } catch (IllegalArgumentException e) {
            failures.add("line " + block.line() + ": " + e.getMessage());
        }
    }
}
