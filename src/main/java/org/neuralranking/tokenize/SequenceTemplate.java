package org.neuralranking.tokenize;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntBiFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Where a tokenizer puts special tokens around a text and around a pair: {@code head a tail} and {@code head a middle b tail}.
 *
 * <p>Read from the {@code post_processor} of a {@code tokenizer.json}. Its types:
 * <ul>
 * <li>{@code BertProcessing}: {@code [CLS] a [SEP]}, {@code [CLS] a [SEP] b [SEP]}, type id 1 from b on
 * <li>{@code RobertaProcessing}: {@code <s> a </s>}, {@code <s> a </s> </s> b </s>}, type id 0 everywhere
 * <li>{@code TemplateProcessing}: {@code single} and {@code pair} as lists of {@code {"SpecialToken": {"id", "type_id"}}} and
 * {@code {"Sequence": {"id": "A" | "B", "type_id"}}}
 * <li>{@code ByteLevel}, or none at all: no special tokens
 * <li>{@code Sequence}: several {@code processors}, of which at most one adds special tokens
 * </ul>
 * The native library knows all that too, but a template with a mistake ends the JVM there.
 *
 * @param single       around one text: head, tail
 * @param pair         around two texts: head, middle, tail
 * @param trim         what happens to the offsets of tokens that include spaces
 */
record SequenceTemplate(Layout single, Layout pair, OffsetTrim trim) {

    /** Byte-level tokens include the space before a word; their offsets may leave it out. */
    enum OffsetTrim {
        KEEP,
        TRIM,
        /** The tokenizer has put a space before the text, where there is none to leave out. */
        TRIM_BUT_FIRST;

        static OffsetTrim of(Map<?, ?> processor) {
            if (Boolean.TRUE.equals(processor.get("trim_offsets")) == false) {
                return KEEP;
            }
            return Boolean.TRUE.equals(processor.get("add_prefix_space")) ? TRIM_BUT_FIRST : TRIM;
        }
    }


    private static final Run NOTHING = new Run(new int[0], new int[0]);

    /** What the library does without a post-processor: no special tokens, type id 1 for the second text. */
    private static final SequenceTemplate NONE = new SequenceTemplate(
        new Layout(List.of(NOTHING, NOTHING), new int[] { 0 }),
        new Layout(List.of(NOTHING, NOTHING, NOTHING), new int[] { 0, 1 }),
        OffsetTrim.KEEP
    );

    /**
     * @param specials  the runs of special tokens: before the first text, between the texts, after the last
     * @param textTypes the type id of each text's tokens
     */
    record Layout(List<Run> specials, int[] textTypes) {

        int size() {
            return specials.stream().mapToInt(run -> run.ids.length).sum();
        }

        /** @param lengths how many tokens of each text to take */
        TokenSequence fill(int[][] texts, int[] lengths, boolean truncated) {
            int size = size() + Arrays.stream(lengths).sum();
            int[] ids = new int[size];
            int[] typeIds = new int[size];
            int at = specials.get(0).copyTo(ids, typeIds, 0);
            for (int text = 0; text < texts.length; text++) {
                System.arraycopy(texts[text], 0, ids, at, lengths[text]);
                Arrays.fill(typeIds, at, at + lengths[text], textTypes[text]);
                at = specials.get(text + 1).copyTo(ids, typeIds, at + lengths[text]);
            }
            return new TokenSequence(ids, typeIds, truncated);
        }
    }

    /** Special tokens next to each other, with their type ids. */
    record Run(int[] ids, int[] typeIds) {

        static Run of(int typeId, int... ids) {
            return new Run(ids, IntStream.generate(() -> typeId).limit(ids.length).toArray());
        }

        int copyTo(int[] toIds, int[] toTypeIds, int at) {
            System.arraycopy(ids, 0, toIds, at, ids.length);
            System.arraycopy(typeIds, 0, toTypeIds, at, ids.length);
            return at + ids.length;
        }
    }

