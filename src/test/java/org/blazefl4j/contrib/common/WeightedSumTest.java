package org.blazefl4j.contrib.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class WeightedSumTest {

    private final WeightedSum sum = new WeightedSum("labels", 2, 2);

    @AfterEach
    void close() {
        sum.close();
    }

    @Test
    void shouldWeightTensorsOfAnyShape() {
        sum.add(0, 1, Tensors.of(new float[] {1, 2, 3, 4}, 2, 2));
        sum.add(1, 3, Tensors.of(new float[] {5, 6, 7, 8}, 2, 2));

        Tensor mean = torch.empty(2, 2);
        sum.mean(mean);

        assertThat(sum.weight()).isEqualTo(4);
        assertThat(mean.equal(Tensors.of(new float[] {4, 5, 6, 7}, 2, 2))).isTrue();
    }

    @Test
    void shouldStartAgainFromZero() {
        sum.add(0, 1, torch.ones(2, 2));
        sum.clear();
        sum.add(1, 3, torch.zeros(2, 2));

        Tensor mean = torch.ones(2, 2);
        sum.mean(mean);

        assertThat(mean.equal(torch.zeros(2, 2))).isTrue();
    }

    @Test
    void shouldRefuseMismatchedTensorsAndKeepTheSum() {
        sum.add(0, 1, torch.ones(2, 2));

        refuses(
                () -> sum.check(7, 1, torch.ones(4)),
                "labels of the wrong shape: client=7, shape=[4], expected=[2, 2]; ");
        refuses(
                () -> sum.add(7, 1, torch.ones(4)),
                "labels of the wrong shape: client=7, shape=[4], expected=[2, 2]; ");
        refuses(
                () -> sum.add(7, 1, torch.ones(2, 2).to(ScalarType.Double)),
                "labels of the wrong dtype: client=7, dtype=Double, expected=Float; send float32");
        refuses(() -> sum.add(7, 0, torch.ones(2, 2)), "no samples: client=7, data_size=0, limit=1 or more; ");
        refuses(
                () -> sum.mean(torch.ones(4)),
                "mean of labels: shape=[4], dtype=Float, contiguous=true, cpu=true, expected=[2, 2] of Float, contiguous,"
                        + " on the CPU");

        Tensor mean = torch.zeros(2, 2);
        sum.mean(mean);
        assertThat(mean.equal(torch.ones(2, 2))).isTrue();
    }

    @Test
    void shouldRefuseTooManySamplesAndKeepTheSum() {
        sum.add(0, 1, torch.ones(2, 2));
        String refusal = "data sizes too large: client=7, data_size=9223372036854775807, sum of the others=1,"
                + " limit=9223372036854775807 in all; a data size is a number of samples";

        refuses(() -> sum.check(7, Long.MAX_VALUE, torch.ones(2, 2)), refusal);
        refuses(() -> sum.add(7, Long.MAX_VALUE, torch.ones(2, 2)), refusal);

        assertThat(sum.weight()).isEqualTo(1);
        sum.add(7, Long.MAX_VALUE - 1, torch.ones(2, 2));
        assertThat(sum.weight()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void shouldAddAnyNumberOfRounds() {
        try (WeightedSum round = new WeightedSum("labels", 2, 2)) {
            round.add(0, Long.MAX_VALUE, torch.ones(2, 2));
            sum.addAll(round);
            sum.addAll(round);
        }

        Tensor mean = torch.zeros(2, 2);
        sum.divide(mean, Long.MAX_VALUE);
        assertThat(mean.equal(Tensors.of(new float[] {2, 2, 2, 2}, 2, 2))).isTrue();
        assertThat(sum.weight()).isZero();
    }

    @Test
    void shouldRefuseAMeanOfNoTensors() {
        assertThatIllegalStateException()
                .isThrownBy(() -> sum.mean(torch.ones(2, 2)))
                .withMessage("nothing to divide: weight=0, limit=1 or more; add a client");
    }

    private static void refuses(ThrowingCallable call, String message) {
        assertThatIllegalArgumentException().isThrownBy(call).withMessageStartingWith(message);
    }
}
