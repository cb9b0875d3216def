package org.blazefl4j.contrib.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.StopEvent;
import org.blazefl4j.data.Batch;
import org.blazefl4j.data.DataLoader;
import org.blazefl4j.data.Dataset;
import org.blazefl4j.data.TensorDataset;
import org.blazefl4j.model.Model;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.AllocatedBytes;
import org.blazefl4j.util.Slow;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Measures a step's allocations. */
final class TrainingLoopTest {

    private static final int STEPS = 20;

    /** Enough for handles of some forty native objects, their deallocators, and the scope's list. */
    private static final long HANDLES = 8 << 10;

    private static long bytesPerStep(int batch) {
        int samples = STEPS * batch;
        try (Model model = ModelName.CNN.create(3, 32, 32, 10);
                FlatParameters state = FlatParameters.of(model);
                Tensor parameters = state.flatten();
                Tensor images = torch.rand(samples, 3, 32, 32);
                Tensor labels = Tensors.of(new long[samples])) {
            state.bind(parameters);
            model.train();
            TrainingLoop descent = new TrainingLoop(model, Device.CPU, state::dropGradients);
            DataLoader loader = new DataLoader(new TensorDataset(images, labels), batch);
            StopEvent stop = StopEvent.create();
            Runnable epoch =
                    () -> descent.run(loader, 1, TrainingLoop.Loss.CROSS_ENTROPY, () -> state.sgdStep(0.01), stop);
            epoch.run(); // creates what is created once
            long before = AllocatedBytes.ofThisThread();
            epoch.run();
            return (AllocatedBytes.ofThisThread() - before) / STEPS;
        }
    }

    @Test
    void shouldAllocateNoJavaMemoryButTheHandlesOfNativeObjects() {
        assertThat(bytesPerStep(2)).isLessThan(HANDLES);
    }

    @Slow
    @Test
    void shouldAllocateNoMoreForLargeBatches() {
        long small = bytesPerStep(2);
        assertThat(bytesPerStep(32)).isLessThan(small * 11 / 10);
    }

    /** A step frees what a data set or transform of the user leaves open, not only the end of the client. */
    @Test
    void shouldFreeTensorsThatReadingABatchLeftOpenInEachStep() {
        LeakyData data = new LeakyData();
        List<Boolean> freed = new ArrayList<>();
        try (Model model = ModelName.CNN.create(3, 32, 32, 10);
                FlatParameters state = FlatParameters.of(model);
                Tensor parameters = state.flatten()) {
            state.bind(parameters);
            TrainingLoop loop = new TrainingLoop(model, Device.CPU, () -> {
                freed.add(data.left.subList(0, data.left.size() - 1).stream().allMatch(images -> images.isNull()));
                state.dropGradients();
            });
            loop.run(
                    new DataLoader(data, 2),
                    1,
                    TrainingLoop.Loss.CROSS_ENTROPY,
                    () -> state.sgdStep(0.01),
                    StopEvent.create());
        }
        assertThat(freed).containsExactly(true, true, true);
    }

    private static final class LeakyData implements Dataset {

        private final List<Tensor> left = new ArrayList<>();

        @Override
        public long size() {
            return 6;
        }

        @Override
        public Batch select(Tensor indices, @Nullable Generator generator) {
            Tensor images = torch.ones(indices.numel(), 3, 32, 32);
            left.add(images);
            return new Batch(images.neg(), torch.zeros_like(indices));
        }
    }
}
