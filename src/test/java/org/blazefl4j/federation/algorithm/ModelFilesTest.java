package org.blazefl4j.federation.algorithm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.blazefl4j.federation.FederationRuns.CLIENTS;
import static org.blazefl4j.federation.FederationRuns.fedAvg;
import static org.blazefl4j.federation.FederationRuns.hashes;

import java.nio.file.Path;
import java.util.List;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.FederationServer;
import org.blazefl4j.federation.Weighting;
import org.blazefl4j.model.Model;
import org.blazefl4j.modelfile.StateDict;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;
import org.blazefl4j.util.Slow;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Servers' models go to files as they are evaluated, and federations begin with files. */
final class ModelFilesTest {

    private final TinyData data = TinyData.evenly(90, CLIENTS);

    @TempDir
    private Path folder;

    @AfterEach
    void close() {
        data.close();
    }

    /** Runs some rounds, then gives the handler to the test. */
    private interface AfterRounds {
        void use(FederationServer<?, ?> handler);
    }

    private static void run(Federation federation, AfterRounds after) {
        try (var handler = federation.handler();
                var trainer = ExecutionMode.SINGLE_THREADED.trainer(
                        federation.clients(), TrainerOptions.builder().build())) {
            new Simulation<>(handler, trainer).run();
            after.use(handler);
        }
    }

    /** Returns the SHA-256 of a state as that of the vector that rounds report. */
    private static String sha256(StateDict state) {
        try (Model model = new Tiny.Selector(9).selectModel(Tiny.CONVOLUTION);
                FlatParameters parameters = FlatParameters.of(model)) {
            state.loadInto(model);
            try (Tensor flat = parameters.flatten()) {
                return Tensors.sha256(flat);
            }
        }
    }

    private Path trained(String name) {
        Path file = folder.resolve(name);
        run(fedAvg(Tiny.CONVOLUTION, data, 2), handler -> write(handler, file));
        return file;
    }

    private static void write(FederationServer<?, ?> handler, Path file) {
        List<StateDict> states = handler.stateDicts();
        assertThat(states).hasSize(1);
        try (StateDict state = states.get(0)) {
            assertThat(sha256(state)).isEqualTo(handler.sha256());
            state.write(file);
        }
    }

    @Test
    void shouldCopyTheModelThatIsEvaluated() {
        run(fedAvg(Tiny.CONVOLUTION, data, 2).with(Algorithms.fedDyn(0.1)), handler -> {
            String before = handler.sha256();
            try (StateDict state = handler.stateDicts().get(0);
                    Model model = new Tiny.Selector(9).selectModel(Tiny.CONVOLUTION)) {
                assertThat(sha256(state)).isNotEqualTo(before); // FedDyn's server sends another model
            }
            assertThat(handler.sha256()).isEqualTo(before);
        });
    }

    @Test
    void shouldCopyEachModelOfAServerWithSeveral() {
        run(fedAvg(Tiny.CONVOLUTION, data, 2).with(Algorithms.ifca(2, Weighting.BY_SAMPLES)), handler -> {
            double accuracy = handler.evaluate().accuracy();
            List<StateDict> states = handler.stateDicts();
            assertThat(states).hasSize(2);
            assertThat(sha256(states.get(0))).isNotEqualTo(sha256(states.get(1)));
            states.forEach(StateDict::close);
            assertThat(handler.evaluate().accuracy()).isEqualTo(accuracy);
        });
    }

    private Federation startingFrom(Path file) {
        ServerOptions server = ServerOptions.of(2, CLIENTS).withSampleRatio(0.7);
        return Federation.of(
                        new Tiny.Selector(5).startingFrom(file, Tiny.CONVOLUTION),
                        Tiny.CONVOLUTION,
                        data.partitions(),
                        server)
                .local(new SgdOptions(2, 4, 0.05));
    }

    @Test
    void shouldBeginWithTheStateInAFile() {
        Path safetensors = trained("trained.safetensors");
        Path torch = folder.resolve("trained.pt");
        try (StateDict state = StateDict.read(safetensors)) {
            state.write(torch);
            try (var handler = startingFrom(safetensors).handler()) {
                assertThat(handler.sha256()).isEqualTo(sha256(state));
            }
        }
        assertThat(hashes(startingFrom(torch))).isEqualTo(hashes(startingFrom(safetensors)));
    }

    @Test
    @Slow
    void shouldGiveTheSameBitsInEveryModeFromAFile() {
        Federation federation = startingFrom(trained("trained.pt"));
        List<String> serial = hashes(federation);

        assertThat(hashes(federation, ExecutionMode.MULTI_THREADED, 2)).isEqualTo(serial);
        assertThat(hashes(federation, ExecutionMode.MULTI_PROCESS, 2)).isEqualTo(serial);
    }

    @Test
    void shouldLeaveModelsOfOtherNamesAsTheyWere() {
        ModelSelector<Tiny> selector = new Tiny.Selector(5).startingFrom(trained("trained.pt"), Tiny.CONVOLUTION);
        try (Model plain = new Tiny.Selector(5).selectModel(Tiny.LINEAR);
                Model selected = selector.selectModel(Tiny.LINEAR);
                FlatParameters first = FlatParameters.of(plain);
                FlatParameters second = FlatParameters.of(selected);
                Tensor expected = first.flatten();
                Tensor flat = second.flatten()) {
            assertThat(Tensors.sha256(flat)).isEqualTo(Tensors.sha256(expected));
        }
    }

    @Test
    void shouldNameTheFileOfAnotherModel() {
        Path file = trained("trained.pt");
        ModelSelector<Tiny> selector = new Tiny.Selector(5).startingFrom(file, Tiny.LINEAR);

        assertThatThrownBy(() -> selector.selectModel(Tiny.LINEAR))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("initial model does not fit: file=" + file + ", model=LINEAR: state of another"
                        + " model: missing=none, unexpected=conv.weight, ");
    }
}
