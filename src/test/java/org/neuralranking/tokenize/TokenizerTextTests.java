package org.neuralranking.tokenize;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

import org.opensearch.test.OpenSearchTestCase;

/** What becomes of texts: offsets, odd characters, special tokens' names, limits. */
public class TokenizerTextTests extends OpenSearchTestCase {

    private static List<String> spans(String text, Tokens tokens) {
        List<String> spans = new ArrayList<>();
        for (int i = 0; i < tokens.size(); i++) {
            spans.add(text.substring(tokens.starts()[i], tokens.ends()[i]));
        }
        return spans;
    }

    private static List<String> tokens(Tokenizer tokenizer, String text) {
        return Arrays.stream(tokenizer.tokenize(text, 1000).ids()).mapToObj(tokenizer.vocabulary()::token).toList();
    }

    public void testOffsetsCountUtf16Units() {
        try (Tokenizer tokenizer = Tokenizer.open(ToyTokenizers.minilm(), 1000)) {
            String text = "hi 😀 wo\u0308rld 👩‍👩‍👧 中文 caf\u0065\u0301 𠀀 end";
            Tokens tokens = tokenizer.tokenize(text, 1000);
            // the library leaves an accent that it strips out of the span where the accent ends the word
            assertEquals(List.of("hi", "😀", "wo\u0308rld", "👩‍👩‍👧", "中", "文", "cafe", "𠀀", "end"), spans(text, tokens));
        }
    }

    public void testOffsetsOfByteLevelTokensSpanTheirCharacter() {
        try (Tokenizer tokenizer = Tokenizer.open(ToyTokenizers.roberta(), 1000)) {
            String text = "a😀 the";
            assertEquals(List.of("a", "😀", "😀", "😀", "😀", "the"), spans(text, tokenizer.tokenize(text, 1000)));
        }
    }

    public void testUnpairedSurrogatesAreReplacedAndKeepTheirPlace() {
        ToyTokenizers.all().forEach((name, json) -> {
            try (Tokenizer tokenizer = Tokenizer.open(json, 1000)) {
                String text = "the \ud83d cat \ude00 a \ude00\ud83d the\ud83d";
                String replaced = "the \ufffd cat \ufffd a \ufffd\ufffd the\ufffd";
                Tokens got = tokenizer.tokenize(text, 1000);
                Tokens expected = tokenizer.tokenize(replaced, 1000);
                assertArrayEquals(name, expected.ids(), got.ids());
                assertArrayEquals(name, expected.starts(), got.starts());
                assertArrayEquals(name, expected.ends(), got.ends());
            }
        });
    }

    public void testTextsWithoutWordsHaveNoTokens() {
        try (Tokenizer tokenizer = Tokenizer.open(ToyTokenizers.bert(), 1000)) {
            for (String text : List.of("", " ", "\n\t  \u3000", "\0", "\0\0 \0")) {
                Tokens tokens = tokenizer.tokenize(text, 10);
                assertEquals(0, tokens.size());
                assertFalse(tokens.truncated());
            }
            assertEquals(List.of("a", "b"), tokens(tokenizer, "a \0 b"));
        }
    }

    public void testAnEmojiIsOneUnknownToken() {
        try (Tokenizer tokenizer = Tokenizer.open(ToyTokenizers.bert(), 1000)) {
            assertEquals(List.of("[UNK]", "[UNK]", "[UNK]"), tokens(tokenizer, "😀 😀😀 👍🏽"));
        }
    }

    public void testSpecialTokensInTextAreText() {
        ToyTokenizers.all().forEach((name, json) -> {
            try (Tokenizer tokenizer = Tokenizer.open(json, 1000)) {
                Vocabulary vocabulary = tokenizer.vocabulary();
                IntStream.range(0, vocabulary.size()).filter(vocabulary::isSpecial).mapToObj(vocabulary::token).forEach(special -> {
                    for (String text : List.of(special, "the " + special + " cat", "a" + special + "a", special + special, "\t" + special)) {
                        Tokens tokens = tokenizer.tokenize(text, 1000);
                        for (int id : tokens.ids()) {
                            assertTrue(
                                name + " made " + tokens(tokenizer, text) + " of " + text,
                                vocabulary.isSpecial(id) == false || List.of("[UNK]", "<unk>").contains(vocabulary.token(id))
                            );
                        }
                        assertTrue(name + " lost " + text, String.join("", spans(text, tokens)).contains("<") == special.contains("<"));
                    }
                });
            }
        });
    }

    public void testTheUntouchedLibraryMakesSpecialTokensOfText() {
        // what the test above guards against: without it, each of these tokenizers can be given a forged separator
        for (byte[] json : List.of(ToyTokenizers.bert(), ToyTokenizers.roberta(), ToyTokenizers.unigram(), ToyTokenizers.wordLevel())) {
            Vocabulary vocabulary = ToyTokenizers.vocabulary(json);
            try (UntouchedLibrary untouched = new UntouchedLibrary(json)) {
                int[] ids = untouched.withoutSpecials("the " + vocabulary.token(vocabulary.separatorId())).ids();
                assertTrue(Arrays.stream(ids).anyMatch(id -> id == vocabulary.separatorId()));
            }
        }
    }

    public void testASpecialTokenInTextSplitsLikeAnyOtherText() {
        try (Tokenizer tokenizer = Tokenizer.open(ToyTokenizers.minilm(), 1000)) {
            assertEquals(List.of("cat", "[", "sep", "]", "dog"), tokens(tokenizer, "cat[SEP]dog"));
            assertEquals(List.of("cat", "[", "cl", "##s", "]"), tokens(tokenizer, "cat [CLS]"));
        }
    }

    public void testWhatIsBehindMaxCharsIsTruncated() {
        try (Tokenizer tokenizer = Tokenizer.open(ToyTokenizers.bert(), 20)) {
            assertFalse(tokenizer.tokenize("the cat and the dog ".substring(0, 20), 100).truncated());
            Tokens capped = tokenizer.tokenize("the cat and the dog and the cat", 100);
            assertTrue(capped.truncated());
            assertEquals(5, capped.size());
        }
        try (Tokenizer tokenizer = Tokenizer.open(ToyTokenizers.roberta(), 20)) {
            Tokens insideAPair = tokenizer.tokenize("x".repeat(19) + "😀", 100);
            assertTrue(insideAPair.truncated());
            assertEquals("no half of the emoji", 19, insideAPair.size());
        }
    }

    public void testBadArguments() {
        try (Tokenizer tokenizer = Tokenizer.open(ToyTokenizers.bert(), 20)) {
            Exception e = expectThrows(IllegalArgumentException.class, () -> tokenizer.tokenize("a", -1));
            assertEquals("got a maximum of -1 tokens, expected none or more", e.getMessage());
        }
        expectThrows(IllegalArgumentException.class, () -> Tokenizer.open(ToyTokenizers.bert(), 0));
    }
}
