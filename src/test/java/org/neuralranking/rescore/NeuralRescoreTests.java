package org.neuralranking.rescore;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.junit.Before;
import org.neuralranking.HttpNodeTestCase;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * Searches with the {@code neural} rescorer and the toy cross-encoder, whose logit is 1.5 · |query tokens that the document has| − 2, against
 * the formulas written out here again. The first stage's score is the field {@code rank}.
 */
public class NeuralRescoreTests extends HttpNodeTestCase {

    private static final List<String> WORDS = List.of("cat", "dog", "red", "car", "fast", "movie", "film", "space", "war", "train");
    private static final String ALL = """
        {"function_score":{"query":{"match_all":{}},"field_value_factor":{"field":"rank","missing":0},"boost_mode":"replace"}}""";

    private record Doc(String id, double rank, String title, String body) {}

    private final List<Doc> docs = new ArrayList<>(); // in index order

    @Before
    public void registerModel() throws Exception {
        register("ce", "toy-cross-encoder");
    }

    private void createIndex(String index, int shards) {
        String mode = randomFrom("none", "all", "auto");
        ok("PUT", "/" + index, "{\"settings\":{\"number_of_shards\":" + shards + ",\"number_of_replicas\":0,"
            + "\"index.search.concurrent_segment_search.mode\":\"" + mode + "\"},"
            + "\"mappings\":{\"properties\":{\"rank\":{\"type\":\"float\"},\"title\":{\"type\":\"text\"},"
            + "\"chapters\":{\"type\":\"nested\"}}}}");
    }

    private void index(String index, String id, double rank, String title, String body) throws Exception {
        var source = JSON.createObjectNode().put("rank", (float) rank);
        if (title != null) {
            source.put("title", title);
        }
        if (body != null) {
            source.put("body", body);
        }
        ok("PUT", "/" + index + "/_doc/" + id, source.toString());
        docs.add(new Doc(id, (float) rank, title, body));
    }

    private void refresh() {
        ok("POST", "/_refresh", null);
    }

    private static String clause(String query, String more) {
        return "{\"model_id\":\"ce\",\"query_text\":\"" + query + "\",\"document\":{\"fields\":[\"title\",\"body\"]}" + more + "}";
    }

    private static String search(int size, int window, String clause) {
        return "{\"size\":" + size + ",\"query\":" + ALL + ",\"rescore\":{\"window_size\":" + window + ",\"neural\":" + clause + "}}";
    }

    private JsonNode hits(String index, String body) {
        JsonNode answer = ok("POST", "/" + index + "/_search", body);
        assertEquals(answer.toString(), 0, answer.get("_shards").get("failed").asInt());
        return answer.get("hits").get("hits");
    }

    private static List<String> ids(JsonNode hits) {
        List<String> ids = new ArrayList<>();
        hits.forEach(hit -> ids.add(hit.get("_id").asText()));
        return ids;
    }

    private static double squash(double x) {
        return (1 + x / (15 + Math.abs(x))) / 2;
    }

    /** The toy model's logit, or null for a document without text. */
    private static Double logit(String query, Doc doc) {
        Set<String> words = new HashSet<>();
        for (String text : Arrays.asList(doc.title, doc.body)) {
            if (text != null && text.isBlank() == false) {
                words.addAll(Arrays.asList(text.trim().split("\\s+")));
            }
        }
        if (words.isEmpty()) {
            return null;
        }
        return 1.5 * Arrays.stream(query.split(" ")).filter(words::contains).count() - 2;
    }

    private static double score(String query, Doc doc, double firstWeight, double modelWeight) {
        Double logit = logit(query, doc);
        return logit == null ? squash(doc.rank) : 1 + squash(firstWeight * doc.rank + modelWeight * logit);
    }

    private static String randomText() {
        return switch (randomIntBetween(0, 9)) {
            case 0 -> null;
            case 1 -> " ";
            default -> String.join(" ", randomSubsetOf(randomIntBetween(1, 5), WORDS));
        };
    }

    private static String randomQuery() {
        return String.join(" ", randomSubsetOf(randomIntBetween(1, 4), WORDS));
    }

