package org.blazefl4j.federation.algorithm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.blazefl4j.federation.FederationRuns.hashes;

import java.util.Objects;
import java.util.Set;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Weighting;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.data.TensorDataset;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.util.Slow;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** IFCA finds clients whose images are turned: the experiment of its paper, in small. */
final class IfcaRotationsTest {

    private static final int CLIENTS = 8;
    private static final int SAMPLES = 100;

    /** From some starts one model is the better one for all clients, and stays so: the paper starts several times. */
    @Slow
    @Test
    void shouldSeparateClientsWhoseImagesAreTurnedFromMostStarts() {
        int separated = 0;
        try (ImageData images = ImageData.fashionMnist();
                InMemoryPartitionedDataset<PartitionType> turned = turned(images)) {
            for (int seed = 0; seed < 8; seed++) {
                ChosenClusters choices = new ChosenClusters();
                hashes(ifca(turned, seed).sampler(choices));
                Set<Double> upright = choices.of(0, CLIENTS / 2);
                Set<Double> others = choices.of(CLIENTS / 2, CLIENTS);
                assertThat(upright).as("seed %d", seed).hasSize(1);
                assertThat(others).as("seed %d", seed).hasSize(1);
                separated += upright.equals(others) ? 0 : 1;
            }
        }
        assertThat(separated).isGreaterThanOrEqualTo(4);
    }

    private static Federation ifca(InMemoryPartitionedDataset<PartitionType> data, int seed) {
        return Federation.of(
                        ModelSelector.seeded(seed, 1, 28, 28, 10),
                        ModelName.LOGISTIC,
                        data,
                        ServerOptions.of(6, CLIENTS).withSeed(seed))
                .local(new SgdOptions(2, 20, 0.05))
                .with(Algorithms.ifca(2, Weighting.BY_SAMPLES));
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
