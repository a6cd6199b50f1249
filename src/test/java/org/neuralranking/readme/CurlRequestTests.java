package org.neuralranking.readme;

import java.util.List;
import java.util.Map;

import org.junit.Test;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;

public class CurlRequestTests {

    private static CurlRequest of(String line) {
        return CurlRequest.of(ShellCommand.of(line, 1).getFirst().words());
    }

    @Test
    public void aUrlAloneIsAGet() {
        assertEquals(new CurlRequest("GET", "/_cat/plugins?v", Map.of(), null), of("curl -s '127.0.0.1:9200/_cat/plugins?v'"));
        assertEquals(new CurlRequest("GET", "/", Map.of(), null), of("curl http://127.0.0.1:9200"));
    }

    @Test
    public void aBodyMakesItAPostOfCurlsOwnContentType() {
        assertEquals(
            new CurlRequest("POST", "/x", Map.of("content-type", "application/x-www-form-urlencoded"), "{}"),
            of("curl 127.0.0.1:9200/x -d '{}'")
        );
    }

    @Test
    public void methodHeaderAndBodyAreTakenAsTheyAre() {
        assertEquals(
            new CurlRequest("PUT", "/x", Map.of("content-type", "application/x-ndjson"), "{}\n"),
            of("curl -X PUT 127.0.0.1:9200/x -H 'Content-Type: application/x-ndjson' --data-binary '{}\n'")
        );
    }

    @Test
    public void whatIsNotUnderstoodIsRefused() {
        for (String line : List.of(
            "curl -k 127.0.0.1:9200",
            "curl -XPUT 127.0.0.1:9200",
            "curl 127.0.0.1:9201/x",
            "curl 127.0.0.1:92000",
            "curl -s",
            "curl 127.0.0.1:9200/a 127.0.0.1:9200/b",
            "curl 127.0.0.1:9200 -d",
            "curl 127.0.0.1:9200 -d @file",
            "curl 127.0.0.1:9200 -d a -d b",
            "curl 127.0.0.1:9200 -H nothing"
        )) {
            assertThrows(line, IllegalArgumentException.class, () -> of(line));
        }
    }
}
