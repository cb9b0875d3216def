package org.blazefl4j.contrib.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.StringJoiner;
import org.blazefl4j.data.Batch;
import org.blazefl4j.data.DataLoader.LastBatch;
import org.blazefl4j.data.TensorDataset;
import org.blazefl4j.reproducibility.RandomStream;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SgdOptionsTest {

    private static final SgdOptions OPTIONS = SgdOptions.defaults();

    @Test
    void shouldChangeOneValueAtATime() {
        assertThat(OPTIONS.withEpochs(1).withBatchSize(2).withLr(0.3)).isEqualTo(new SgdOptions(1, 2, 0.3));
        assertThat(OPTIONS.withLastBatch(LastBatch.DROP).withEpochs(1).lastBatch())
                .isEqualTo(LastBatch.DROP);
        assertThat(OPTIONS.lastBatch()).isEqualTo(LastBatch.KEEP);
    }

    @ParameterizedTest
    @CsvSource({
        "KEEP, 7, 3 3 1", "DROP, 7, 3 3", "MERGE, 7, 3 4",
        "KEEP, 6, 3 3", "DROP, 6, 3 3", "MERGE, 6, 3 3",
        "KEEP, 2, 2", "DROP, 2, 2", "MERGE, 2, 2",
    })
    void shouldReadBatchesOfTheseSizes(LastBatch last, int samples, String sizes) {
        SgdOptions options = new SgdOptions(1, 3, 0.1, last);
        try (Tensor data = Tensors.of(new float[samples]);
                Generator generator = torch.createCPUGenerator(1)) {
            StringJoiner read = new StringJoiner(" ");
            for (Batch batch : options.loader(new TensorDataset(data, null), RandomStream.of(generator), generator)) {
                read.add("" + batch.x().numel());
                batch.close();
            }

            assertThat(read).hasToString(sizes);
        }
    }

    @Test
    void shouldRefuseValuesOutOfRangeByName() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OPTIONS.withEpochs(0))
                .withMessage("too few epochs: epochs=0, limit=1 or more");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OPTIONS.withBatchSize(0))
                .withMessage("batch too small: batch_size=0, limit=1 or more");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OPTIONS.withLr(Double.NaN))
                .withMessage("learning rate out of range: lr=NaN, limit=above 0 and finite");
    }
}
