package org.blazefl4j.example;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** What tests read of {@code docs/recipes.md}. */
public final class RecipePage {

    private static final String TEXT = Pages.text(Path.of("docs/recipes.md"));

    /**
     * A block of code.
     *
     * @param language what follows its fence
     */
    public record Block(String language, String text) {}

    private RecipePage() {}

    /** Returns all blocks of code, in the page's order. */
    public static List<Block> blocks() {
        return blocks(TEXT);
    }

    private static List<Block> blocks(String text) {
        return Pattern.compile("^```(\\w*)\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL)
                .matcher(text)
                .results()
                .map((MatchResult match) -> new Block(match.group(1), match.group(2)))
                .toList();
    }

    /** Returns the lines that a recipe shows after its code in a language: what that prints. */
    static List<String> output(String language, String heading) {
        String section = Pages.found("^## " + Pattern.quote(heading) + "\n(.*?)(?=^## |\\z)", TEXT)
                .get(0);
        List<String> lines = new ArrayList<>();
        String last = "";
        for (Block block : blocks(section)) {
            if (!block.language().isEmpty()) {
                last = block.language();
            } else if (last.equals(language)) {
                lines.addAll(lines(block.text()));
            }
        }
        return lines;
    }

    /** Returns lines that are the same on every machine: without digits and the space that they need. */
    public static List<String> lines(String text) {
        return text.lines()
                .map(line -> line.replaceAll("\\d[\\d.E-]*", "N").replaceAll(" +", " "))
                .toList();
    }

    /** Writes the table of the page, of which that shows the first lines, with rows of which the class follows. */
    public static void writeTable(Path folder) throws IOException {
        StringBuilder text = new StringBuilder("income,debt,bank,repaid\n");
        for (int row = 0; row < 400; row++) {
            int income = 20 + row * 37 % 60;
            int debt = row * 53 % 50;
            String bank = List.of("north", "south", "east", "west").get(row % 4);
            text.append(income + "," + debt + "," + bank + "," + (income > 30 + debt ? "yes" : "no") + "\n");
        }
        String table = blocks().stream()
                .filter(block -> block.text().startsWith("income,"))
                .findFirst()
                .orElseThrow()
                .text();
        if (!text.toString().startsWith(table)) {
            throw new AssertionError("the page shows another table: " + text.substring(0, table.length()));
        }
        Files.writeString(folder.resolve("loans.csv"), text);
    }
}
