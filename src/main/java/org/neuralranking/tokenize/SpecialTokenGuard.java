package org.neuralranking.tokenize;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.opensearch.common.xcontent.XContentType;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.core.xcontent.XContentParser;

/**
 * Rewrites a {@code tokenizer.json} so that no text can produce a special token.
 *
 * <p>The library turns {@code [SEP]} in a text into the separator's id: a document could end its own half of a pair and begin
 * another. Its switch against that ({@code encode_special_tokens}) is neither in the file nor in DJL. So special tokens get names
 * that nobody can type, with a random part drawn once per JVM; their ids stay. {@code [SEP]} in a text is then three ordinary
 * pieces, as with the switch, and nothing else changes.
 *
 * <p>Parts of the file that the library need not see are left out: some mistakes in a template end the JVM.
 */
final class SpecialTokenGuard {

    /** 128 bits, so that trying names is hopeless. */
    private static final String UNTYPEABLE = "special-" + randomHex(16);

    /** Templates, truncation and padding are done here, and decoding is not done at all. */
    private static final Set<String> LEFT_OUT = Set.of("post_processor", "truncation", "padding", "decoder");

    private final Vocabulary vocabulary;
    private final SequenceTemplate.OffsetTrim trim;
    private final XContentParser in;
    private final XContentBuilder out;

    private SpecialTokenGuard(Vocabulary vocabulary, SequenceTemplate.OffsetTrim trim, XContentParser in, XContentBuilder out) {
        this.vocabulary = vocabulary;
        this.trim = trim;
        this.in = in;
        this.out = out;
    }

    /** @param tokenizerJson a file from which {@code vocabulary} and {@code template} were parsed, so known to be well formed */
    static String rename(byte[] tokenizerJson, Vocabulary vocabulary, SequenceTemplate template) {
        ByteArrayOutputStream renamed = new ByteArrayOutputStream(tokenizerJson.length + 1024);
        try (
            XContentParser in = TokenizerFile.open(tokenizerJson);
            XContentBuilder out = new XContentBuilder(XContentType.JSON.xContent(), renamed)
        ) {
            new SpecialTokenGuard(vocabulary, template.trim(), in, out).copyFile();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // both ends are in memory
        }
        return renamed.toString(StandardCharsets.UTF_8);
    }

    private String rename(String token) {
        int id = token == null ? Vocabulary.UNKNOWN : vocabulary.id(token);
        return vocabulary.isSpecial(id) ? UNTYPEABLE + "-" + id : token;
    }

    private void copyFile() throws IOException {
        in.nextToken();
        out.startObject();
        while (in.nextToken() != XContentParser.Token.END_OBJECT) {
            String field = in.currentName();
            XContentParser.Token value = in.nextToken();
            if (LEFT_OUT.contains(field)) {
                in.skipChildren();
                continue;
            }
            out.field(field);
            if (field.equals("added_tokens") && value == XContentParser.Token.START_ARRAY) {
                copyAddedTokens();
            } else if (field.equals("model")) {
                copyModel();
            } else {
                out.copyCurrentStructure(in);
            }
        }
        if (trim != SequenceTemplate.OffsetTrim.KEEP) { // the one thing that a post-processor does to a text without special tokens
            boolean butFirst = trim == SequenceTemplate.OffsetTrim.TRIM_BUT_FIRST;
            out.startObject("post_processor").field("type", "ByteLevel").field("trim_offsets", true);
            out.field("add_prefix_space", butFirst).field("use_regex", true).endObject();
        }
        out.endObject();
    }

    private void copyAddedTokens() throws IOException {
        out.startArray();
        for (Object entry : in.list()) {
            Map<String, Object> added = new LinkedHashMap<>();
            ((Map<?, ?>) entry).forEach((name, value) -> added.put(name.toString(), value));
            String content = added.get("content").toString();
            if (rename(content).equals(content) == false) {
                added.put("content", rename(content));
                added.put("normalized", false); // a normalizer could make the name typeable
            }
            out.map(added);
        }
        out.endArray();
    }

    private void copyModel() throws IOException {
        out.startObject();
        while (in.nextToken() != XContentParser.Token.END_OBJECT) {
            String field = in.currentName();
            XContentParser.Token value = in.nextToken();
            out.field(field);
            if (field.equals("unk_token") && value == XContentParser.Token.VALUE_STRING) {
                out.value(rename(in.text()));
            } else if (field.equals("vocab") && value == XContentParser.Token.START_OBJECT) {
                copyDictionary();
            } else if (field.equals("vocab")) {
                copyList();
            } else if (field.equals("merges") && value == XContentParser.Token.START_ARRAY) {
                copyMerges();
            } else {
                out.copyCurrentStructure(in);
            }
        }
        out.endObject();
    }

    private void copyDictionary() throws IOException {
        out.startObject();
        while (in.nextToken() != XContentParser.Token.END_OBJECT) {
            String token = in.currentName();
            in.nextToken();
            out.field(rename(token), in.longValue());
        }
        out.endObject();
    }

    private void copyList() throws IOException {
        out.startArray();
        while (in.nextToken() != XContentParser.Token.END_ARRAY) {
            in.nextToken();
            out.startArray().value(rename(in.text()));
            in.nextToken();
            out.copyCurrentStructure(in);
            in.nextToken();
            out.endArray();
        }
        out.endArray();
    }

    /** A merge is {@code "a b"} or {@code ["a", "b"]}; one that makes a special token out of its letters is left out. */
    private void copyMerges() throws IOException {
        out.startArray();
        for (Object merge : in.list()) {
            String made = merge instanceof List<?> pair ? "" + pair.get(0) + pair.get(1) : merge.toString().replaceFirst(" ", "");
            if (vocabulary.isSpecial(vocabulary.id(made)) == false) {
                out.value(merge);
            }
        }
        out.endArray();
    }

    private static String randomHex(int bytes) {
        byte[] random = new byte[bytes];
        new SecureRandom().nextBytes(random);
        return HexFormat.of().formatHex(random);
    }
}
