package org.neuralranking.model.registry;

import java.nio.charset.StandardCharsets;
import java.util.List;

import org.apache.lucene.util.BytesRef;
import org.opensearch.test.OpenSearchTestCase;

public class ModelNameTests extends OpenSearchTestCase {

    public void testAnIdStandsForItsAliasesAndAnAliasForItself() {
        ModelName id = new ModelName("enc");
        for (String meant : List.of("enc", "enc@live", "enc@")) {
            assertTrue(meant, id.isMeantBy(meant));
        }
        for (Object other : new Object[] { "encoder", "en", "", "Enc", "my-enc", "{{enc}}", 7, null, List.of("enc") }) {
            assertFalse(String.valueOf(other), id.isMeantBy(other));
        }
        ModelName alias = new ModelName("enc@live");
        assertTrue(alias.isMeantBy("enc@live"));
        for (String other : List.of("enc", "enc@live2", "enc@live@x", "enc@test")) {
            assertFalse(other, alias.isMeantBy(other));
        }
    }

    /** Texts of few chars, so that names stand in each other, at the borders and behind escapes. */
    public void testTheShortcutNeverMissesAName() {
        int ruledOut = 0;
        for (int round = 0; round < 20_000; round++) {
            ModelName model = new ModelName(randomFrom("a", "ab", "aa", "a@b", "ab@a"));
            StringBuilder value = new StringBuilder();
            for (int length = between(0, 5); length > 0; length--) {
                value.append(randomFrom("a", "b", "@", "ab"));
            }
            String text = randomBoolean() ? value.toString() : value.toString().replace("a", "\\u0061");
            String json = "{\"" + randomFrom("k", text) + "\":\"" + text + "\"}";
            byte[] bytes = (randomFrom("", "{\"a") + json + randomFrom("", "\"a", "\"")).getBytes(StandardCharsets.UTF_8);
            int offset = bytes.length - json.length() >= 3 && bytes[1] == '"' && bytes[2] == 'a' && bytes[3] == '{' ? 3 : 0;
            boolean maybe = model.mayBeMeantIn(new BytesRef(bytes, offset, json.length()));
            assertTrue(json + " for " + model, maybe || model.isMeantBy(value.toString()) == false);
            ruledOut += maybe ? 0 : 1;
        }
        assertTrue("the shortcut rules out " + ruledOut, ruledOut > 1000);
    }

    public void testWhatIsNoJsonIsNeverRuledOut() {
        assertTrue(new ModelName("a").mayBeMeantIn(new BytesRef(new byte[] { (byte) 0xbf, 0x61, 0x62 })));
        assertTrue(new ModelName("a").mayBeMeantIn(new BytesRef()));
        assertFalse(new ModelName("a").mayBeMeantIn(new BytesRef("{}")));
    }
}
