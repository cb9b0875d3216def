package org.blazefl4j.contrib.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterTry;
import net.jqwik.api.lifecycle.BeforeTry;
import org.blazefl4j.cuda.DeviceSegment;
import org.blazefl4j.cuda.FakeCuda;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Sums of tensors on devices that are not there, and on the host. */
final class DeviceWeightedSumTest {

    private FakeCuda cuda;

    @BeforeTry
    void install() {
        cuda = FakeCuda.install();
    }

    @AfterTry
    void close() {
        cuda.close();
    }

    private static float[] floats(Tensor tensor) {
        float[] values = new float[(int) tensor.numel()];
        try (Pointer data = tensor.data_ptr();
                FloatPointer floats = new FloatPointer(data)) {
            floats.get(values);
        }
        return values;
    }

    private static float[] mean(WeightedSum sum, Tensor out) {
        try (out) {
            sum.mean(out);
            return floats(out);
        }
    }

    /** Returns the vector on the host if the device is -1, now and then not contiguous, so that it is copied. */
    private Tensor placed(int device, float[] values, Random random) {
        if (random.nextInt(5) > 0) {
            return device < 0 ? Tensors.of(values) : cuda.tensor(device, values);
        }
        float[] pairs = new float[2 * values.length];
        for (int i = 0; i < values.length; i++) {
            pairs[2 * i] = values[i];
        }
        try (Tensor both = device < 0 ? Tensors.of(pairs) : cuda.tensor(device, pairs);
                PointerScope scope = new PointerScope()) {
            return both.view(values.length, 2).select(1, 0).retainReference();
        }
    }

    private static float value(Random random, boolean extreme) {
        float any = Float.intBitsToFloat(random.nextInt());
        return extreme && Float.isFinite(any) ? any : (float) random.nextGaussian();
    }

    @Property(tries = 60)
    void shouldGiveTheSameBitsWhereverTensorsLie(
            @ForAll @IntRange(min = 1, max = 20) int clients,
            @ForAll @IntRange(min = 1, max = 30) int numel,
            @ForAll @IntRange(min = -1, max = 1) int fewest,
            @ForAll @IntRange(min = -1, max = 1) int target,
            @ForAll boolean extreme,
            @ForAll long seed) {
        Random random = new Random(seed);
        List<Number> weights = new ArrayList<>();
        List<float[]> values = new ArrayList<>();
        try (WeightedSum sum = new WeightedSum("parameters", numel);
                WeightedSum host = new WeightedSum("parameters", numel)) {
            for (int cid = 0; cid < clients; cid++) {
                float[] x = new float[numel];
                for (int i = 0; i < numel; i++) {
                    x[i] = value(random, extreme);
                }
                double weight = extreme ? Math.scalb(1 + random.nextDouble(), random.nextInt(-64, 63)) : 1 + cid;
                weights.add(weight);
                values.add(x);
                int device = fewest + random.nextInt(2 - fewest);
                try (Tensor placed = placed(device, x, random);
                        Tensor here = Tensors.of(x)) {
                    sum.add(cid, weight, placed);
                    host.add(cid, weight, here);
                }
            }
            float[] expected = ExactMean.of(weights, values);
            Tensor out = target < 0 ? torch.empty(numel) : DeviceSegment.vector(target, numel);
            assertThat(mean(sum, out)).containsExactly(expected);
            try (Tensor total = sum.total();
                    Tensor all = host.total();
                    Tensor origin = Tensors.of(values.get(0))) {
                assertThat(total.equal(all)).isTrue();
                sum.addTotal(all, host.weight());
                host.addTotal(all, host.weight());
                Tensor change = torch.empty(numel);
                Tensor same = torch.empty(numel);
                sum.meanMinus(origin, change);
                host.meanMinus(origin, same);
                assertThat(floats(change)).containsExactly(floats(same));
                change.close();
                same.close();
            }
        }
    }

    @Example
    void shouldSayOnWhichDeviceAllLies() {
        try (WeightedSum sum = new WeightedSum("parameters", 2);
                Tensor first = cuda.tensor(1, 1, 2);
                Tensor second = cuda.tensor(0, 3, 4);
                Tensor here = Tensors.of(new float[] {5, 6})) {
            assertThat(sum.device()).isEmpty();
            sum.add(0, 1, first);
            assertThat(sum.device()).isEqualTo(OptionalInt.of(1));
            sum.add(1, 1, second);
            assertThat(sum.device()).isEmpty();
            sum.clear();
            sum.add(1, 1, second);
            assertThat(sum.device()).isEqualTo(OptionalInt.of(0));
            sum.add(2, 1, here);
            assertThat(sum.device()).isEmpty();
            assertThat(mean(sum, torch.empty(2))).containsExactly(4, 5);
        }
    }

