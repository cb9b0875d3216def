package org.blazefl4j.example;

import static org.assertj.core.api.Assertions.assertThat;

import examples.FedProx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.contrib.fedavg.FedAvgClients;
import org.blazefl4j.contrib.fedavg.FedAvgDownlinkPackage;
import org.blazefl4j.contrib.fedavg.FedAvgServerHandler;
import org.blazefl4j.contrib.fedavg.FedAvgUplinkPackage;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A user-defined algorithm is one class of under 40 lines that runs in every mode. */
final class FedProxTest {

    private static final int CLIENTS = 6;
    private static final int ROUNDS = 3;
    private static final Tiny.Selector MODELS = new Tiny.Selector(1);
    private static final SgdOptions OPTIONS = new SgdOptions(2, 4, 0.05);

    private static FedProx.Clients fedProx(TinyData data, double mu) {
        return new FedProx.Clients(MODELS, Tiny.CONVOLUTION, data.partitions(), CLIENTS, OPTIONS, mu);
    }

    /** Returns the global model's hash after each round. */
    private static List<Object> hashes(
            ExecutionMode mode, TinyData data, ClientAlgorithm<?, FedAvgDownlinkPackage, FedAvgUplinkPackage> clients) {
        List<Object> hashes = new ArrayList<>();
        TrainerOptions two = TrainerOptions.builder().numParallels(2).build();
        try (var server = new FedAvgServerHandler(
                        MODELS, Tiny.CONVOLUTION, data.partitions(), ServerOptions.of(ROUNDS, CLIENTS));
                var trainer = mode.trainer(clients, two)) {
            new Simulation<>(server, trainer)
                    .addListener(new RoundListener<>() {
                        @Override
                        public void roundFinished(RoundReport report) {
                            hashes.add(report.summary().get("sha256"));
                        }
                    })
                    .run();
        }
        assertThat(hashes).hasSize(ROUNDS).doesNotHaveDuplicates();
        return hashes;
    }

    @Slow
    @ParameterizedTest
    @EnumSource
    void shouldGiveTheSameBitsInEveryMode(ExecutionMode mode) {
        try (TinyData data = TinyData.evenly(60, CLIENTS)) {
            assertThat(hashes(mode, data, fedProx(data, 0.5)))
                    .isEqualTo(hashes(ExecutionMode.SINGLE_THREADED, data, fedProx(data, 0.5)));
        }
    }

    @Test
    void shouldEqualFederatedAveragingWithoutProximalTerm() {
        try (TinyData data = TinyData.evenly(60, CLIENTS)) {
            FedAvgClients fedAvg = new FedAvgClients(MODELS, Tiny.CONVOLUTION, data.partitions(), CLIENTS, OPTIONS);
            List<Object> expected = hashes(ExecutionMode.SINGLE_THREADED, data, fedAvg);

            assertThat(hashes(ExecutionMode.SINGLE_THREADED, data, fedProx(data, 0)))
                    .isEqualTo(expected);
            assertThat(hashes(ExecutionMode.SINGLE_THREADED, data, fedProx(data, 0.5)))
                    .doesNotContainAnyElementsOf(expected);
        }
    }

    @Test
    void shouldBeAClassOfUnderFortyLines() throws IOException {
        String source = Files.readString(Path.of("examples/src/main/java/examples/FedProx.java"));

        assertThat(source.substring(source.indexOf("final class Clients"))
                        .lines()
                        .filter(line -> !line.isBlank()))
                .hasSizeBetween(20, 39);
    }
}