    public void testEveryScoreFollowsTheFormula() throws Exception {
        createIndex("docs", randomIntBetween(1, 3));
        int count = randomIntBetween(1, 40);
        for (int i = 0; i < count; i++) {
            index("docs", "d" + i, randomIntBetween(0, 100) / 4.0, randomText(), randomText());
            if (randomIntBetween(0, 5) == 0) {
                refresh(); // several segments
            }
        }
        for (int i = 0; i < count / 5; i++) {
            Doc gone = docs.remove(randomIntBetween(0, docs.size() - 1));
            ok("DELETE", "/docs/_doc/" + gone.id, null);
        }
        refresh();
        for (int round = 0; round < 5; round++) {
            String query = randomQuery();
            float firstWeight = randomFrom(0f, 0.5f, 2f);
            float modelWeight = randomFrom(0.25f, 1f, 10f);
            String blend = ",\"blend\":{\"first_stage_weight\":" + firstWeight + ",\"model_weight\":" + modelWeight + "}";
            if (round == 0) {
                blend = "";
                firstWeight = 0;
                modelWeight = 1;
            }
            JsonNode hits = hits("docs", search(100, 100, clause(query, blend)).replaceFirst("\\{", "{\"explain\":true,"));
            assertEquals(docs.size(), hits.size());
            double above = 2;
            for (JsonNode hit : hits) {
                Doc doc = docs.stream().filter(d -> d.id.equals(hit.get("_id").asText())).findFirst().get();
                double score = hit.get("_score").asDouble();
                assertEquals(query + " on " + doc, score(query, doc, firstWeight, modelWeight), score, 1e-6);
                assertEquals("rescored or not", logit(query, doc) == null, score < 1);
                assertTrue(score <= above);
                above = score;
                JsonNode explanation = hit.get("_explanation");
                assertEquals(explanation.toString(), score, explanation.get("value").asDouble(), 0);
                String formula = logit(query, doc) == null
                    ? "not rescored by [neural], (1 + s / (15 + |s|)) / 2 from s:"
                    : "rescored by [neural], 1 + (1 + b / (15 + |b|)) / 2 from b:";
                assertEquals(formula, explanation.get("description").asText());
                if (logit(query, doc) != null) {
                    assertTrue(explanation.toString().contains("b, computed as first_stage_weight * s + model_weight * logit from:"));
                }
            }
        }
    }

    private void indexLadder(int count) throws Exception {
        createIndex("docs", 1);
        for (int i = 0; i < count; i++) { // better texts further down the first stage's list
            index("docs", "d" + i, count - i, String.join(" ", WORDS.subList(0, Math.min(i, 5))), "train");
        }
        refresh();
    }

    public void testHitsBeyondTheWindowStayBelowInTheirOrder() throws Exception {
        indexLadder(6);
        JsonNode hits = hits("docs", search(6, 3, clause("cat dog red car", "")));
        assertEquals(List.of("d2", "d1", "d0", "d3", "d4", "d5"), ids(hits));
        assertEquals(1 + squash(1), hits.get(0).get("_score").asDouble(), 1e-6);
        for (int i = 3; i < 6; i++) {
            assertEquals(squash(6 - i), hits.get(i).get("_score").asDouble(), 1e-6);
        }
        for (JsonNode hit : hits("docs", search(6, 3, clause("cat", "")).replaceFirst("\\{", "{\"explain\":true,"))) {
            assertEquals(hit.toString(), hit.get("_score").asDouble(), hit.get("_explanation").get("value").asDouble(), 0);
        }
    }

    public void testAWindowLargerThanTheIndexOrThePageIsFine() throws Exception {
        indexLadder(6);
        String clause = clause("cat dog red car", "");
        assertEquals(List.of("d4", "d5", "d3", "d2", "d1", "d0"), ids(hits("docs", search(10, 1000, clause))));
        assertEquals(List.of("d4", "d5"), ids(hits("docs", search(2, 1000, clause))));
        List<String> paged = new ArrayList<>();
        for (int from = 0; from < 6; from += 2) {
            paged.addAll(ids(hits("docs", search(2, 6, clause).replaceFirst("\\{", "{\"from\":" + from + ","))));
        }
        assertEquals(List.of("d4", "d5", "d3", "d2", "d1", "d0"), paged);
        assertEquals(List.of(), ids(hits("docs", search(2, 6, clause).replaceFirst("\\{", "{\"from\":6,"))));
    }

