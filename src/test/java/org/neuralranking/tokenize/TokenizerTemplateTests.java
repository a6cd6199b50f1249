package org.neuralranking.tokenize;

import java.io.IOException;
import java.util.Arrays;
import java.util.Map;

import org.opensearch.test.OpenSearchTestCase;

/** Templates of every type, and the mistakes that would end the JVM in the native library. */
public class TokenizerTemplateTests extends OpenSearchTestCase {

    private static final String A = "{'Sequence': {'id': 'A', 'type_id': 0}}";
    private static final String B = "{'Sequence': {'id': 'B', 'type_id': 1}}";
    private static final String CLS = "{'SpecialToken': {'id': '[CLS]', 'type_id': 0}}";
    private static final String IDS = "{'[CLS]': {'id': '[CLS]', 'ids': [2, 4], 'tokens': ['[CLS]', '[MASK]']}}";

    private static String template(String single, String pair, String specials) {
        return "{'type': 'TemplateProcessing', 'single': " + single + ", 'pair': " + pair + ", 'special_tokens': " + specials + "}";
    }

    /** The toy BERT tokenizer with another post-processor. */
    private static byte[] bertWith(String postProcessor) throws IOException {
        @SuppressWarnings("unchecked")
        Map<String, Object> file = ToyTokenizers.JSON.readValue(ToyTokenizers.bert(), Map.class);
        file.put("post_processor", ToyTokenizers.JSON.readValue(postProcessor.replace('\'', '"'), Object.class));
        return ToyTokenizers.JSON.writeValueAsBytes(file);
    }

    public void testEveryTypeOfTemplateGivesTheRowsOfTheLibrary() throws IOException {
        String byteLevel = "{'type': 'ByteLevel', 'add_prefix_space': true, 'trim_offsets': true, 'use_regex': true}";
        String bert = "{'type': 'BertProcessing', 'sep': ['[SEP]', 3], 'cls': ['[CLS]', 2]}";
        String roberta = "{'type': 'RobertaProcessing', 'sep': ['[SEP]', 3], 'cls': ['[CLS]', 2], 'trim_offsets': true, 'add_prefix_space': false}";
        String[] postProcessors = {
            "null", byteLevel, bert, roberta,
            template("[" + A + "]", "[" + A + ", " + B + "]", "{}"),
            template("[" + A + ", " + CLS + "]", "[" + CLS + ", " + CLS + ", " + A + ", " + B + "]", IDS),
            "{'type': 'Sequence', 'processors': [" + byteLevel + ", " + bert + "]}",
            "{'type': 'Sequence', 'processors': []}" };
        for (String postProcessor : postProcessors) {
            byte[] json = bertWith(postProcessor);
            try (Tokenizer tokenizer = Tokenizer.open(json, 100); UntouchedLibrary oracle = new UntouchedLibrary(json)) {
                Tokens a = tokenizer.tokenize("the cat", 10);
                Tokens b = tokenizer.tokenize("a dog", 10);
                check(postProcessor, oracle.withSpecials("the cat"), tokenizer.single(a, 100));
                check(postProcessor, oracle.withSpecials("the cat", "a dog"), tokenizer.pair(a, b, 100));
            }
        }
    }

    private static void check(String postProcessor, UntouchedLibrary.Encoding expected, TokenSequence got) {
        assertEquals(postProcessor, Arrays.toString(expected.ids()), Arrays.toString(got.ids()));
        assertEquals(postProcessor, Arrays.toString(expected.typeIds()), Arrays.toString(got.typeIds()));
    }

    public void testOffsetsAreTrimmedAsTheFileSays() throws IOException {
        byte[] trimming = ToyTokenizers.roberta();
        @SuppressWarnings("unchecked")
        Map<String, Object> file = ToyTokenizers.JSON.readValue(trimming, Map.class);
        for (boolean trim : new boolean[] { true, false }) {
            for (boolean prefixSpace : new boolean[] { true, false }) {
                file.put(
                    "post_processor",
                    Map.of("type", "ByteLevel", "add_prefix_space", prefixSpace, "trim_offsets", trim, "use_regex", true)
                );
                byte[] json = ToyTokenizers.JSON.writeValueAsBytes(file);
                try (Tokenizer tokenizer = Tokenizer.open(json, 100); UntouchedLibrary oracle = new UntouchedLibrary(json)) {
                    String text = " the  the and";
                    Tokens got = tokenizer.tokenize(text, 100);
                    UntouchedLibrary.Encoding expected = oracle.withoutSpecials(text);
                    for (int i = 0; i < got.size(); i++) {
                        assertEquals(expected.spans()[i].getStart(), got.starts()[i]);
                        assertEquals(expected.spans()[i].getEnd(), got.ends()[i]);
                    }
                }
            }
        }
    }

    public void testMistakesAreRefusedBeforeTheLibrarySeesThem() throws IOException {
        String single = "[" + A + "]";
        String pair = "[" + A + ", " + B + "]";
        refused("got texts [B] at [post_processor.single], expected [A]", template("[" + B + "]", pair, "{}"));
        refused("got texts [A, A] at [post_processor.single], expected [A]", template("[" + A + ", " + A + "]", pair, "{}"));
        refused("got texts [] at [post_processor.single], expected [A]", template("[]", pair, "{}"));
        refused("got texts [B, A] at [post_processor.pair], expected [A, B]", template(single, "[" + B + ", " + A + "]", "{}"));
        refused("got texts [A] at [post_processor.pair], expected [A, B]", template(single, single, "{}"));
        refused(
            "got no ids for token [[CLS]] at [post_processor.special_tokens], expected [ids]",
            template("[" + CLS + ", " + A + "]", pair, "{}")
        );
        refused(
            "got id [999] at [post_processor.special_tokens[[CLS]].ids], expected the id of a token",
            template("[" + CLS + ", " + A + "]", pair, "{'[CLS]': {'ids': [999]}}")
        );
        refused(
            "got type id [null] at [post_processor.single], expected a whole number",
            template("[{'Sequence': {'id': 'A'}}]", pair, "{}")
        );
        refused(
            "got [x] at [post_processor.single], expected an object with [SpecialToken] or [Sequence]",
            template("['x']", pair, "{}")
        );
        refused("got id [null] at [post_processor.cls], expected the id of a token", "{'type': 'BertProcessing', 'sep': ['[SEP]', 3]}");
        refused(
            "got type [Other] at [post_processor], expected one of "
                + "[BertProcessing, RobertaProcessing, TemplateProcessing, ByteLevel, Sequence]",
            "{'type': 'Other'}"
        );
        String bert = "{'type': 'BertProcessing', 'sep': ['[SEP]', 3], 'cls': ['[CLS]', 2]}";
        refused(
            "got 2 parts that add special tokens at [post_processor.processors], expected at most 1",
            "{'type': 'Sequence', 'processors': [" + bert + ", " + bert + "]}"
        );
    }

    private static void refused(String message, String postProcessor) throws IOException {
        byte[] json = bertWith(postProcessor);
        IllegalArgumentException e = expectThrows(IllegalArgumentException.class, () -> Tokenizer.open(json, 100));
        assertEquals("tokenizer.json: " + message, e.getMessage());
    }
}
