package org.blazefl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.example.RecipePage;
import org.blazefl4j.example.RecipePage.Block;
import org.blazefl4j.modelfile.ModelFixtures;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs the commands of {@code docs/recipes.md} from top to bottom in one folder, with the files that the page shows.
 * They print what follows them but for numbers.
 */
@Slow
final class RecipesProcessTest {

    @TempDir
    private Path folder;

    private boolean ranInWorkers;

    @Test
    void shouldPrintWhatThePageShows() throws Exception {
        RecipePage.writeTable(folder);
        Files.copy(ModelFixtures.file("images.ts"), folder.resolve("net.ts"));
        List<String> printed = new ArrayList<>();
        String before = "";
        for (Block block : RecipePage.blocks()) {
            switch (block.language()) {
                case "toml", "csv" -> writeNamed(block.text());
                case "sh" -> printed = run(block.text());
                case "" -> {
                    if (before.equals("sh")) {
                        assertThat(printed).containsSubsequence(RecipePage.lines(block.text()));
                    }
                }
                default -> {} // Java is RecipesTest's, and Python made the fixtures
            }
            before = block.language().isEmpty() ? before : block.language();
        }
    }

    /** Writes a file whose first line is a comment with its name. */
    private void writeNamed(String text) throws Exception {
        String first = text.lines().findFirst().orElseThrow();
        if (first.startsWith("# ")) {
            Files.writeString(folder.resolve(first.substring(2)), text);
        }
    }

    private List<String> run(String commands) throws Exception {
        List<String> lines = new ArrayList<>();
        for (String command : commands.replace("\\\n", "").lines().toList()) {
            List<String> words = new ArrayList<>(List.of(command.strip().split(" +")));
            assertThat(words.remove(0)).isEqualTo("blazefl4j");
            if (words.get(0).equals("run") && ranInWorkers) {
                words.addAll(List.of("--execution-mode", "multi-threaded")); // starts faster, and prints the same
            }
            try (CliProcess cli = CliProcess.start(folder, words.toArray(String[]::new))) {
                assertThat(cli.exitCode()).as(command + "\n" + cli.err()).isZero();
                lines.addAll(RecipePage.lines(cli.out()));
            }
            ranInWorkers |= words.get(0).equals("run");
        }
        return lines;
    }
}
