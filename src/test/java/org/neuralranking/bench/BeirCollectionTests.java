package org.neuralranking.bench;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.GZIPOutputStream;

import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;

public class BeirCollectionTests {

    @Rule
    public TemporaryFolder folder = new TemporaryFolder();

    private void write(String name, String content) throws IOException {
        Path file = folder.getRoot().toPath().resolve(name);
        try (OutputStream out = name.endsWith(".gz") ? new GZIPOutputStream(Files.newOutputStream(file)) : Files.newOutputStream(file)) {
            out.write(content.getBytes(StandardCharsets.UTF_8));
        }
    }

    private BeirCollection collection() throws IOException {
        write("corpus.jsonl.gz", """
            {"_id": "d1", "title": "Größe", "text": "one", "more": [1]}
            {"_id": "d2", "text": "two"}
            """);
        write("queries.jsonl", """
            {"_id": "q1", "text": "first"}
            {"_id": "q2", "text": "second"}
            {"_id": "q3", "text": "third"}
            """);
        write("qrels.tsv", "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\nq2\td1\t0\nq3\td2\t1\n");
        return BeirCollection.read(folder.getRoot().toPath());
    }

    @Test
    public void readsDocumentsQueriesAndGrades() throws IOException {
        BeirCollection collection = collection();
        List<BeirCollection.Document> documents = new ArrayList<>();
        collection.forEachDocument(documents::add);
        assertEquals(List.of(new BeirCollection.Document("d1", "Größe", "one"), new BeirCollection.Document("d2", "", "two")), documents);
        assertEquals(Map.of("q1", "first", "q2", "second", "q3", "third"), collection.queries());
        assertEquals(Map.of("q1", Map.of("d1", 2, "d2", 0), "q2", Map.of("d1", 0), "q3", Map.of("d2", 1)), collection.grades());
    }

    @Test
    public void evaluatesQueriesWithAPositiveJudgment() throws IOException {
        assertEquals(List.of("q1", "q3"), collection().queriesToEvaluate());
    }

    @Test
    public void evaluatesOnlyWhatIsOnAListIfThereIsOne() throws IOException {
        write("heldout_b.txt", "q3\nq2\n");
        write("heldout_a.txt", "q3\n");
        write("other.txt", "q1\n");
        BeirCollection collection = collection();
        assertEquals(Map.of("heldout_a", Set.of("q3"), "heldout_b", Set.of("q2", "q3")), collection.lists());
        assertEquals(List.of("q3"), collection.queriesToEvaluate());
    }

    @Test
    public void titlesAreLeftOutWhereTextsAsARuleRepeatThem() throws IOException {
        collection();
        String repeats = """
            {"_id": "a", "title": "Alfie", "text": "Alfie, a cabbie"}
            {"_id": "b", "title": "Big", "text": "Big, he becomes"}
            """;
        String doesNot = "{\"_id\": \"c\", \"title\": \"Cube\", \"text\": \"Six strangers\"}\n";
        write("corpus.jsonl.gz", repeats + doesNot);
        assertEquals(List.of("", "", ""), titles());
        write("corpus.jsonl.gz", repeats + doesNot + doesNot);
        assertEquals(List.of("Alfie", "Big", "Cube", "Cube"), titles());
    }

    private List<String> titles() {
        List<String> titles = new ArrayList<>();
        BeirCollection.read(folder.getRoot().toPath()).forEachDocument(document -> titles.add(document.title()));
        return titles;
    }

    @Test
    public void saysWhatIsMissingOrBroken() throws IOException {
        assertThrows(UncheckedIOException.class, () -> BeirCollection.read(folder.getRoot().toPath()));
        collection();
        write("qrels.tsv", "query-id\tcorpus-id\tscore\nq1 d1 2\n");
        assertThrows(IllegalArgumentException.class, () -> BeirCollection.read(folder.getRoot().toPath()));
    }
}
