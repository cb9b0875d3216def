package org.blazefl4j.federation.algorithm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.blazefl4j.federation.FederationRuns.model;

import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.blazefl4j.contrib.common.MemoryCheckpoint;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.data.TensorDataset;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.Weighting;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;
import org.blazefl4j.util.Slow;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** IFCA finds clients whose images are turned: the experiment of its paper, in small. */
final class IfcaRotationsTest {

    private static final int CLIENTS = 8;
    private static final int SAMPLES = 100;

    /**
     * Each model starts where a few steps on one kind of images lead: the paper's theorem asks for starts near the
     * clusters, and from others one model may be the better one for all clients.
     */
    @Slow
    @Test
    void shouldSeparateClientsWhoseImagesAreTurned() {
        try (ImageData images = ImageData.fashionMnist();
                InMemoryPartitionedDataset<PartitionType> turned = turned(images)) {
            for (int seed = 0; seed < 4; seed++) {
                ChosenClusters choices = new ChosenClusters();
                Federation ifca = ifca(turned, seed).sampler(choices);
                try (var handler = ifca.handler();
                        var trainer =
                                ExecutionMode.SINGLE_THREADED.trainer(ifca.clients(), TrainerOptions.defaults())) {
                    MemoryCheckpoint start = new MemoryCheckpoint();
                    handler.save(start);
                    handler.restore(start.with("parameters", near(turned, seed, 0, CLIENTS / 2))
                            .with("cluster 1", near(turned, seed, CLIENTS / 2, CLIENTS)));
                    new Simulation<>(handler, trainer).run();
                }
                assertThat(choices.of(0, CLIENTS / 2)).as("seed %d", seed).containsExactly(0.0);
                assertThat(choices.of(CLIENTS / 2, CLIENTS)).as("seed %d", seed).containsExactly(1.0);
            }
        }
    }

    /** Returns the initial model after a few steps of the clients from one to before another. */
    private static Tensor near(InMemoryPartitionedDataset<PartitionType> data, int seed, int from, int to) {
        List<Integer> clients = IntStream.range(from, to).boxed().toList();
        return Tensor.create(model(fedAvg(data, seed, 1)
                .local(new SgdOptions(1, SAMPLES / 2, 0.01))
                .sampler(draw -> clients)));
    }

    private static Federation ifca(InMemoryPartitionedDataset<PartitionType> data, int seed) {
        return fedAvg(data, seed, 6).with(Algorithms.ifca(2, Weighting.BY_SAMPLES));
    }

    private static Federation fedAvg(InMemoryPartitionedDataset<PartitionType> data, int seed, int rounds) {
        return Federation.of(
                        ModelSelector.seeded(seed, 1, 28, 28, 10),
                        ModelName.LOGISTIC,
                        data,
                        ServerOptions.of(rounds, CLIENTS).withSeed(seed))
                .local(new SgdOptions(2, 20, 0.05));
    }

    /** Turns the images of clients 4 to 7 by 180 degrees. */
    private static InMemoryPartitionedDataset<PartitionType> turned(ImageData images) {
        InMemoryPartitionedDataset<PartitionType> data = new InMemoryPartitionedDataset<>();
        TensorDataset all = images.train();
        for (int cid = 0; cid < CLIENTS; cid++) {
            Tensor own = all.data().narrow(0, (long) cid * SAMPLES, SAMPLES);
            Tensor labels = Objects.requireNonNull(all.targets()).narrow(0, (long) cid * SAMPLES, SAMPLES);
            Tensor seen = cid < CLIENTS / 2 ? own : own.flip(2, 3);
            data.setDataset(PartitionType.TRAIN, cid, new TensorDataset(seen, labels, images.normalisation()));
        }
        data.setDataset(PartitionType.TEST, images.test());
        return data;
    }
}
