package org.blazefl4j.federation;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.blazefl4j.federation.FederationRuns.CLIENTS;
import static org.blazefl4j.federation.FederationRuns.hashes;

import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.data.DataLoader.LastBatch;
import org.blazefl4j.model.ModelName;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Trainings by the native engine, from vector to vector. */
final class LocalTrainingTest {

    private enum Misfit {
        TWO_DIMENSIONS,
        DOUBLE,
        STRIDED,
        SHORT;

        Tensor of(long numel) {
            return switch (this) {
                case TWO_DIMENSIONS -> torch.empty(1, numel);
                case DOUBLE -> torch.empty(numel).toType(ScalarType.Double);
                case STRIDED -> torch.empty(numel, 2).select(1, 0);
                case SHORT -> torch.empty(numel - 1);
            };
        }
    }

    /** Trains to a vector that is not like the model. */
    record Misfitting(Misfit misfit) implements LocalObjective {

        @Override
        public void train(LocalRun run) {
            run.training().to(misfit.of(run.start().numel())).run();
        }
    }

    private static Federation logistic(TinyData data, int batch, LastBatch last) {
        return Federation.of(
                        ModelSelector.seeded(1, 1, 4, 4, 3),
                        ModelName.LOGISTIC,
                        data.partitions(),
                        ServerOptions.of(2, CLIENTS))
                .local(new SgdOptions(1, batch, 0.05, last));
    }

    @ParameterizedTest
    @EnumSource
    void shouldRefuseAResultThatIsNotLikeTheModel(Misfit misfit) {
        try (TinyData data = TinyData.evenly(60, CLIENTS)) {
            Federation federation = logistic(data, 4, LastBatch.KEEP).objective(new Misfitting(misfit));

            assertThatExceptionOfType(ClientFailedException.class)
                    .isThrownBy(() -> hashes(federation))
                    .withStackTraceContaining("result of the wrong shape: result=")
                    .withStackTraceContaining(
                            ", expected=float [51], contiguous; give a vector as long as the model's state");
        }
    }
}
