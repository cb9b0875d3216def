package org.blazefl4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tests both tensor data sets. */
class TensorDatasetTest {

    private static final Transform NEGATIVE = (x, g) -> x.neg();

    private final Tensor data = Tensor.create(new long[] {10, 11, 20, 21, 30, 31, 40, 41}, 4, 2);
    private final Tensor targets = Tensor.create(new long[] {1, 2, 3, 4});

    @AfterEach
    void close() {
        data.close();
        targets.close();
    }

    private static Tensor positions(long... positions) {
        return Tensor.create(positions);
    }

    private static void check(Batch batch, long[] x, long[] y) {
        try (batch;
                Tensor flat = batch.x().flatten()) {
            assertThat(Samples.toArray(flat)).isEqualTo(x);
            assertThat(batch.y() == null ? null : Samples.toArray(batch.y())).isEqualTo(y);
        }
    }

    @Test
    void shouldReadSamplesInTheOrderAskedFor() {
        try (Tensor at = positions(2, 0, 2)) {
            Dataset dataset = new TensorDataset(data, targets);
            assertThat(dataset.size()).isEqualTo(4);
            check(dataset.select(at, null), new long[] {30, 31, 10, 11, 30, 31}, new long[] {3, 1, 3});
        }
    }

    @Test
    void shouldTellWhichRowsItCopies() {
        try (PointerScope scope = new PointerScope()) {
            Tensor images = data.toType(ScalarType.Float);
            Dataset filtered =
                    new FilteredDataset(positions(2, 0, 1), new FilteredDataset(positions(3, 1, 0), images, targets));
            long[] at = {1, 2, 2, 0};

            Dataset.Rows rows = filtered.inPlace().orElseThrow();

            assertThat(rows.x().data_ptr()).isEqualTo(images.data_ptr());
            assertThat(rows.at(at)).containsExactly(3, 1, 1, 0);
            assertThat(at).containsExactly(1, 2, 2, 0);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> rows.at(new long[] {0, 3}))
                    .withMessageStartingWith("no such sample: lowest=0, highest=3, limit=0 to 2");
            try (Batch read = filtered.select(Tensors.of(at), null)) {
                Tensor picked = Tensors.of(rows.at(at));
                assertThat(read.x().equal(images.index_select(0, picked))).isTrue();
                assertThat(read.y().equal(rows.y().index_select(0, picked))).isTrue();
            }
        }
    }

    @Test
    void shouldTellNoRowsWhenItDoesMoreThanCopyThem() {
        try (PointerScope scope = new PointerScope()) {
            Tensor images = data.toType(ScalarType.Float);
            assertThat(new TensorDataset(images, targets).inPlace()).isPresent();
            assertThat(new TensorDataset(images, targets, NEGATIVE).inPlace()).isEmpty();
            assertThat(new TensorDataset(images, targets, null, NEGATIVE).inPlace())
                    .isEmpty();
            assertThat(new TensorDataset(images, null).inPlace()).isEmpty();
            assertThat(new TensorDataset(data, targets).inPlace()).isEmpty();
            assertThat(new TensorDataset(images.t(), positions(1, 2)).inPlace()).isEmpty();
            assertThat(new TensorDataset(images, targets.toType(ScalarType.Byte)).inPlace())
                    .isEmpty();
        }
    }

    @Test
    void shouldReadOnlyItsSamplesWhenFiltered() {
        try (Tensor indices = positions(3, 1, 3);
                Tensor at = positions(2, 1)) {
            Dataset dataset = new FilteredDataset(indices, data, targets);
            assertThat(dataset.size()).isEqualTo(3);
            check(dataset.select(at, null), new long[] {40, 41, 20, 21}, new long[] {4, 2});
        }
    }

    @Test
    void shouldReadSamplesWithoutTargets() {
        try (Tensor indices = positions(1, 2);
                Tensor at = positions(1)) {
            check(new TensorDataset(data, null).select(at, null), new long[] {20, 21}, null);
            check(new FilteredDataset(indices, data, null).select(at, null), new long[] {30, 31}, null);
        }
    }

    @Test
    void shouldTransformSamplesAndTargets() {
        try (Scalar two = new Scalar(2);
                Tensor indices = positions(1, 3);
                Tensor at = positions(1)) {
            Transform half = (y, g) -> y.floor_divide(two);
            TensorDataset whole = new TensorDataset(data, targets, NEGATIVE, half);
            check(whole.select(at, null), new long[] {-20, -21}, new long[] {1});
            check(new FilteredDataset(indices, whole).select(at, null), new long[] {-40, -41}, new long[] {2});
            check(new TensorDataset(data, targets, NEGATIVE).select(at, null), new long[] {-20, -21}, new long[] {2});
        }
        try (Tensor sum = data.sum()) {
            assertThat(sum.item_long()).isEqualTo(204);
        }
    }

    @Test
    void shouldBeEmptyWithoutIndices() {
        try (Tensor none = positions()) {
            Dataset dataset = new FilteredDataset(none, data, targets);
            assertThat(dataset.size()).isZero();
            check(dataset.select(none, null), new long[0], new long[0]);
        }
    }

    @Test
    void shouldCloseTheSamplesWhenTargetsFail() {
        Tensor[] seen = new Tensor[1];
        Transform keeping = (x, g) -> seen[0] = x.clone();
        Transform failing = (y, g) -> {
            throw new IllegalStateException("on purpose");
        };
        try (Tensor at = positions(1)) {
            assertThatThrownBy(() -> new TensorDataset(data, targets, keeping, failing).select(at, null))
                    .hasMessage("on purpose");
        }
        assertThat(seen[0].isNull()).isTrue();
    }

    @Test
    void shouldRefuseMismatchedArguments() {
        try (Tensor scalar = data.sum();
                Tensor three = positions(0, 1, 2);
                Tensor high = positions(0, 4);
                Tensor negative = positions(-1, 2);
                Tensor reals = Tensor.create(0f, 1f)) {
            refused(
                    () -> new TensorDataset(data, three),
                    "data and targets differ in length: data=4, targets=3, expected=one target per sample");
            refused(
                    () -> new TensorDataset(scalar, null),
                    "data without a sample dimension: shape=[], expected=[n, ...]; stack the samples first");
            refused(
                    () -> new FilteredDataset(three, data, three),
                    "data and targets differ in length: data=4, targets=3, expected=one target per sample");
            refused(
                    () -> new FilteredDataset(high, data, targets),
                    "indices out of range: lowest=0, highest=4, limit=0 to 3 for 4 samples");
            refused(
                    () -> new FilteredDataset(negative, data, targets),
                    "indices out of range: lowest=-1, highest=2, limit=0 to 3 for 4 samples");
            refused(
                    () -> new FilteredDataset(reals, data, targets),
                    "indices: indices=float [2], expected=int64 [n]; make them with Tensors.of(long[])");
            refused(
                    () -> new TensorDataset(data, targets).select(high, null),
                    "indices out of range: lowest=0, highest=4, limit=0 to 3 for 4 samples");
            refused(
                    () -> new FilteredDataset(three, data, targets).select(high, null),
                    "indices out of range: lowest=0, highest=4, limit=0 to 2 for 3 samples");
        }
    }

    @Test
    void shouldRefuseSamplesThatAreNotOnTheCpu() {
        try (Device meta = new Device("meta");
                DeviceOptional where = new DeviceOptional(meta);
                TensorOptions options = new TensorOptions(ScalarType.Float);
                TensorOptions elsewhere = options.device(where);
                Tensor x = torch.empty(new long[] {4}, elsewhere, null)) {
            refused(
                    () -> new TensorDataset(x, null),
                    "data on a device: data=meta, expected=cpu; "
                            + "keep the samples on the CPU and move each batch after it is read");
        }
    }

    private static void refused(ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }
}
