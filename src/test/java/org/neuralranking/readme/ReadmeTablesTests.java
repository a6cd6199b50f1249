package org.neuralranking.readme;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.junit.Test;
import org.neuralranking.NeuralRankingPlugin;
import org.neuralranking.model.registry.ModelState;
import org.opensearch.common.settings.Setting;
import org.opensearch.common.settings.Settings;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

/**
 * The README's tables of settings, requests and actions are those of the code, none missing and none too many; so are the states and
 * actions of the page on models. Links between the pages lead to a heading.
 */
public class ReadmeTablesTests {
    private static final Path README = Path.of("README.md");
    private static final Path MODELS = Path.of("docs/models.md");
    private static final Pattern LINK = Pattern.compile("\\]\\((?!https?:)([^)#]*)(?:#([^)]*))?\\)");
    private static final String REST_PREFIX = "/_plugins/_neural_ranking";
    private static final String ACTION_PREFIX = "cluster:admin/neural_ranking/";

    private static final Pattern RANGE = Pattern.compile("(from )?(?<low>\\d+)(?<unit>[a-z]*)( to (?<high>\\d+)(?<highunit>[a-z]*))?\\b");

    private final NeuralRankingPlugin plugin = new NeuralRankingPlugin(Settings.EMPTY, Path.of("config"));

    private static String page() throws IOException {
        return Files.readString(README);
    }

    /** Rows of all tables whose first cell begins so, as cells without backticks. */
    private static List<List<String>> rows(String begin) throws IOException {
        return rows(page(), begin);
    }

    private static List<List<String>> rows(String page, String begin) {
        return page.lines()
            .filter(line -> line.startsWith("|"))
            .map(line -> Arrays.stream(line.substring(1).split("\\|")).map(cell -> cell.replace("`", "").strip()).toList())
            .filter(cells -> cells.getFirst().matches(begin + ".*"))
            .toList();
    }

    @Test
    public void settings() throws IOException {
        Set<String> code = new TreeSet<>();
        for (Setting<?> setting : plugin.getSettings()) {
            String fallback = switch (setting.getKey()) {
                case "neural_ranking.inference.threads" -> "cores of the node";
                case "neural_ranking.node.roles" -> setting.getDefaultRaw(Settings.EMPTY) + " on data and ingest nodes";
                default -> setting.getDefaultRaw(Settings.EMPTY);
            };
            code.add(setting.getKey() + ", " + fallback + ", " + (setting.isDynamic() ? "yes" : "no"));
        }
        Set<String> page = new TreeSet<>();
        rows("neural_ranking\\.").forEach(cells -> page.add(cells.get(0) + ", " + cells.get(1) + ", " + cells.get(3)));
        assertEquals(code, page);
    }

    @Test
    public void rangesOfSettings() throws IOException {
        Map<String, Setting<?>> code = plugin.getSettings().stream().collect(Collectors.toMap(Setting::getKey, setting -> setting));
        for (List<String> cells : rows("neural_ranking\\.")) {
            Setting<?> setting = code.get(cells.get(0));
            if (cells.get(2).startsWith("any of ")) {
                refuses(setting, "nonsense");
                Matcher values = Pattern.compile("(\\w+) \\(").matcher(cells.get(2));
                assertTrue(cells.toString(), values.find());
                do {
                    accepts(setting, values.group(1));
                } while (values.find());
                continue;
            }
            Matcher range = RANGE.matcher(cells.get(2));
            assertTrue(cells + ": expected a range like [1 to 9: ...] or [from 1: ...]", range.lookingAt());
            long low = Long.parseLong(range.group("low"));
            String unit = range.group("unit");
            accepts(setting, low + unit);
            refuses(setting, low - 1 + unit);
            if (range.group("high") != null) {
                accepts(setting, range.group("high") + range.group("highunit"));
                refuses(setting, Long.parseLong(range.group("high")) + 1 + range.group("highunit"));
            } else {
                accepts(setting, Integer.MAX_VALUE + unit);
            }
        }
    }

