package org.blazefl4j.contrib.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

final class SgdOptionsTest {

    private static final SgdOptions OPTIONS = SgdOptions.defaults();

    @Test
    void shouldChangeOneValueAtATime() {
        assertThat(OPTIONS.withEpochs(1).withBatchSize(2).withLr(0.3)).isEqualTo(new SgdOptions(1, 2, 0.3));
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
