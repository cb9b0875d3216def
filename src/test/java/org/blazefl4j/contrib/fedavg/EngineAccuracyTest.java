package org.blazefl4j.contrib.fedavg;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.data.Partitioner;
import org.blazefl4j.model.Engine;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.model.Numerics;
import org.blazefl4j.trainer.SerialClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.Test;

/** What models learn does not depend on the engine. */
@Slow
final class EngineAccuracyTest {

    private static final int ROUNDS = 15;
    private static final int CLIENTS = 10;
    private static final int SEEDS = 3;

    /** Test samples are few: 1 % of them are about one standard deviation of an accuracy. */
    private static final double NOISE = 0.01;

    private static List<Double> accuracies(ImageData images, Engine engine, int seed) {
        ModelSelector<ModelName> models =
                ModelSelector.seeded(seed, 1, 28, 28, 10).with(Numerics.DEFAULT.withEngine(engine));
        List<Double> accuracies = new ArrayList<>();
        try (var partitions = new InMemoryPartitionedDataset<PartitionType>()) {
            partitions.setDataset(PartitionType.TEST, images.test());
            partitions.setClients(
                    PartitionType.TRAIN,
                    images.train(),
                    Partitioner.iid().partition(images.trainLabels(), CLIENTS, seed));
            FedAvgClients clients =
                    new FedAvgClients(models, ModelName.CNN, partitions, CLIENTS, new SgdOptions(1, 50, 0.1));
            ServerOptions options = ServerOptions.of(ROUNDS, CLIENTS).withSampleRatio(0.3);
            try (var server = new FedAvgServerHandler(models, ModelName.CNN, partitions, options);
                    var trainer = new SerialClientTrainer<>(clients, TrainerOptions.defaults())) {
                new Simulation<>(server, trainer)
                        .addListener(new RoundListener<Object>() {
                            @Override
                            public void roundFinished(RoundReport report) {
                                accuracies.add((Double) report.summary().get("accuracy"));
                            }
                        })
                        .run();
            }
        }
        return accuracies;
    }

    private static List<List<Double>> curves(ImageData images, Engine engine) {
        return IntStream.rangeClosed(1, SEEDS)
                .mapToObj(seed -> accuracies(images, engine, seed))
                .toList();
    }

    @Test
    void shouldLearnAsLibTorchWithinItsSpreadOverSeeds() throws Exception {
        try (ImageData embedded = ImageData.fashionMnist();
                ImageData images = embedded.normalised()) {
            List<List<Double>> libTorch = curves(images, Engine.LIBTORCH);
            List<List<Double>> natively = curves(images, Engine.NATIVE);

            for (int round = 0; round < ROUNDS; round++) {
                int at = round;
                var spread =
                        libTorch.stream().mapToDouble(curve -> curve.get(at)).summaryStatistics();
                double mean = natively.stream()
                        .mapToDouble(curve -> curve.get(at))
                        .average()
                        .orElseThrow();
                assertThat(mean).as("round %d", round + 1).isBetween(spread.getMin() - NOISE, spread.getMax() + NOISE);
            }
            assertThat(natively).isNotEqualTo(libTorch);
            assertThat(natively)
                    .allSatisfy(curve -> assertThat(curve.get(ROUNDS - 1)).isGreaterThan(0.5));
        }
    }
}