    /** The window is read and scored in parts. */
    public void testALargeWindowIsScoredWhole() throws Exception {
        createIndex("docs", 1);
        int count = randomIntBetween(97, 200);
        for (int i = 0; i < count; i++) {
            index("docs", "d" + i, count - i, randomText(), randomText());
        }
        refresh();
        int window = randomIntBetween(65, count);
        JsonNode hits = hits("docs", search(count, window, clause("cat dog red car", "")));
        assertEquals(count, hits.size());
        Map<String, Double> scores = new HashMap<>();
        hits.forEach(hit -> scores.put(hit.get("_id").asText(), hit.get("_score").asDouble()));
        for (int i = 0; i < count; i++) {
            Doc doc = docs.get(i);
            double expected = i < window ? score("cat dog red car", doc, 0, 1) : squash(doc.rank);
            assertEquals(doc.id + " of " + count + ", window " + window, expected, scores.get(doc.id), 1e-6);
        }
    }

    public void testTiesKeepTheirFirstStageOrder() throws Exception {
        createIndex("docs", 1);
        for (int i : shuffledList(List.of(0, 1, 2, 3, 4, 5, 6, 7))) {
            index("docs", "d" + i, 10 - i, "cat", null);
        }
        refresh();
        assertEquals(List.of("d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7"), ids(hits("docs", search(10, 10, clause("cat", "")))));
    }

    private static List<Integer> shuffledList(List<Integer> list) {
        List<Integer> shuffled = new ArrayList<>(list);
        java.util.Collections.shuffle(shuffled, random());
        return shuffled;
    }

    public void testNoHitsOneHitAndAnEmptyIndex() throws Exception {
        createIndex("docs", randomIntBetween(1, 2));
        assertEquals(List.of(), ids(hits("docs", search(10, 10, clause("cat", "")))));
        index("docs", "d0", 1, "cat", null);
        refresh();
        assertEquals(List.of("d0"), ids(hits("docs", search(10, 10, clause("cat", "")))));
        assertEquals(List.of(), ids(hits("docs", search(10, 10, clause("cat", "")).replace(ALL, "{\"match_none\":{}}"))));
        assertEquals(0, hits("docs", search(0, 10, clause("cat", ""))).size());
    }

    public void testTheUsersSeparatorAndListsReachTheModel() throws Exception {
        createIndex("docs", 1);
        ok("PUT", "/docs/_doc/1", "{\"rank\":1,\"title\":[\"cat\",\"dog\"],\"body\":7}");
        refresh();
        JsonNode hits = hits("docs", search(1, 1, clause("cat dog war", "").replace("[\"title\",\"body\"]", "[\"title\",\"body\"],\"separator\":\" war \"")));
        assertEquals(1 + squash(2.5), hits.get(0).get("_score").asDouble(), 1e-6);
    }

    /** The clause names the wrong field: that is the caller's mistake, which on_failure must not hide. */
    public void testAFieldThatIsAnObjectIsAnError() throws Exception {
        createIndex("docs", 1);
        index("docs", "d0", 2, "cat", null);
        ok("PUT", "/docs/_doc/d1", "{\"rank\":3,\"body\":{\"x\":\"cat\"}}");
        refresh();
        for (String onFailure : List.of("", ",\"on_failure\":\"fail\"", ",\"on_failure\":\"first_stage\"")) {
            call("POST", "/docs/_search", search(10, 10, clause("cat", onFailure))).is(
                400, "got an object at [body] of a document's _source, expected text"
            );
        }
    }

    public void testTwoRescorersInARow() throws Exception {
        indexLadder(6);
        String first = "{\"window_size\":4,\"neural\":" + clause("cat dog red car", "") + "}";
        String second = "{\"window_size\":2,\"neural\":" + clause("train red", "") + "}";
        String third = "{\"window_size\":10,\"query\":{\"rescore_query\":{\"match_all\":{}},\"rescore_query_weight\":0}}";
        JsonNode hits = hits("docs", "{\"explain\":true,\"query\":" + ALL + ",\"rescore\":[" + first + "," + second + "," + third + "]}");
        assertEquals(List.of("d3", "d2", "d1", "d0", "d4", "d5"), ids(hits));
        assertEquals(1 + squash(1), hits.get(0).get("_score").asDouble(), 1e-6);
        assertEquals(1 + squash(-0.5), hits.get(1).get("_score").asDouble(), 1e-6);
        assertEquals(squash(1 + squash(-0.5)), hits.get(2).get("_score").asDouble(), 1e-6);
        for (JsonNode hit : hits) {
            assertEquals(hit.toString(), hit.get("_score").asDouble(), hit.get("_explanation").get("value").asDouble(), 1e-6);
        }
    }

