package org.blazefl4j.contrib.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.math.BigDecimal;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.pytorch.Scalar;
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

        assertThat(sum.weight()).isEqualTo("4");
        assertThat(mean().equal(Tensors.of(new float[] {4, 5, 6, 7}, 2, 2))).isTrue();
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
    void shouldRefuseWhatDoesNotFitAndKeepTheSum() {
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
        refuses(() -> sum.add(7, 0, torch.ones(2, 2)), "weight out of range: client=7, weight=0.0, limit=");
        refuses(
                () -> sum.mean(torch.ones(4)),
                "mean of labels: shape=[4], dtype=Float, contiguous=true, cpu=true, expected=[2, 2] of Float, contiguous,"
                        + " on the CPU or a CUDA device");

        Tensor mean = torch.zeros(2, 2);
        sum.mean(mean);
        assertThat(mean.equal(torch.ones(2, 2))).isTrue();
    }

    @Test
    void shouldTakeWeightsThatAreNotWhole() {
        sum.stage(0, 0.25, Tensors.of(new float[] {1, 2, 3, 4}, 2, 2));
        sum.stage(1, 0.75, Tensors.of(new float[] {5, 6, 7, 8}, 2, 2));

        assertThat(sum.weight()).isEqualByComparingTo("1");
        assertThat(mean().equal(Tensors.of(new float[] {4, 5, 6, 7}, 2, 2))).isTrue();
        for (double wrong : new double[] {0, -1, 0x1p-65, 0x1p64, Double.NaN}) {
            refuses(
                    () -> sum.stage(7, wrong, torch.ones(2, 2)),
                    "weight out of range: client=7, weight=" + wrong
                            + ", limit=5.421010862427522E-20 to 9.223372036854776E18; leave out");
        }
    }

    private Tensor mean() {
        Tensor mean = torch.empty(2, 2);
        sum.mean(mean);
        return mean;
    }

    @Test
    void shouldAddSumsWithTheirWeights() {
        try (WeightedSum other = new WeightedSum("labels", 2, 2)) {
            sum.stage(0, 1, torch.ones(2, 2));
            other.stage(1, 3, torch.zeros(2, 2));
            sum.addAll(other);
            sum.addAll(other);
            assertThat(other.weight()).isEqualTo("3");
        }

        assertThat(sum.weight()).isEqualTo("7");
        assertThat(mean().equal(torch.ones(2, 2).div(new Scalar(7)))).isTrue();
        refuses(() -> sum.addAll(sum), "sum of labels: shape=[2, 2], expected=another sum of shape [2, 2]");
    }

    @Test
    void shouldTellItsTotalInPartsThatLoseNothing() {
        sum.add(0, 1, torch.full(new long[] {2, 2}, new Scalar(0x1p60)));
        sum.add(1, 1, torch.ones(2, 2));
        sum.add(2, 1, torch.full(new long[] {2, 2}, new Scalar(0x1p-60)));

        Tensor total = sum.total();
        assertThat(total.shape()).containsExactly(3, 2, 2);
        sum.clear();
        assertThat(sum.total().shape()).containsExactly(1, 2, 2);
        sum.restore(total, BigDecimal.TEN);
        sum.add(3, 1, torch.full(new long[] {2, 2}, new Scalar(-0x1p60)));
        sum.add(4, 1, torch.ones(2, 2).neg());

        assertThat(sum.weight()).isEqualTo("12");
        assertThat(sum.total()
                        .select(0, 0)
                        .equal(torch.full(new long[] {2, 2}, new Scalar(0x1p-60))
                                .to(ScalarType.Double)))
                .isTrue();
    }

    @Test
    void shouldKeepTheMemoryOfTotalsThatAreClosed() {
        sum.add(0, 1, torch.ones(2, 2));
        Tensor first = sum.totalInKeptMemory();
        long memory = first.data_ptr().address();
        Tensor view = first.select(0, 0);
        first.close();
        sum.clear();
        sum.add(0, 3, torch.ones(2, 2));
        Tensor second = sum.totalInKeptMemory();
        assertThat(view.equal(torch.ones(2, 2).to(ScalarType.Double)))
                .as("a view is open")
                .isTrue();
        assertThat(second.data_ptr().address()).isNotEqualTo(memory);

        long kept = second.data_ptr().address();
        second.close();
        Tensor third = sum.totalInKeptMemory();
        assertThat(third.data_ptr().address()).isEqualTo(kept);
        long references = third.storage().use_count();
        sum.close();
        assertThat(third.storage().use_count()).as("the sum's").isEqualTo(references - 1);
        assertThat(third.equal(torch.full(new long[] {1, 2, 2}, new Scalar(3.0)).to(ScalarType.Double)))
                .isTrue();
    }

    @Test
    void shouldAddTensorsWithoutElements() {
        try (WeightedSum none = new WeightedSum("labels", 0)) {
            none.add(0, 2, torch.empty(0));
            none.addTotal(none.total(), none.weight());
            none.mean(torch.empty(0));
            assertThat(none.weight()).isEqualTo("4");
            assertThat(none.totalInKeptMemory().shape()).containsExactly(1, 0);
        }
    }

    @Test
    void shouldRefuseWhatIsNoTotal() {
        refuses(
                () -> sum.restore(torch.zeros(2, 2).to(ScalarType.Double), BigDecimal.ONE),
                "sum of labels: shape=[2, 2], dtype=Double, expected=Double of shape [parts] and [2, 2]; restore what this"
                        + " version saved for the same model");
        refuses(
                () -> sum.restore(torch.ones(1, 2, 2).to(ScalarType.Double).mul(new Scalar(1e300)), BigDecimal.ONE),
                "sum of labels: part=0, expected=numbers of a sum; restore what was saved");
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
