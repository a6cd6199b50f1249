package org.neuralranking.readme;

import java.util.List;

import org.junit.Test;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

public class ShellCommandTests {

    private static List<List<String>> words(String script) {
        return ShellCommand.of(script, 1).stream().map(ShellCommand::words).toList();
    }

    @Test
    public void aLineIsACommand() {
        assertEquals(List.of(List.of("cp", "-r", "a", "b"), List.of("mvn", "verify")), words("cp -r a  b\n\n  mvn\tverify"));
    }

    @Test
    public void singleQuotesKeepEverything() {
        assertEquals(List.of(List.of("curl", "a\\\n\"$x\"#?&", "")), words("curl 'a\\\n\"$x\"#?&' ''\n"));
    }

    @Test
    public void doubleQuotesKnowTheirEscapes() {
        assertEquals(List.of(List.of("a'b", "\"\\$`", "\\n", "joined")), words("\"a'b\" \"\\\"\\\\\\$\\`\" \"\\n\" joi\"n\"'ed'\n"));
    }

    @Test
    public void aBackslashContinuesALineAndEscapesAChar() {
        assertEquals(List.of(List.of("curl", "-s", "a b", "&")), words("curl \\\n  -s a\\ b \\&\n"));
    }

    @Test
    public void commentsBeginWhereAWordMay() {
        assertEquals(List.of(List.of("a", "b#c"), List.of("d")), words("# first\na b#c # rest\nd #"));
    }

    @Test
    public void aCommentAnnouncesTheStatusOfTheNextCommandAlone() {
        List<ShellCommand> commands = ShellCommand.of("# answers 404: it is gone\ncurl x\ncurl y # answers 500\n", 1);
        assertEquals(List.of(404, ShellCommand.SUCCESS), commands.stream().map(ShellCommand::status).toList());
    }

    @Test
    public void commandsKnowTheirLines() {
        List<ShellCommand> commands = ShellCommand.of("# one\na 'x\ny'\n\nb\n", 10);
        assertEquals(List.of(11, 14), commands.stream().map(ShellCommand::line).toList());
    }

    @Test
    public void whatAShellWouldReadOtherwiseIsRefused() {
        for (String script : List.of("a | b", "a > b", "a; b", "a &", "echo $X", "echo `x`", "ls *", "curl u?x=1", "echo {a,b}", "cd ~", "cat <<X", "a \"$X\"")) {
            IllegalArgumentException refused = assertThrows(script, IllegalArgumentException.class, () -> ShellCommand.of(script, 7));
            assertTrue(refused.getMessage(), refused.getMessage().startsWith("line 7: got ["));
        }
    }

    @Test
    public void aQuoteThatDoesNotEndIsRefused() {
        for (String script : List.of("a 'b\n", "a \"b", "a \\")) {
            assertThrows(script, IllegalArgumentException.class, () -> ShellCommand.of(script, 1));
        }
    }

    @Test
    public void blocksHaveALanguageAndALine() {
        assertEquals(
            List.of(new Block("bash", "a\n\nb\n", 2), new Block("", "", 7)),
            Block.of("text\n```bash\na\n\nb\n```\n```\n```\n")
        );
        assertThrows(IllegalArgumentException.class, () -> Block.of("```bash\na\n"));
    }
}
