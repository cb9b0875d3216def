package org.blazefl4j.example;

import static org.assertj.core.api.Assertions.assertThat;

import examples.FedProx;
import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.algorithm.Algorithms;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A user-defined objective is one small record that runs in every mode. */
final class FedProxTest {

    private static final int CLIENTS = 6;
    private static final int ROUNDS = 3;

    private static Federation fedAvg(TinyData data) {
        return Federation.of(
                        new Tiny.Selector(1), Tiny.CONVOLUTION, data.partitions(), ServerOptions.of(ROUNDS, CLIENTS))
                .local(new SgdOptions(2, 4, 0.05));
    }

    /** Returns the global model's hash after each round. */
    private static List<Object> hashes(ExecutionMode mode, Federation federation) {
        List<Object> hashes = new ArrayList<>();
        TrainerOptions two = TrainerOptions.builder().numParallels(2).build();
        try (var server = federation.handler();
                var trainer = mode.trainer(federation.clients(), two)) {
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
    void shouldEqualTheLibrarysInEveryMode(ExecutionMode mode) {
        try (TinyData data = TinyData.evenly(60, CLIENTS)) {
            Federation own = fedAvg(data).objective(new FedProx.Proximal(0.5));
            assertThat(hashes(mode, own))
                    .isEqualTo(
                            hashes(ExecutionMode.SINGLE_THREADED, fedAvg(data).with(Algorithms.fedProx(0.5))));
        }
    }

    @Test
    void shouldEqualFederatedAveragingWithoutProximalTermOnly() {
        try (TinyData data = TinyData.evenly(60, CLIENTS)) {
            List<Object> expected = hashes(ExecutionMode.SINGLE_THREADED, fedAvg(data));
            assertThat(hashes(ExecutionMode.SINGLE_THREADED, fedAvg(data).objective(new FedProx.Proximal(0))))
                    .isEqualTo(expected);
            assertThat(hashes(ExecutionMode.SINGLE_THREADED, fedAvg(data).objective(new FedProx.Proximal(0.5))))
                    .doesNotContainAnyElementsOf(expected);
        }
    }
}
