package org.neuralranking.tokenize;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.opensearch.test.OpenSearchTestCase;

/** Reading only the beginning of a text gives the same first tokens as reading all of it. */
public class TokenizerPrefixTests extends OpenSearchTestCase {

    private static final int MAX_CHARS = 10_000_000;

    public void testFirstTokensAreThoseOfTheWholeText() {
        ToyTokenizers.all().forEach((name, json) -> {
            try (Tokenizer tokenizer = Tokenizer.open(json, MAX_CHARS)) {
                for (int round = 0; round < 30; round++) {
                    duel(name, tokenizer, randomText(randomIntBetween(0, 1500)));
                }
            }
        });
    }

    public void testTokensHeldForCertainStayWhateverFollows() {
        ToyTokenizers.all().forEach((name, json) -> {
            TokenizerFile file = TokenizerFile.parse(json);
            try (NativeTokenizer library = new NativeTokenizer(SpecialTokenGuard.rename(json, Vocabulary.of(file), file.template))) {
                for (int round = 0; round < 20; round++) {
                    String text = randomText(randomIntBetween(1, 20));
                    int[] whole = library.encode(new TextPrefix(text, MAX_CHARS).text).ids();
                    for (int cut = 0; cut < Math.min(300, text.length()); cut++) {
                        NativeTokenizer.Encoding prefix = library.encode(new TextPrefix(text, cut).text);
                        int certain = Tokenizer.certain(prefix.words());
                        assertArrayEquals(
                            name + " cut at " + cut + " of " + text,
                            Arrays.copyOf(whole, certain),
                            Arrays.copyOf(prefix.ids(), certain)
                        );
                    }
                }
            }
        });
    }

    public void testWholeTextIsThatOfTheUntouchedLibrary() {
        ToyTokenizers.all().forEach((name, json) -> {
            try (Tokenizer tokenizer = Tokenizer.open(json, MAX_CHARS); UntouchedLibrary oracle = new UntouchedLibrary(json)) {
                for (int round = 0; round < 30; round++) {
                    String text = randomText(randomIntBetween(0, 300)).replaceAll("[<>\\[\\]]", "");
                    int[] expected = oracle.withoutSpecials(new TextPrefix(text, MAX_CHARS).text).ids();
                    assertArrayEquals(name + " on " + text, expected, tokenizer.tokenize(text, Integer.MAX_VALUE).ids());
                }
            }
        });
    }

    public void testOneMegabyte() {
        try (Tokenizer tokenizer = Tokenizer.open(ToyTokenizers.minilm(), MAX_CHARS)) {
            for (String unit : List.of("The quick brown fox. ", "😀", "中", "x", " ", "\0", "\ud800")) {
                // the odd ones cost the library seconds a megabyte; a quarter still needs several readings
                int chars = unit.length() > 2 ? 1 << 20 : 1 << 18;
                String text = unit.repeat(chars / unit.length());
                Tokens whole = tokenizer.tokenize(text, Integer.MAX_VALUE);
                assertFalse(whole.truncated());
                check(unit, whole, tokenizer.tokenize(text, 512), 512);
            }
        }
    }

    private void duel(String name, Tokenizer tokenizer, String text) {
        Tokens whole = tokenizer.tokenize(text, Integer.MAX_VALUE);
        assertFalse(whole.truncated());
        int[] limits = { 0, 1, 2, 3, randomIntBetween(4, 50), randomIntBetween(50, 500), whole.size(), Math.max(0, whole.size() - 1) };
        for (int maxTokens : limits) {
            check(name + ", " + maxTokens + " tokens of: " + text, whole, tokenizer.tokenize(text, maxTokens), maxTokens);
        }
    }

    private static void check(String message, Tokens whole, Tokens first, int maxTokens) {
        int size = Math.min(maxTokens, whole.size());
        assertArrayEquals(message, Arrays.copyOf(whole.ids(), size), first.ids());
        assertArrayEquals(message, Arrays.copyOf(whole.starts(), size), first.starts());
        assertArrayEquals(message, Arrays.copyOf(whole.ends(), size), first.ends());
        assertEquals(message, whole.size() > maxTokens, first.truncated());
    }

    private String randomText(int pieces) {
        StringBuilder text = new StringBuilder();
        int habit = randomIntBetween(0, 3); // some texts are mostly of one kind, so that cuts fall into it
        List<String> usual = new ArrayList<>();
        for (int i = 0; i < pieces; i++) {
            String piece = randomPiece();
            if (usual.size() < 3) {
                usual.add(piece);
            }
            text.append(habit == 0 ? randomFrom(usual) : piece);
            if (habit != 1 && randomInt(3) > 0) {
                text.append(' ');
            }
        }
        return text.toString();
    }

    private String randomPiece() {
        return switch (randomInt(13)) {
            case 0, 1, 2 -> randomFrom(List.of("the", "cat", "And", "dogs", "running", "a", "don't", "we're", "they'll", "O'Reilly", "Ġthe"));
            case 3 -> randomAlphaOfLengthBetween(1, 12);
            case 4 -> randomAlphaOfLengthBetween(90, 300);
            case 5 -> randomFrom(List.of("😀", "👩‍👩‍👧", "🇫🇷", "👍🏽", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "😀😀😀"));
            case 6 -> randomFrom(List.of("中文", "東京", "日本語", "한국어", "ภาษาไทย", "𠀀𠀁"));
            case 7 -> randomFrom(List.of("e\u0301", "\u0301", "a\u0300\u0323b", "중", "\u1112\u1161\u11ab", "क्षि", "İ", "ﬁ", "Å"));
            case 8 -> randomFrom(List.of(" ", "   ", "\t", "\n\n", "\r\n", "\u00a0", "\u3000", "\u2028")).repeat(randomIntBetween(1, 40));
            case 9 -> randomFrom(List.of(".", ",", "!?", "...", "'", "''", "'r", "-", "/", "<", ">", "(", "$", "—"));
            case 10 -> randomFrom(List.of("[SEP]", "[CLS]", "</s>", "<s>", "<mask>", "[UNK]", "[SEP", "SEP]"));
            case 11 -> randomFrom(List.of("\ud83d", "\ude00", "\0", "\uffff", "\ufffd", "\u200b", "\ufeff", "\u0007"));
            case 12 -> String.valueOf(randomInt(Integer.MAX_VALUE));
            default -> randomUnicodeOfLengthBetween(1, 10);
        };
    }
}
