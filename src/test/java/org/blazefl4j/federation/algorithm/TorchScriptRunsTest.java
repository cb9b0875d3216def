package org.blazefl4j.federation.algorithm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.blazefl4j.federation.FederationRuns.CLIENTS;
import static org.blazefl4j.federation.FederationRuns.hashes;
import static org.blazefl4j.federation.FederationRuns.resumed;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.ModelSelector.Only;
import org.blazefl4j.core.SelectedModel;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.modelfile.ModelFixtures;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Federations train TorchScript modules, with buffers and dropout, with the same bits in every mode. */
final class TorchScriptRunsTest {

    private final TinyData data = TinyData.evenly(90, CLIENTS);

    @TempDir
    private Path folder;

    @AfterEach
    void close() {
        data.close();
    }

    private Federation federation(Path file, int rounds) {
        ServerOptions server = ServerOptions.of(rounds, CLIENTS).withSampleRatio(0.7);
        return Federation.of(ModelSelector.torchScript(file), Only.MODEL, data.partitions(), server)
                .local(new SgdOptions(2, 4, 0.05));
    }

    @Slow
    @ParameterizedTest
    @ValueSource(strings = {"net.ts", "channels-last.ts", "recurrent.ts"})
    void shouldGiveTheSameBitsInEveryMode(String name) {
        Federation federation = federation(ModelFixtures.file(name), 3);
        List<String> serial = hashes(federation);

        assertThat(serial).hasSize(3).doesNotHaveDuplicates();
        assertThat(hashes(federation, ExecutionMode.MULTI_THREADED, 3)).isEqualTo(serial);
        assertThat(hashes(federation, ExecutionMode.MULTI_PROCESS, 2)).isEqualTo(serial);
    }

    @Test
    void shouldGoOnFromACheckpoint() {
        Path file = ModelFixtures.file("net.ts");
        List<String> all = hashes(federation(file, 4));

        resumed(federation(file, 2), folder);
        assertThat(resumed(federation(file, 4), folder)).isEqualTo(all.subList(2, 4));
    }

    @Test
    void shouldGoWithOtherAlgorithms() {
        Path file = ModelFixtures.file("net.ts");
        List<String> plain = hashes(federation(file, 2));

        assertThat(hashes(federation(file, 2).with(Algorithms.fedProx(0.1)))).isNotEqualTo(plain);
        assertThat(hashes(federation(file, 2).with(PersonalAlgorithms.fedBn()))).isNotEqualTo(plain);
    }

    @Test
    void shouldRefuseAFileThatHasChanged() throws Exception {
        Path file = Files.copy(ModelFixtures.file("net.ts"), folder.resolve("net.ts"));
        ModelSelector<Only> selector = ModelSelector.torchScript(file);
        selector.selectModel(Only.MODEL).close();
        Files.copy(ModelFixtures.file("recurrent.ts"), file, StandardCopyOption.REPLACE_EXISTING);

        assertThatThrownBy(() -> selector.selectModel(Only.MODEL))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("TorchScript file changed: file=" + file + ", sha256=")
                .hasMessageEndingWith(", as when the selector was made; restore the file, or start again");
        assertThat(new SelectedModel<>(ModelSelector.torchScript(file), Only.MODEL).key(Device.CPU))
                .isNotEqualTo(new SelectedModel<>(selector, Only.MODEL).key(Device.CPU));
    }
}
