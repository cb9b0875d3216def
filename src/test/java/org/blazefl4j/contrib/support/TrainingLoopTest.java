package org.blazefl4j.contrib.support;

import static org.assertj.core.api.Assertions.assertThat;

import org.blazefl4j.core.Device;
import org.blazefl4j.core.StopEvent;
import org.blazefl4j.data.DataLoader;
import org.blazefl4j.data.TensorDataset;
import org.blazefl4j.model.Cnn;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.AllocatedBytes;
import org.blazefl4j.util.Slow;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/** What a step costs beside its arithmetic. */
final class TrainingLoopTest {

    private static final int STEPS = 20;

    /** The handles of some forty native objects, with what frees each, and what the scope keeps them in. */
    private static final long HANDLES = 8 << 10;

    private static long bytesPerStep(int batch) {
        int samples = STEPS * batch;
        try (Cnn model = new Cnn();
                FlatParameters state = FlatParameters.of(model);
                Tensor parameters = state.flatten();
                Tensor images = torch.rand(samples, 3, 32, 32);
                Tensor labels = Tensors.of(new long[samples])) {
            state.bind(parameters);
            model.train();
            TrainingLoop descent = new TrainingLoop(model, Device.CPU, state::dropGradients);
            DataLoader loader = new DataLoader(new TensorDataset(images, labels), batch);
            StopEvent stop = StopEvent.create();
            Runnable epoch = () -> descent.run(loader, 1, torch::cross_entropy, () -> state.sgdStep(0.01), stop);
            epoch.run(); // whatever is made at its first use
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
}
