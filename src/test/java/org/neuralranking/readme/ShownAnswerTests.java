package org.neuralranking.readme;

import java.util.List;

import com.fasterxml.jackson.core.JsonProcessingException;

import org.junit.Test;
import org.neuralranking.node.Http;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;

public class ShownAnswerTests {

    private static void fits(String shown, String real) {
        assertEquals(shown + " for " + real, List.of(), differences(shown, real));
    }

    private static void differs(int differences, String shown, String real) {
        assertEquals(shown + " for " + real, differences, differences(shown, real).size());
    }

    private static List<String> differences(String shown, String real) {
        try {
            return ShownAnswer.of(shown).differencesFrom(Http.JSON.readTree(real));
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    public void ofAnObjectTheShownKeysMustBeThere() {
        fits("{\"a\": 1}", "{\"a\": 1, \"b\": 2}");
        fits("{\"a\": {\"b\": true}, ...}", "{\"a\": {\"b\": true}}");
        differs(2, "{\"a\": 1, \"c\": 2}", "{\"a\": 2}");
        differs(1, "{\"a\": 1}", "[1]");
        differs(1, "{\"a\": null}", "{}");
    }

    @Test
    public void aListIsShownWholeUnlessItSaysThatThereIsMore() {
        fits("[1, 2]", "[1, 2]");
        fits("[1, ...]", "[1, 2, 3]");
        fits("[...]", "[]");
        differs(1, "[1]", "[1, 2]");
        differs(1, "[1, 2, ...]", "[1]");
        differs(1, "[2, ...]", "[1, 2]");
    }

    @Test
    public void numbersMayRoundButWholeOnesMayNot() {
        fits("1.5", "1.5299");
        fits("-6.0", "-5.89");
        fits("2.0", "2");
        differs(1, "1.5", "1.54");
        differs(1, "100", "101");
        differs(1, "1", "\"1\"");
    }

    @Test
    public void aTextMayBeCut() {
        fits("\"05...\"", "\"059f\"");
        fits("{\"took\": \"...\"}", "{\"took\": 3}");
        fits("{\"a\": \"b, ... \"}", "{\"a\": \"b, ... \"}");
        differs(1, "\"05...\"", "\"59f\"");
        differs(1, "\"05...\"", "5");
        differs(1, "{\"took\": \"...\"}", "{}");
    }

    @Test
    public void aKeyInAngleBracketsStandsForAnyOne() {
        fits("{\"<node>\": {\"a\": 1}}", "{\"x\": {\"a\": 2}, \"y\": {\"a\": 1}}");
        differs(1, "{\"<node>\": {\"a\": 1}}", "{\"x\": {\"a\": 2}}");
        differs(1, "{\"<node>\": {\"a\": 1}}", "{}");
    }

    @Test
    public void whatIsNotJsonIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> ShownAnswer.of("{\"a\": }"));
    }
}
