package org.neuralranking.tokenize;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntBiFunction;

/** Reads the two lists of a {@code TemplateProcessing}, see {@link SequenceTemplate}. */
final class TemplateReader {

    private final Map<?, ?> processor;
    private final ToIntBiFunction<Object, String> ids;

    TemplateReader(Map<?, ?> processor, ToIntBiFunction<Object, String> ids) {
        this.processor = processor;
        this.ids = ids;
    }

    /** @param texts the names of the texts that the list must have, each once and in this order */
    SequenceTemplate.Layout layout(String name, String... texts) {
        String where = "post_processor." + name;
        List<SequenceTemplate.Run> runs = new ArrayList<>();
        List<Integer> run = new ArrayList<>();
        List<Integer> runTypes = new ArrayList<>();
        int[] textTypes = new int[texts.length];
        List<String> got = new ArrayList<>();
        for (Object part : processor.get(name) instanceof List<?> list ? list : List.of()) {
            if (piece(part, "SpecialToken") instanceof Map<?, ?> token) {
                for (Object id : idsOf(token.get("id"))) {
                    run.add(ids.applyAsInt(id, "post_processor.special_tokens[" + token.get("id") + "].ids"));
                    runTypes.add(typeId(token, where));
                }
            } else if (piece(part, "Sequence") instanceof Map<?, ?> text) {
                if (got.size() < texts.length) {
                    textTypes[got.size()] = typeId(text, where);
                }
                got.add(String.valueOf(text.get("id")));
                runs.add(take(run, runTypes));
            } else {
                throw new IllegalArgumentException(
                    "tokenizer.json: got [" + part + "] at [" + where + "], expected an object with [SpecialToken] or [Sequence]"
                );
            }
        }
        runs.add(take(run, runTypes));
        if (got.equals(Arrays.asList(texts)) == false) {
            throw new IllegalArgumentException("tokenizer.json: got texts " + got + " at [" + where + "], expected " + Arrays.asList(texts));
        }
        return new SequenceTemplate.Layout(List.copyOf(runs), textTypes);
    }

    private static Object piece(Object part, String kind) {
        return part instanceof Map<?, ?> map ? map.get(kind) : null;
    }

    private List<?> idsOf(Object name) {
        if (processor.get("special_tokens") instanceof Map<?, ?> specials
            && specials.get(name) instanceof Map<?, ?> special
            && special.get("ids") instanceof List<?> list) {
            return list;
        }
        throw new IllegalArgumentException(
            "tokenizer.json: got no ids for token [" + name + "] at [post_processor.special_tokens], expected [ids]"
        );
    }

    private static int typeId(Map<?, ?> piece, String where) {
        if (piece.get("type_id") instanceof Integer type && type >= 0) {
            return type;
        }
        throw new IllegalArgumentException(
            "tokenizer.json: got type id [" + piece.get("type_id") + "] at [" + where + "], expected a whole number"
        );
    }

    private static SequenceTemplate.Run take(List<Integer> ids, List<Integer> typeIds) {
        SequenceTemplate.Run run = new SequenceTemplate.Run(
            ids.stream().mapToInt(Integer::intValue).toArray(),
            typeIds.stream().mapToInt(Integer::intValue).toArray()
        );
        ids.clear();
        typeIds.clear();
        return run;
    }
}
