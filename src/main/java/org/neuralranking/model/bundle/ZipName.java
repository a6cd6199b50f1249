package org.neuralranking.model.bundle;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Locale;

/** Names in a zip: relative, with slashes, without tricks. Those of a bundle's own files are ASCII, so every reader reads them alike. */
final class ZipName {

    /** Bit of an entry's flags. Without it a name is in some other code page: not ASCII, and so nothing that we look for. */
    static final int UTF_8 = 1 << 11;
    private static final int MAX_BYTES = 4096;

    private ZipName() {}

    /** @throws BundleException if the name is none, or would lead out of the directory that it is put in */
    static String of(ByteBuffer bytes, boolean utf8) {
        if (bytes.remaining() > MAX_BYTES) {
            throw new BundleException("zip: got a name of " + bytes.remaining() + " bytes, expected at most " + MAX_BYTES);
        }
        String name;
        if (utf8) {
            try {
                name = StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
            } catch (CharacterCodingException e) {
                throw new BundleException("zip: got a name that is not the UTF-8 that it says it is, expected UTF-8");
            }
        } else {
            name = StandardCharsets.ISO_8859_1.decode(bytes).toString();
        }
        check(name);
        return name;
    }

    private static void check(String name) {
        if (name.chars().anyMatch(c -> c < ' ' || c == 0x7F)) {
            throw new BundleException("zip: got a name with control characters [" + name.replaceAll("[\\x00-\\x1f\\x7f]", "?") + "], expected none");
        }
        if (name.indexOf('\\') >= 0) {
            throw new BundleException("zip: got entry [" + name + "] with a backslash, expected names with slashes");
        }
        if (name.startsWith("/") || name.length() > 1 && name.charAt(1) == ':') {
            throw new BundleException("zip: got entry [" + name + "] with an absolute name, expected names below the zip's top");
        }
        String path = name.endsWith("/") ? name.substring(0, name.length() - 1) : name;
        for (String part : path.split("/", -1)) {
            if (part.isEmpty() || part.equals(".") || part.equals("..")) {
                throw new BundleException("zip: got entry [" + name + "] with [" + part + "] in its name, expected only names of files and directories");
            }
        }
    }

    /** The same for names that some file system takes for the same: those that differ only in case or in how an accent is written. */
    static String folded(String name) {
        String path = name.endsWith("/") ? name.substring(0, name.length() - 1) : name;
        return Normalizer.normalize(Normalizer.normalize(path, Normalizer.Form.NFKC).toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT), Normalizer.Form.NFKC);
    }
}
