package org.neuralranking.model.upload;

import org.junit.Test;

import static org.junit.Assert.assertEquals;

public class ServerAnswerTests {

    private static String reason(String body) {
        return new ServerAnswer(500, body).reason();
    }

    @Test
    public void theInnermostReasonCounts() {
        assertEquals("outer", reason("{\"error\":{\"root_cause\":[{\"reason\":\"root\"}],\"type\":\"t\",\"reason\":\"outer\"},\"status\":400}"));
        assertEquals("inner", reason("{\"error\":{\"reason\":\"outer\",\"caused_by\":{\"reason\":\"middle\",\"caused_by\":{\"reason\":\"inner\"}}}}"));
        assertEquals("outer", reason("{\"error\":{\"reason\":\"outer\",\"caused_by\":{\"type\":\"null_pointer_exception\",\"reason\":null}}}"));
    }

    @Test
    public void anErrorMayBeASentence() {
        assertEquals("no handler found", reason("{\"error\":\"no handler found\",\"status\":405}"));
    }

    @Test
    public void whatIsNoErrorOfOpenSearchIsSaidAsItIs() {
        assertEquals("<html>Bad Gateway</html>", reason("<html>Bad Gateway</html>\n"));
        assertEquals("{\"error\":", reason("{\"error\":"));
        assertEquals("[1]", reason("[1]"));
        assertEquals("{\"message\":\"no\"}", reason("{\"message\":\"no\"}"));
        assertEquals("no reason given", reason(""));
        assertEquals("x".repeat(300) + "...", reason("x".repeat(301)));
    }
}