    /**
     * @param postProcessor of a {@code tokenizer.json}; empty if it has none
     * @param ids           checks an id given a place in the file
     * @throws IllegalArgumentException if it is none of the above, or repeats, swaps or leaves out a text
     */
    static SequenceTemplate of(Map<?, ?> postProcessor, ToIntBiFunction<Object, String> ids) {
        if (postProcessor.isEmpty()) {
            return NONE;
        }
        OffsetTrim trim = OffsetTrim.of(postProcessor);
        String type = String.valueOf(postProcessor.get("type"));
        return switch (type) {
            case "ByteLevel" -> new SequenceTemplate(NONE.single, NONE.pair, trim);
            case "BertProcessing" -> aroundTexts(role(postProcessor, "cls", ids), role(postProcessor, "sep", ids));
            case "RobertaProcessing" -> aroundTextsTwiceBetween(role(postProcessor, "cls", ids), role(postProcessor, "sep", ids), trim);
            case "TemplateProcessing" -> new SequenceTemplate(
                new TemplateReader(postProcessor, ids).layout("single", "A"),
                new TemplateReader(postProcessor, ids).layout("pair", "A", "B"),
                OffsetTrim.KEEP
            );
            case "Sequence" -> sequence(postProcessor, ids);
            default -> throw new IllegalArgumentException(
                "tokenizer.json: got type [" + type + "] at [post_processor], expected one of "
                    + "[BertProcessing, RobertaProcessing, TemplateProcessing, ByteLevel, Sequence]"
            );
        };
    }

    private static SequenceTemplate aroundTexts(int cls, int sep) {
        return new SequenceTemplate(
            new Layout(List.of(Run.of(0, cls), Run.of(0, sep)), new int[] { 0 }),
            new Layout(List.of(Run.of(0, cls), Run.of(0, sep), Run.of(1, sep)), new int[] { 0, 1 }),
            OffsetTrim.KEEP
        );
    }

    private static SequenceTemplate aroundTextsTwiceBetween(int cls, int sep, OffsetTrim trim) {
        return new SequenceTemplate(
            new Layout(List.of(Run.of(0, cls), Run.of(0, sep)), new int[] { 0 }),
            new Layout(List.of(Run.of(0, cls), Run.of(0, sep, sep), Run.of(0, sep)), new int[] { 0, 0 }),
            trim
        );
    }

    /** {@code "sep": ["[SEP]", 102]} → 102 */
    private static int role(Map<?, ?> processor, String role, ToIntBiFunction<Object, String> ids) {
        Object id = processor.get(role) instanceof List<?> pair && pair.size() == 2 ? pair.get(1) : processor.get(role);
        return ids.applyAsInt(id, "post_processor." + role);
    }

    private static SequenceTemplate sequence(Map<?, ?> postProcessor, ToIntBiFunction<Object, String> ids) {
        List<SequenceTemplate> templates = new ArrayList<>();
        if (postProcessor.get("processors") instanceof List<?> processors) {
            for (Object processor : processors) {
                templates.add(of(processor instanceof Map<?, ?> map ? map : Map.of("type", processor), ids));
            }
        }
        List<SequenceTemplate> adding = templates.stream().filter(template -> template.single.size() + template.pair.size() > 0).toList();
        if (adding.size() > 1) {
            throw new IllegalArgumentException(
                "tokenizer.json: got " + adding.size() + " parts that add special tokens at [post_processor.processors], expected at most 1"
            );
        }
        SequenceTemplate only = adding.isEmpty() ? NONE : adding.get(0);
        OffsetTrim trim = templates.stream().map(SequenceTemplate::trim).filter(t -> t != OffsetTrim.KEEP).findFirst().orElse(OffsetTrim.KEEP);
        return new SequenceTemplate(only.single, only.pair, trim);
    }

    IntStream specialIds() {
        return Stream.of(single, pair).flatMap(layout -> layout.specials.stream()).flatMapToInt(run -> Arrays.stream(run.ids));
    }

    /** The first special token between two texts; {@link Vocabulary#UNKNOWN} if there is none. */
    int separatorId() {
        int[] between = pair.specials.get(1).ids;
        return between.length == 0 ? Vocabulary.UNKNOWN : between[0];
    }
}
