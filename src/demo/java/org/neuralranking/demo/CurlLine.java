package org.neuralranking.demo;

/** Requests to try oneself, each a line for a POSIX shell. */
final class CurlLine {

    private CurlLine() {}

    static String post(String url, String json) {
        return "curl -s -H 'Content-Type: application/json' " + quoted(url) + " -d " + quoted(json);
    }

    static String quoted(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }
}