    public void testRawScoresAreTheBlendedValues() throws Exception {
        indexLadder(6);
        String raw = ",\"score\":\"raw\",\"blend\":{\"first_stage_weight\":0.5,\"model_weight\":2}";
        JsonNode hits = hits("docs", search(6, 6, clause("cat dog red car", raw)).replaceFirst("\\{", "{\"explain\":true,"));
        for (JsonNode hit : hits) {
            Doc doc = docs.stream().filter(d -> d.id.equals(hit.get("_id").asText())).findFirst().get();
            double expected = 0.5 * doc.rank + 2 * logit("cat dog red car", doc);
            assertEquals(expected, hit.get("_score").asDouble(), 1e-6);
            assertEquals(hit.get("_score").asDouble(), hit.get("_explanation").get("value").asDouble(), 0);
        }
        assertEquals(docs.stream()
            .sorted(Comparator.comparing((Doc doc) -> -(0.5 * doc.rank + 2 * logit("cat dog red car", doc))))
            .map(Doc::id).toList(), ids(hits));
        // what is not in the window may not stand above what is
        hits = hits("docs", search(6, 2, clause("cat dog red car", ",\"score\":\"raw\"")));
        assertEquals(List.of("d1", "d0", "d2", "d3", "d4", "d5"), ids(hits));
    }

    public void testWeightsBeyondReasonGiveFiniteScores() throws Exception {
        createIndex("docs", 1);
        index("docs", "d0", 3, "cat dog", null);
        index("docs", "d1", 2, "film", null);
        refresh();
        String blend = ",\"blend\":{\"first_stage_weight\":0,\"model_weight\":3e38}";
        JsonNode hits = hits("docs", search(2, 2, clause("cat dog", blend + ",\"score\":\"raw\"")));
        assertEquals(3e38, hits.get(0).get("_score").asDouble(), 1e32);
        assertEquals(-Float.MAX_VALUE, hits.get(1).get("_score").asDouble(), 1e32);
        hits = hits("docs", search(2, 2, clause("cat dog", blend)));
        assertEquals(Math.nextDown(2f), hits.get(0).get("_score").asDouble(), 1e-6);
        assertEquals(1, hits.get(1).get("_score").asDouble(), 1e-6);
    }

    public void testRawScoresAreNotMixedWithOthers() throws Exception {
        createIndex("docs", 2);
        index("docs", "d0", 1, "cat", null);
        refresh();
        call("POST", "/docs/_search", search(1, 1, clause("cat", ",\"score\":\"raw\",\"budget\":\"1s\""))).is(
            400, "got [score] = [raw] with [budget], expected [contract]"
        );
        call("POST", "/docs/_search", search(1, 1, clause("cat", ",\"score\":\"raw\",\"on_failure\":\"first_stage\""))).is(
            400, "got [score] = [raw] with [on_failure] = [first_stage], expected [contract]"
        );
        assertEquals(-0.5, hits("docs", search(1, 1, clause("cat", ",\"score\":\"raw\""))).get(0).get("_score").asDouble(), 1e-6);
    }

    public void testAQueryThatLeavesNoRoomIsTheCallersMistake() throws Exception {
        createIndex("docs", 1);
        index("docs", "d0", 1, "cat", null);
        refresh();
        String longest = "cat ".repeat(60).trim(); // 64 tokens less three special ones and one for the document
        hits("docs", search(1, 1, clause(longest, "")));
        for (String onFailure : List.of("first_stage", "fail")) {
            call("POST", "/docs/_search", search(1, 1, clause(longest + " cat", ",\"on_failure\":\"" + onFailure + "\""))).is(
                400, "[neural] rescorer: [query_text]: got a query of 61 tokens, expected at most 60"
            );
        }
    }

