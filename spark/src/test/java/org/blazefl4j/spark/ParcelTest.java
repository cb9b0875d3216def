package org.blazefl4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.blazefl4j.codec.TensorWalk;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sums cross without their zeros. */
final class ParcelTest {

    record Sums(List<Tensor> totals) {}

    private static Tensor doubles(long... shape) {
        return torch.zeros(shape).to(ScalarType.Double);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 63, 64, 65, 511, 512, 513, 10_000})
    void shouldGiveBackSums(long elements) {
        Tensor full = doubles(1, elements).normal_();
        Tensor zero = doubles(2, elements);
        Tensor last = doubles(2, elements);
        if (elements > 0) {
            last.select(0, 0).normal_();
            last.select(0, 1).narrow(0, elements - 1, 1).fill_(new Scalar(-0.0));
        }
        List<Tensor> sums = List.of(full, zero, last);
        Sums found = (Sums) Parcel.decode(
                Parcel.encodeSum("sum", new Sums(sums)), getClass().getClassLoader());
        for (int i = 0; i < sums.size(); i++) {
            Tensor bits = found.totals().get(i).view(ScalarType.Long);
            assertThat(bits.equal(sums.get(i).view(ScalarType.Long))).isTrue();
        }
        TensorWalk.closeAll(found);
    }

    @Test
    void shouldLeaveZerosOut() {
        Tensor sum = doubles(2, 100_000);
        sum.select(0, 0).fill_(new Scalar(1.0));
        sum.select(0, 1).narrow(0, 5, 1).fill_(new Scalar(1e-20));
        assertThat(Parcel.encodeSum("sum", new Sums(List.of(sum)))).hasSizeBetween(800_000, 802_000);
    }

    /** One element that stands for 2 GiB. */
    @Test
    void shouldRefuseSumsLargerThanSparkTakes() {
        Sums large = new Sums(List.of(doubles(1, 1).expand(2, 1L << 27)));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Parcel.encodeSum("sum", large))
                .withMessage("sum too large for Spark: bytes=2147483648, limit=2130706305; give tasks fewer clients"
                        + " (withClientsPerTask), train a smaller model, or on one machine");
    }

    @Test
    void shouldTakeRangesOfSums() {
        Tensor range = doubles(2, 1000).normal_().narrow(1, 100, 700);
        Sums found = (Sums) Parcel.decode(
                Parcel.encodeSum("sum", new Sums(List.of(range))), getClass().getClassLoader());
        assertThat(found.totals().get(0).equal(range)).isTrue();
    }
}
