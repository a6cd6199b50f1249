package org.neuralranking.tokenize;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

import org.opensearch.test.OpenSearchTestCase;

/** Rows put together here equal the library's own, and cutting them loses what it should. */
public class TokenizerRowTests extends OpenSearchTestCase {

    private static final List<String> TEXTS = List.of("the cat", "", "a dog and a cat", "中文 😀", "running", "the");

    private static Tokens numbered(int from, int size) {
        return new Tokens(IntStream.range(from, from + size).toArray(), new int[size], new int[size], false);
    }

    public void testRowsEqualThoseOfTheLibrary() {
        ToyTokenizers.all().forEach((name, json) -> {
            try (Tokenizer tokenizer = Tokenizer.open(json, 1000); UntouchedLibrary oracle = new UntouchedLibrary(json)) {
                for (String first : TEXTS) {
                    Tokens one = tokenizer.tokenize(first, 100);
                    check(name, oracle.withSpecials(first), tokenizer.single(one, 1000));
                    for (String second : TEXTS) {
                        check(name, oracle.withSpecials(first, second), tokenizer.pair(one, tokenizer.tokenize(second, 100), 1000));
                    }
                }
            }
        });
    }

    private static void check(String name, UntouchedLibrary.Encoding expected, TokenSequence got) {
        assertArrayEquals(name, expected.ids(), got.ids());
        assertArrayEquals(name, expected.typeIds(), got.typeIds());
        assertFalse(got.truncated());
    }

    public void testSpecialsPerTemplate() {
        int[][] expected = { { 2, 3 }, { 2, 3 }, { 2, 4 }, { 2, 4 }, { 0, 0 }, { 0, 0 } };
        int at = 0;
        for (var toy : ToyTokenizers.all().entrySet()) {
            try (Tokenizer tokenizer = Tokenizer.open(toy.getValue(), 1000)) {
                assertEquals(toy.getKey(), expected[at][0], tokenizer.singleSpecials());
                assertEquals(toy.getKey(), expected[at++][1], tokenizer.pairSpecials());
            }
        }
    }

    public void testOnlyTheDocumentOfAPairIsCut() {
        try (Tokenizer tokenizer = Tokenizer.open(ToyTokenizers.bert(), 1000)) {
            Tokens query = numbered(100, 4);
            Tokens document = numbered(200, 10);
            TokenSequence cut = tokenizer.pair(query, document, 12);
            assertArrayEquals(new int[] { 2, 100, 101, 102, 103, 3, 200, 201, 202, 203, 204, 3 }, cut.ids());
            assertArrayEquals(new int[] { 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1 }, cut.typeIds());
            assertTrue(cut.truncated());
            assertFalse(tokenizer.pair(query, document, 17).truncated());
            assertTrue(tokenizer.pair(query, document, 16).truncated());
            Tokens cutBefore = new Tokens(new int[] { 5 }, new int[1], new int[1], true);
            assertTrue(tokenizer.pair(query, cutBefore, 100).truncated());
            assertTrue(tokenizer.pair(cutBefore, document, 100).truncated());
        }
    }

    public void testAQueryThatLeavesNoRoomIsRefusedWhateverTheDocument() {
        try (Tokenizer tokenizer = Tokenizer.open(ToyTokenizers.bert(), 1000)) {
            assertEquals(8, tokenizer.pair(numbered(100, 4), numbered(200, 9), 8).size());
            for (Tokens document : List.of(Tokens.NONE, numbered(200, 9))) {
                Exception e = expectThrows(IllegalArgumentException.class, () -> tokenizer.pair(numbered(100, 5), document, 8));
                assertEquals(
                    "got a query of 5 tokens, expected at most 4: of 8 tokens the document needs at least 1 and the special tokens need 3",
                    e.getMessage()
                );
            }
        }
    }

    public void testASingleTextIsCutToFit() {
        try (Tokenizer tokenizer = Tokenizer.open(ToyTokenizers.bert(), 1000)) {
            assertArrayEquals(new int[] { 2, 100, 101, 3 }, tokenizer.single(numbered(100, 3), 4).ids());
            assertTrue(tokenizer.single(numbered(100, 3), 4).truncated());
            assertFalse(tokenizer.single(numbered(100, 2), 4).truncated());
            assertArrayEquals(new int[] { 2, 3 }, tokenizer.single(numbered(100, 3), 2).ids());
            expectThrows(IllegalArgumentException.class, () -> tokenizer.single(numbered(100, 3), 1));
        }
    }

    public void testJoinedTextsHaveASeparatorBetweenThem() {
        try (Tokenizer tokenizer = Tokenizer.open(ToyTokenizers.bert(), 1000)) {
            Tokens cat = tokenizer.tokenize("the cat", 10);
            Tokens dog = tokenizer.tokenize("a dog", 1);
            Tokens joined = tokenizer.join(List.of(cat, Tokens.NONE, Tokens.NONE, dog));
            assertArrayEquals(new int[] { 5, 60, 3, 3, 3, 6 }, joined.ids());
            assertArrayEquals(new int[] { 0, 4, 7, 7, 7, 0 }, joined.starts());
            assertArrayEquals(new int[] { 3, 7, 7, 7, 7, 1 }, joined.ends());
            assertTrue("the dog was cut", joined.truncated());
            assertEquals(0, tokenizer.join(List.of()).size());
            assertArrayEquals(cat.ids(), tokenizer.join(List.of(cat)).ids());
        }
        try (Tokenizer tokenizer = Tokenizer.open(ToyTokenizers.wholeText(), 1000)) {
            Tokens part = tokenizer.tokenize("ab", 10);
            assertEquals("no separator to put between", 4, tokenizer.join(List.of(part, part)).size());
        }
    }

    public void testWindowsCoverEveryTokenAndOverlapByTheStride() {
        try (Tokenizer tokenizer = Tokenizer.open(ToyTokenizers.bert(), 1000)) {
            for (int round = 0; round < 200; round++) {
                int size = randomIntBetween(0, 100);
                int room = randomIntBetween(1, 30);
                int stride = randomIntBetween(0, room - 1);
                List<TokenSequence> windows = tokenizer.windows(numbered(1000, size), room + 2, stride);
                int next = 1000;
                for (int i = 0; i < windows.size(); i++) {
                    int[] ids = windows.get(i).ids();
                    int[] text = Arrays.copyOfRange(ids, 1, ids.length - 1);
                    assertEquals(2, ids[0]);
                    assertEquals(3, ids[ids.length - 1]);
                    int from = i == 0 ? 1000 : next - stride;
                    assertArrayEquals(IntStream.range(from, from + text.length).toArray(), text);
                    assertTrue("only the last is short", i == windows.size() - 1 || text.length == room);
                    assertTrue("brings something new", i == 0 || text.length > stride);
                    next = from + text.length;
                }
                assertEquals(1000 + size, next);
            }
        }
    }

    public void testWindowsNeedAStrideBelowTheirRoom() {
        try (Tokenizer tokenizer = Tokenizer.open(ToyTokenizers.bert(), 1000)) {
            for (int stride : new int[] { -1, 6, 7 }) {
                expectThrows(IllegalArgumentException.class, () -> tokenizer.windows(numbered(0, 20), 8, stride));
            }
            expectThrows(IllegalArgumentException.class, () -> tokenizer.windows(numbered(0, 20), 1, 0));
        }
    }
}
