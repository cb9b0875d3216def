package org.blazefl4j.example;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.modelfile.ModelFixtures;
import org.blazefl4j.modelfile.StateDict;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the Java recipes, which print what the page shows but for numbers; {@link DocsTest} compares their code. */
final class RecipesTest {

    private final PrintStream console = System.out;
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

    private final ImageData images = ImageData.fashionMnist();
    private final InMemoryPartitionedDataset<PartitionType> data = Recipes.partition(images);

    @TempDir
    private Path folder;

    @BeforeEach
    void collectOutput() {
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void restoreOutput() {
        System.setOut(console);
        data.close();
        images.close();
    }

    private void assertShown(String recipe) {
        String text = printed.toString(StandardCharsets.UTF_8);
        List<String> shown = RecipePage.output("java", recipe);
        assertThat(shown).isNotEmpty();
        assertThat(RecipePage.lines(text)).containsSubsequence(shown);
    }

    @Test
    void shouldAverage() {
        Recipes.fedAvg();
        assertShown("The lines around a recipe");
    }

    @Test
    void shouldCallListeners() {
        Recipes.listener(data);
        assertShown("Your own code in each round");
    }

    @Test
    void shouldEvaluateClients() {
        Recipes.clientEvaluation(images, data);
        assertShown("How accuracy is spread over clients");
    }

    @Test
    void shouldStopEarly() {
        Recipes.earlyStop(data);
        assertShown("An early end");
    }

    @Test
    void shouldLowerTheRate() {
        Recipes.decay(data);
        assertShown("A learning rate that decays");
    }

    @Test
    void shouldTrainByAdamW() {
        Recipes.adamW(data);
        assertShown("AdamW");
    }

    @Test
    void shouldDrawAvailableClients() {
        Recipes.sampler(data);
        assertShown("Who can be reached");
    }

    @Test
    void shouldTrainClientsOfASubclass() {
        Recipes.subclass(data);
        assertShown("Clients of your own, from the library's");
    }

    @Test
    void shouldExportTheModel() {
        Recipes.export(data, folder);
        assertShown("The model as a file");
        try (StateDict state = StateDict.read(folder.resolve("model.pt"))) {
            assertThat(state.tensors()).hasSize(6);
        }
    }

    @Test
    void shouldTrainOnATable() throws IOException {
        RecipePage.writeTable(folder);
        Recipes.table(folder);
        assertShown("A table of your own");
    }

    @Test
    void shouldTrainATorchScriptFile() throws IOException {
        Files.copy(ModelFixtures.file("images.ts"), folder.resolve("net.ts"));
        Recipes.torchScript(data, folder);
        assertShown("A network from PyTorch");
    }
}
