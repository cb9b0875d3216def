package org.blazefl4j.contrib.dsfl;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.trainer.SerialClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;
import org.junit.jupiter.api.Test;

/** The server sees no labels and learns from the clients' soft labels of open samples. */
final class DsflLearningTest {

    private static final int CLIENTS = 4;

    @Test
    void shouldTeachTheServerFarMoreThanChance() {
        Tiny.Selector selector = new Tiny.Selector(1);
        SgdOptions sgd = new SgdOptions(3, 10, 0.1);
        DsflServerHandler.Options options = DsflServerHandler.Options.of(ServerOptions.of(8, CLIENTS))
                .withOpenSizePerRound(100)
                .withDistillation(sgd);
        List<Double> accuracies = new ArrayList<>();
        try (TinyOpenData data = new TinyOpenData(600, 200, CLIENTS);
                var handler = new DsflServerHandler(selector, Tiny.LINEAR, data.partitions(), options);
                var trainer = new SerialClientTrainer<>(
                        new DsflClients(
                                selector,
                                Tiny.LINEAR,
                                data.partitions(),
                                CLIENTS,
                                new DsflClients.Options(sgd, sgd, 0, false)),
                        TrainerOptions.defaults())) {
            accuracies.add(handler.evaluate().accuracy());
            RoundListener<DsflUplinkPackage> listener = new RoundListener<>() {
                @Override
                public void roundFinished(RoundReport report) {
                    accuracies.add((Double) report.summary().get("accuracy"));
                }
            };
            new Simulation<>(handler, trainer).addListener(listener).run();
        }
        assertThat(accuracies).hasSize(9);
        assertThat(accuracies.get(0)).as("untrained, of 3 classes").isLessThan(0.5);
        assertThat(accuracies.get(8)).isGreaterThan(0.8).isGreaterThan(accuracies.get(1));
    }
}