    /** A sum that was merged keeps adding, on devices too. */
    @Example
    void shouldGoOnAfterItWasMerged() {
        try (WeightedSum sum = new WeightedSum("parameters", 1);
                WeightedSum other = new WeightedSum("parameters", 1);
                Tensor two = cuda.tensor(0, 2)) {
            sum.add(0, 1, two);
            other.add(1, 1, two);
            sum.addAll(other);
            sum.add(2, 2, two);
            other.add(2, 2, two);
            assertThat(mean(sum, DeviceSegment.vector(0, 1))).containsExactly(2);
            assertThat(sum.weight()).isEqualByComparingTo("4");
            assertThat(mean(other, torch.empty(1))).containsExactly(2);
        }
    }

    @Example
    void shouldSumOnTheHostWhereADeviceHasNoMemory() {
        try (WeightedSum sum = new WeightedSum("parameters", 2);
                Tensor there = cuda.tensor(0, 1, 2)) {
            cuda.refuseMemory();
            sum.add(0, 1, there);
            assertThat(sum.device()).isEmpty();
            sum.add(1, 3, there);
            assertThat(mean(sum, torch.empty(2))).containsExactly(1, 2);
        }
    }

    @Provide
    Arbitrary<String> calls() {
        return Arbitraries.of(
                "cudaMalloc",
                "cudaMemsetAsync",
                "cudaLaunchOnHost",
                "cudaStreamWaitEvent",
                "cudaMemcpyAsync",
                "cudaStreamSynchronize");
    }

    /** What was being added when a call failed is neither lost nor counted twice unless the sum says so. */
    @Property(tries = 150)
    void shouldGiveTheRightBitsOrNoneAfterAnError(
            @ForAll("calls") String call, @ForAll @IntRange(min = 1, max = 9) int nth, @ForAll boolean moved) {
        List<Number> weights = new ArrayList<>();
        List<float[]> values = new ArrayList<>();
        try (WeightedSum sum = new WeightedSum("parameters", 2)) {
            cuda.failAt(call, nth, 1);
            for (int cid = 0; cid < 4; cid++) {
                float[] x = {(float) Math.scalb(1.1, 40 * cid), cid};
                try (Tensor there = cuda.tensor(cid % 2, x)) {
                    sum.add(cid, cid + 0.1, there);
                    weights.add(cid + 0.1);
                    values.add(x);
                } catch (IllegalStateException e) {
                    assertThat(e).hasMessageMatching(FAILED);
                }
                if (moved && cid == 2) {
                    requireRightOrNone(() -> sum.total().close());
                }
            }
            for (int again = 0; again < 2; again++) {
                requireRightOrNone(
                        () -> assertThat(mean(sum, torch.empty(2))).containsExactly(ExactMean.of(weights, values)));
            }
            cuda.failAt("no more", 1, 1);
            sum.clear();
            try (Tensor there = cuda.tensor(1, 3, 4)) {
                sum.add(0, 1, there);
                assertThat(mean(sum, torch.empty(2))).containsExactly(3, 4);
            }
        }
    }

    private static final String FAILED = "(?s).*error=1001.*|sum of parameters is damaged: found=an earlier call that"
            + " failed, expected=none; clear it and add all again";

    private static void requireRightOrNone(Runnable result) {
        try {
            result.run();
        } catch (IllegalStateException e) {
            assertThat(e).hasMessageMatching(FAILED);
        }
    }

    @Example
    void shouldCheckTensorsOnDevices() {
        try (WeightedSum sum = new WeightedSum("parameters", 2);
                Tensor longer = cuda.tensor(0, 1, 2, 3)) {
            assertThatThrownBy(() -> sum.add(7, 1, longer))
                    .hasMessage(
                            "parameters of the wrong shape: client=7, shape=[3], expected=[2]; server and clients must"
                                    + " select the same model");
            assertThatThrownBy(() -> sum.mean(longer)).hasMessageContaining("nothing to divide");
        }
    }
}
