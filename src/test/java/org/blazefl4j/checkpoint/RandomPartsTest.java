package org.blazefl4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.reproducibility.DefaultGenerator;
import org.blazefl4j.reproducibility.Reproducibility.RandomStateSnapshot;
import org.blazefl4j.reproducibility.RngSuite;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RandomPartsTest {

    @TempDir
    private Path folder;

    @Test
    void shouldContinueASuiteFromItsSavedState() {
        try (RngSuite saved = RngSuite.create(5);
                RngSuite resumed = RngSuite.create(6)) {
            saved.java().nextLong();
            draw();
            try (Checkpoints checkpoints = Checkpoints.in(folder).add("rng", Checkpointable.of(saved))) {
                checkpoints.save(1);
            }
            RngSuite.State expected = saved.state();

            try (Checkpoints checkpoints = Checkpoints.in(folder).add("rng", Checkpointable.of(resumed))) {
                assertThat(checkpoints.resume()).isPresent();
            }

            assertThat(resumed.state().java()).isEqualTo(expected.java());
            assertThat(resumed.state().cpu()).isEqualTo(expected.cpu());
        }
    }

    @Test
    void shouldContinueTheDefaultGeneratorsFromTheirSavedState() {
        RandomStateSnapshot before = RandomStateSnapshot.capture();
        try {
            draw();
            byte[] expected = DefaultGenerator.state();
            try (Checkpoints checkpoints = Checkpoints.in(folder).add("default", Checkpointable.defaultGenerators())) {
                checkpoints.save(1);
            }
            draw();
            assertThat(DefaultGenerator.state()).isNotEqualTo(expected);

            try (Checkpoints checkpoints = Checkpoints.in(folder).add("default", Checkpointable.defaultGenerators())) {
                assertThat(checkpoints.resume()).isPresent();
            }
            assertThat(DefaultGenerator.state()).isEqualTo(expected);
        } finally {
            before.restore();
        }
    }

    private static void draw() {
        try (Tensor numbers = torch.rand(3)) {
            assertThat(numbers.numel()).isEqualTo(3);
        }
    }
}
