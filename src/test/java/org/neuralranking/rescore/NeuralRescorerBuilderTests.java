package org.neuralranking.rescore;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

import org.opensearch.common.io.stream.BytesStreamOutput;
import org.opensearch.common.xcontent.XContentHelper;
import org.opensearch.common.xcontent.json.JsonXContent;
import org.opensearch.core.common.bytes.BytesArray;
import org.opensearch.core.xcontent.MediaTypeRegistry;
import org.opensearch.core.xcontent.NamedXContentRegistry;
import org.opensearch.core.xcontent.XContentParser;
import org.opensearch.core.ParseField;
import org.opensearch.search.rescore.RescorerBuilder;
import org.opensearch.test.OpenSearchTestCase;

import java.util.List;

public class NeuralRescorerBuilderTests extends OpenSearchTestCase {

    @Override
    protected NamedXContentRegistry xContentRegistry() {
        return new NamedXContentRegistry(
            List.of(
                new NamedXContentRegistry.Entry(
                    RescorerBuilder.class,
                    new ParseField(NeuralRescorerBuilder.NAME),
                    parser -> NeuralRescorerBuilder.parse(parser, () -> null)
                )
            )
        );
    }

    private NeuralRescorerBuilder parse(String clause) throws IOException {
        try (XContentParser parser = createParser(JsonXContent.jsonXContent, "{\"window_size\":7,\"neural\":" + clause + "}")) {
            parser.nextToken();
            return (NeuralRescorerBuilder) RescorerBuilder.parseFromXContent(parser);
        }
    }

    private static final String MINIMAL = "{\"model_id\":\"m\",\"query_text\":\"q\",\"document\":{\"fields\":[\"f\"]}}";
    private static final String FULL = "{\"model_id\":\"m\",\"query_text\":\"q\",\"document\":{\"fields\":[\"f\",\"g\"],\"separator\":\". \"},"
        + "\"blend\":{\"first_stage_weight\":0.5,\"model_weight\":2},\"budget\":\"1500ms\",\"on_budget\":\"fail\","
        + "\"on_failure\":\"fail\",\"score\":\"contract\"}";
    private static final String RAW = "{\"model_id\":\"m\",\"query_text\":\"q\",\"document\":{\"fields\":[\"f\"]},\"score\":\"raw\"}";

    public void testRoundTripsThroughXContentAndTransport() throws IOException {
        for (String clause : List.of(MINIMAL, FULL, RAW)) {
            NeuralRescorerBuilder builder = parse(clause);
            Map<String, Object> json = XContentHelper.convertToMap(new BytesArray(builder.toString()), true, MediaTypeRegistry.JSON).v2();
            assertEquals(7, json.get("window_size"));
            NeuralRescorerBuilder again = parse(JsonXContent.contentBuilder().map(asMap(json.get("neural"))).toString());
            assertEquals(builder, again);
            assertEquals(builder.hashCode(), again.hashCode());

            BytesStreamOutput out = new BytesStreamOutput();
            builder.writeTo(out);
            NeuralRescorerBuilder read = new NeuralRescorerBuilder(out.bytes().streamInput(), () -> null);
            assertEquals(builder, read);
            assertEquals(builder.toString(), read.toString());
        }
        assertNotEquals(parse(MINIMAL), parse(FULL));
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> asMap(Object object) {
        return (Map<String, Object>) object;
    }

    public void testWhatIsWrongIsNamed() {
        Map<String, String> wrong = new LinkedHashMap<>();
        wrong.put(MINIMAL.replace("model_id", "model"), "unknown field [model]");
        wrong.put(MINIMAL.replace("\"m\"", "\" \""), "got an empty [model_id]");
        wrong.put(MINIMAL.replace("\"q\"", "\"\""), "got an empty [query_text]");
        wrong.put(MINIMAL.replace(",\"document\":{\"fields\":[\"f\"]}", ""), "[document]");
        wrong.put(MINIMAL.replace("[\"f\"]", "[]"), "got 0 [document.fields], expected 1 to 100");
        wrong.put(FULL.replace("1500ms", "-3s"), "budget");
        wrong.put(FULL.replace("1500ms", "0"), "expected more than 0");
        wrong.put(FULL.replace("1500ms", "soon"), "[budget]");
        wrong.put(FULL.replace("\"contract\"", "\"rare\""), "got [score] = [rare], expected one of [contract, raw]");
        wrong.put(FULL.replace("\"on_budget\":\"fail\"", "\"on_budget\":\"wait\""), "expected one of [best_so_far, fail]");
        wrong.put(FULL.replace("\"on_failure\":\"fail\"", "\"on_failure\":\"\""), "expected one of [first_stage, fail]");
        wrong.put(FULL.replace("0.5", "-0.5"), "got [blend.first_stage_weight] = -0.5, expected a finite number >= 0");
        wrong.put(FULL.replace("0.5", "1e99"), "Infinity");
        wrong.put(FULL.replace(":2}", ":0}"), "got [blend.model_weight] = 0.0, expected a finite number > 0");
        wrong.put(RAW.replace("\"raw\"", "\"raw\",\"budget\":\"1s\""), "got [score] = [raw] with [budget], expected [contract]");
        wrong.put(RAW.replace("\"raw\"", "\"raw\",\"on_failure\":\"first_stage\""), "got [score] = [raw] with [on_failure] = [first_stage], expected");
        wrong.forEach((clause, reason) -> {
            Exception e = expectThrows(Exception.class, () -> parse(clause));
            StringBuilder messages = new StringBuilder();
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                messages.append(cause.getMessage()).append(" / ");
            }
            assertTrue(clause + " gave " + messages + " without " + reason, messages.indexOf(reason) >= 0);
            assertEquals(clause, 400, org.opensearch.ExceptionsHelper.status(e).getStatus());
        });
    }

    public void testRawScoresFailUnlessToldOtherwise() throws IOException {
        assertTrue(parse(MINIMAL).toString().contains("contract"));
        assertFalse("on_failure stays unsaid", parse(MINIMAL).toString().contains("on_failure"));
    }
}
