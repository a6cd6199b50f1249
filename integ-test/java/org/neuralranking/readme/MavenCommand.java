package org.neuralranking.readme;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;

import org.neuralranking.bench.Bench;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/** A {@code mvn} command, looked up in the pom instead of run: a build in a build would never end. */
public final class MavenCommand {
    private static final Set<String> PHASES = Set.of("verify", "package");

    private final Set<String> profiles = new HashSet<>();
    private final Set<String> properties = new HashSet<>();

    private MavenCommand() {}

    /** @param pom the build that commands are looked up in */
    public static MavenCommand in(Path pom) {
        MavenCommand command = new MavenCommand();
        try {
            Element project = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(pom.toFile()).getDocumentElement();
            for (Element container : children(project, "profiles")) {
                for (Element profile : children(container, "profile")) {
                    children(profile, "id").forEach(id -> command.profiles.add(id.getTextContent().strip()));
                    command.addProperties(profile);
                }
            }
            command.addProperties(project);
        } catch (IOException | SAXException | ParserConfigurationException e) {
            throw new IllegalStateException("could not read " + pom, e);
        }
        return command;
    }

    private void addProperties(Element parent) {
        for (Element container : children(parent, "properties")) {
            children(container, null).forEach(property -> properties.add(property.getTagName()));
        }
    }

    /** @param name null for all */
    private static List<Element> children(Element parent, String name) {
        List<Element> found = new ArrayList<>();
        NodeList nodes = parent.getChildNodes();
        for (int i = 0; i < nodes.getLength(); i++) {
            Node node = nodes.item(i);
            if (node instanceof Element element && (name == null || element.getTagName().equals(name))) {
                found.add(element);
            }
        }
        return found;
    }

    /**
     * @param words the command, {@code mvn} first
     * @throws IllegalArgumentException if the pom has no such profile, property or bench, or a word is none of these and no phase
     */
    public void check(List<String> words) {
        for (String word : words.subList(1, words.size())) {
            if (word.startsWith("-P")) {
                require(profiles, word.substring(2), "profile");
            } else if (word.startsWith("-D")) {
                String[] property = word.substring(2).split("=", 2);
                require(properties, property[0], "property");
                if (property[0].equals("bench")) {
                    require(Bench.names(), property[1], "bench");
                }
            } else {
                require(PHASES, word, "phase");
            }
        }
    }

    private static void require(Set<String> known, String name, String what) {
        if (known.contains(name) == false) {
            throw new IllegalArgumentException("mvn: got " + what + " [" + name + "], expected one of " + known);
        }
    }
}