    public void testWhatTheCoreRefusesBesideARescorerIsAnError() throws Exception {
        indexLadder(3);
        String search = search(3, 3, clause("cat", ""));
        // 500 is what the core of 3.8.0 makes of this mistake of the caller's
        call("POST", "/docs/_search", search.replaceFirst("\\{", "{\"collapse\":{\"field\":\"rank\"},")).is(
            500, "cannot use `collapse` in conjunction with `rescore`"
        );
        call("POST", "/docs/_search", search.replaceFirst("\\{", "{\"sort\":[{\"rank\":\"asc\"}],")).is(
            400, "Cannot use [sort] option in conjunction with [rescore]."
        );
        call("POST", "/docs/_search?scroll=1m", search).is(400, "using [rescore] is not allowed in a scroll context");
        hits("docs", search); // the node is well
    }

    public void testClausesThatCannotWorkAreRefused() throws Exception {
        register("other", "toy-yes-no");
        createIndex("docs", 1);
        index("docs", "d0", 1, "cat", null);
        ok("PUT", "/dark", "{\"mappings\":{\"_source\":{\"enabled\":false},\"properties\":{\"rank\":{\"type\":\"float\"}}}}");
        ok("PUT", "/dark/_doc/1?refresh=true", "{\"rank\":1,\"title\":\"cat\"}");
        refresh();
        String search = search(1, 1, clause("cat", ""));
        call("POST", "/docs/_search", search.replace("\"ce\"", "\"nobody\"")).is(404, "model [nobody] is not registered");
        call("POST", "/docs/_search", search.replace("\"ce\"", "\"other\"")).is(
            400, "got model [other] which is a yes_no_ranker, expected a cross_encoder"
        );
        call("POST", "/dark/_search", search).is(400, "got index [dark] with _source disabled, expected one with the fields [title, body] in _source");
        call("POST", "/docs/_search", search.replace("\"window_size\":1", "\"window_size\":0")).is(
            400, "got [window_size] = 0, expected at least 1"
        );
    }

    public void testNestedFirstStagesAndSeveralIndices() throws Exception {
        createIndex("docs", 1);
        createIndex("more", 2);
        ok("PUT", "/docs/_doc/n1", "{\"title\":\"cat dog\",\"chapters\":[{\"text\":\"war\"},{\"text\":\"film\"}]}");
        ok("PUT", "/more/_doc/n2", "{\"title\":\"cat\",\"chapters\":[{\"text\":\"war war\"}]}");
        ok("PUT", "/more/_doc/n3", "{\"title\":\"cat dog\",\"chapters\":[{\"text\":\"train\"}]}");
        refresh();
        String nested = "{\"nested\":{\"path\":\"chapters\",\"query\":{\"match\":{\"chapters.text\":\"war\"}}}}";
        JsonNode hits = hits("docs,more", search(10, 10, clause("cat dog", "")).replace(ALL, nested));
        assertEquals(List.of("n1", "n2"), ids(hits));
        assertEquals(1 + squash(1), hits.get(0).get("_score").asDouble(), 1e-6);
        assertEquals(1 + squash(-0.5), hits.get(1).get("_score").asDouble(), 1e-6);
        String path = clause("film war", "").replace("[\"title\",\"body\"]", "[\"chapters.text\"]");
        assertEquals(1 + squash(1), hits("docs", search(1, 1, path)).get(0).get("_score").asDouble(), 1e-6);
    }

    public void testWindowsDocumentsAndTextlessDocumentsAreCounted() throws Exception {
        createIndex("docs", 1);
        index("docs", "d0", 3, "cat", null);
        index("docs", "d1", 2, null, " ");
        index("docs", "d2", 1, "dog", "car");
        refresh();
        JsonNode before = stats();
        hits("docs", search(2, 2, clause("cat", "")));
        hits("docs", search(3, 3, clause("cat", "")));
        JsonNode after = stats();
        assertEquals(2, grown(before, after, "rescore", "windows"));
        assertEquals(3, grown(before, after, "rescore", "documents"));
        assertEquals(2, grown(before, after, "rescore", "documents_without_text"));
        assertEquals(0, grown(before, after, "rescore", "budget_spent"));
        assertEquals(0, grown(before, after, "rescore", "kept_first_stage"));
        assertEquals(2, after.get("models").get("ce").get("requests").asLong() - before.get("models").get("ce").get("requests").asLong());
        assertEquals(3, after.get("models").get("ce").get("texts").asLong() - before.get("models").get("ce").get("texts").asLong());
    }

    private static long grown(JsonNode before, JsonNode after, String group, String counter) {
        return after.get(group).get(counter).asLong() - before.get(group).get(counter).asLong();
    }
}