    private static void accepts(Setting<?> setting, String value) {
        setting.get(Settings.builder().put(setting.getKey(), value).build());
    }

    private static void refuses(Setting<?> setting, String value) {
        assertThrows(setting.getKey() + ": " + value, IllegalArgumentException.class, () -> accepts(setting, value));
    }

    @Test
    public void requests() throws IOException {
        Set<String> code = new TreeSet<>();
        plugin.getRestHandlers(null, null, null, null, null, null, null)
            .forEach(handler -> handler.routes().forEach(route -> code.add(route.getMethod() + " " + route.getPath())));
        Set<String> page = new TreeSet<>();
        rows("(GET|PUT|POST|DELETE) ").forEach(cells -> page.add(cells.get(0).replace(" ", " " + REST_PREFIX)));
        assertEquals(code, page);
        assertTrue(page().contains("`" + REST_PREFIX + "`"));
    }

    @Test
    public void actions() throws IOException {
        Set<String> code = new TreeSet<>();
        plugin.getActions().forEach(action -> code.add(action.getAction().name()));
        Set<String> page = new TreeSet<>(Set.of(ACTION_PREFIX + "models/prepare"));
        assertTrue(page().contains("(`models/prepare`)")); // no request of its own
        rows("(GET|PUT|POST|DELETE) ").forEach(cells -> page.add(ACTION_PREFIX + cells.get(1)));
        assertEquals(code, page);
        assertTrue(page().contains("`" + ACTION_PREFIX + "`"));
    }

    @Test
    public void statesAndActionsOfThePageOnModels() throws IOException {
        String page = Files.readString(MODELS);
        String states = page.substring(page.indexOf("\n## States\n"), page.indexOf("\n## Replace"));
        Set<String> code = Arrays.stream(ModelState.Phase.values()).map(ModelState.Phase::toString).collect(Collectors.toCollection(TreeSet::new));
        code.add("unknown"); // of a node that does not answer
        Set<String> shown = rows(states, "[a-z_]+$").stream().map(List::getFirst).collect(Collectors.toCollection(TreeSet::new));
        shown.remove("state"); // the table's head
        assertEquals(code, shown);

        String rights = page.substring(page.indexOf("\n## Who may do what\n"), page.indexOf("\n## Which node"));
        Set<String> actions = new TreeSet<>();
        plugin.getActions().forEach(action -> actions.add(action.getAction().name()));
        Set<String> named = new TreeSet<>();
        Matcher name = Pattern.compile("`(models/[a-z/]+|stats)`").matcher(rights);
        while (name.find()) {
            named.add(ACTION_PREFIX + name.group(1));
        }
        assertEquals(actions, named);
    }

    @Test
    public void linksLeadToAHeading() throws IOException {
        int links = 0;
        for (Path page : List.of(README, MODELS)) {
            Matcher link = LINK.matcher(Files.readString(page));
            while (link.find()) {
                Path target = link.group(1).isEmpty() ? page : page.resolveSibling(link.group(1)).normalize();
                assertTrue(page + ": " + link.group(), Files.exists(target));
                if (link.group(2) != null) {
                    assertTrue(page + ": " + link.group(), Files.readString(target).lines().anyMatch(line -> anchor(line).equals(link.group(2))));
                }
                links++;
            }
        }
        assertTrue("got " + links + " links, expected some both ways", links > 1);
    }

    /** As GitHub names headings; empty for other lines. */
    private static String anchor(String line) {
        return line.startsWith("#") ? line.replaceFirst("#+ ", "").toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9 _-]", "").replace(' ', '-') : "";
    }

    @Test
    public void mavenCommandsAreLookedUpInThePom() {
        MavenCommand maven = MavenCommand.in(Path.of("pom.xml"));
        maven.check(List.of("mvn", "-Pbench", "verify", "-Dbench=quality", "-Dcollection=DIR"));
        for (String wrong : List.of("-Pdemos", "-Ddemo.prt=1", "-Dbench=speed", "verity", "--fast")) {
            assertThrows(wrong, IllegalArgumentException.class, () -> maven.check(List.of("mvn", "verify", wrong)));
        }
    }
}
