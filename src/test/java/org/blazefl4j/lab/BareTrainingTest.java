package org.blazefl4j.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.blazefl4j.model.Engine;
import org.blazefl4j.model.Model;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.model.Numerics;
import org.blazefl4j.torch.FlatParameters;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BareTrainingTest {

    private final RandomImages images = RandomImages.create();

    @AfterEach
    void close() {
        images.close();
    }

    @ParameterizedTest
    @CsvSource({"LIBTORCH, 3", "NATIVE, 1"})
    void shouldTakeAStepPerBatchAndChangeTheModel(Engine engine, int calls) {
        Model model =
                ModelName.MLP.create(RandomImages.CHANNELS, RandomImages.SIDE, RandomImages.SIDE, RandomImages.CLASSES);
        model.setNumerics(Numerics.DEFAULT.withEngine(engine));
        AtomicInteger looks = new AtomicInteger();
        try (FlatParameters state = FlatParameters.of(model);
                Tensor before = state.flatten();
                BareTraining loop = new BareTraining(model, images.images(), images.labels(), 5, 2)) {
            loop.trainClient(() -> looks.incrementAndGet() < 0);

            assertThat(looks).as("batches of 2, 2 and 1").hasValue(calls);
            try (Tensor after = state.flatten()) {
                assertThat(after.equal(before)).isFalse();
            }
        }
    }

    @Test
    void shouldSkipTheRestOnceStopped() {
        Model model =
                ModelName.MLP.create(RandomImages.CHANNELS, RandomImages.SIDE, RandomImages.SIDE, RandomImages.CLASSES);
        AtomicInteger looks = new AtomicInteger();
        try (BareTraining loop = new BareTraining(model, images.images(), images.labels(), 1000, 1)) {
            loop.trainClient(() -> looks.incrementAndGet() > 4);
        }

        assertThat(looks).hasValue(5);
    }
}
