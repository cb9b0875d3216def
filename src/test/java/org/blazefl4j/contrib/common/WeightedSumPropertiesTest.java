package org.blazefl4j.contrib.common;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Compares a mean's bits with those of the exact sum, on which alone they depend. */
final class WeightedSumPropertiesTest {

    /** How large values and weights are. */
    private enum Kind {
        LIKE_PARAMETERS,
        ANY_FINITE,
        DENORMAL,
        EXTREME;

        float value(Random random) {
            return switch (this) {
                case LIKE_PARAMETERS -> random.nextInt(8) == 0 ? -0f : (float) (random.nextGaussian() * 0.05);
                case ANY_FINITE -> anyFinite(random);
                case DENORMAL -> Float.intBitsToFloat(random.nextInt() & 0x807fffff);
                case EXTREME -> random.nextBoolean() ? Float.MAX_VALUE : -Float.MIN_VALUE;
            };
        }

        private static float anyFinite(Random random) {
            float value = Float.intBitsToFloat(random.nextInt());
            return Float.isFinite(value) ? value : 1;
        }
    }

    /** What weights are. */
    private enum Weights {
        WHOLE,
        FLOATS,
        ANY;

        Number weight(Random random) {
            return switch (this) {
                case WHOLE -> (Number) (1L + random.nextInt(Integer.MAX_VALUE));
                case FLOATS -> (Number) (0.01f + 100 * random.nextFloat());
                case ANY -> Math.scalb(1 + random.nextDouble(), random.nextInt(-64, 63));
            };
        }
    }

    /** Clients' values and weights. */
    private static final class Clients {

        final List<float[]> values = new ArrayList<>();
        final List<Number> weights = new ArrayList<>();
        final int numel;

        Clients(int clients, int numel, Kind kind, Weights drawn, Random random) {
            this.numel = numel;
            for (int cid = 0; cid < clients; cid++) {
                float[] x = new float[numel];
                for (int i = 0; i < numel; i++) {
                    x[i] = kind.value(random);
                }
                values.add(x);
                weights.add(drawn.weight(random));
            }
        }

        void stage(int cid, WeightedSum sum, Tensor tensor) {
            if (weights.get(cid) instanceof Long whole) {
                sum.stage(cid, whole, tensor);
            } else {
                sum.stage(cid, weights.get(cid).doubleValue(), tensor);
            }
        }

        List<Integer> inAnyOrder(Random random) {
            List<Integer> cids =
                    new ArrayList<>(IntStream.range(0, values.size()).boxed().toList());
            Collections.shuffle(cids, random);
            return cids;
        }
    }

    private static WeightedSum newSum(int threads, int numel) {
        return new WeightedSum("parameters", ServerOptions.of(1, 1).withSumThreads(threads), numel);
    }

    private static float[] mean(WeightedSum sum, int numel) {
        try (Tensor mean = torch.empty(numel)) {
            sum.mean(mean);
            float[] values = new float[numel];
            new FloatPointer(mean.data_ptr()).get(values);
            return values;
        }
    }

    @Property(tries = 200)
    void shouldRoundTheExactSumOnceInAnyOrderAndGrouping(
            @ForAll @IntRange(min = 1, max = 25) int clients,
            @ForAll @IntRange(min = 1, max = 30) int numel,
            @ForAll Kind kind,
            @ForAll Weights drawn,
            @ForAll long seed) {
        Random random = new Random(seed);
        Clients all = new Clients(clients, numel, kind, drawn, random);
        try (PointerScope scope = new PointerScope();
                WeightedSum one = newSum(0, numel);
                WeightedSum other = newSum(1, numel);
                WeightedSum restored = newSum(0, numel)) {
            one.add(0, 7, Tensors.of(all.values.get(0), numel)); // forgotten by clear()
            one.clear();
            for (int cid : all.inAnyOrder(random)) {
                WeightedSum sum = random.nextBoolean() ? one : other;
                all.stage(cid, sum, tensor(all.values.get(cid), random));
                if (random.nextInt(4) == 0) {
                    sum.fold();
                }
            }
            if (random.nextBoolean()) {
                one.addAll(other);
            } else {
                one.addTotal(other.total(), other.weight());
            }
            restored.restore(one.total(), one.weight());

            float[] expected = ExactMean.of(all.weights, all.values);
            assertThat(one.weight()).isEqualByComparingTo(ExactMean.weight(all.weights));
            assertThat(mean(one, numel)).containsExactly(expected);
            assertThat(mean(restored, numel)).containsExactly(expected);
            assertThat(restored.total().equal(one.total())).isTrue();
        }
    }

    /** Now and then not contiguous, so that it is copied. */
    private static Tensor tensor(float[] values, Random random) {
        if (random.nextInt(5) > 0) {
            return Tensors.of(values, values.length);
        }
        float[] pairs = new float[2 * values.length];
        for (int i = 0; i < values.length; i++) {
            pairs[2 * i] = values[i];
        }
        return Tensors.of(pairs, values.length, 2).select(1, 0);
    }

    /** Long enough for several threads to find something to do; sums of weights of 53 bits would take long. */
    @Property(tries = 12)
    void shouldGiveTheSameBitsOnAnyNumberOfThreads(
            @ForAll @IntRange(min = 0, max = 5) int threads,
            @ForAll @IntRange(min = 150_000, max = 400_000) int numel,
            @ForAll @IntRange(min = 1, max = 12) int clients,
            @ForAll boolean whole,
            @ForAll long seed) {
        Random random = new Random(seed);
        Clients all = new Clients(clients, numel, Kind.LIKE_PARAMETERS, whole ? Weights.WHOLE : Weights.FLOATS, random);
        try (PointerScope scope = new PointerScope();
                WeightedSum sum = newSum(threads, numel);
                WeightedSum alone = newSum(1, numel)) {
            int folded = random.nextInt(clients + 1);
            for (int cid : all.inAnyOrder(random)) {
                Tensor tensor = Tensors.of(all.values.get(cid), numel);
                all.stage(cid, sum, tensor);
                all.stage(cid, alone, tensor);
                if (cid == folded) {
                    sum.fold();
                }
            }
            float[] mean = mean(sum, numel);
            assertThat(Arrays.equals(mean, mean(alone, numel))).isTrue();
            double weight = sum.weight().doubleValue();
            for (int i = 0; i < numel; i += 997) {
                assertThat(mean[i]).isEqualTo((float)
                        (ExactMean.sum(all.weights, all.values, i).doubleValue() / weight));
            }
        }
    }

    /** As in sums that tasks use from round to round, after rounds of anything. */
    @Property(tries = 100)
    void shouldBeLikeANewOneOnceCleared(
            @ForAll @IntRange(min = 1, max = 1300) int numel,
            @ForAll @IntRange(min = 1, max = 4) int rounds,
            @ForAll Kind before,
            @ForAll Kind kind,
            @ForAll long seed) {
        Random random = new Random(seed);
        try (PointerScope scope = new PointerScope();
                WeightedSum used = newSum(1, numel);
                WeightedSum fresh = newSum(1, numel)) {
            for (int round = 0; round < rounds; round++) {
                addAny(used, numel, before, random);
                if (random.nextBoolean()) {
                    used.totalInKeptMemory().close();
                }
                used.clear();
            }
            long last = random.nextLong();
            addAny(used, numel, kind, new Random(last));
            addAny(fresh, numel, kind, new Random(last));

            assertThat(used.weight()).isEqualTo(fresh.weight());
            Tensor expected = fresh.total();
            assertThat(sameBits(used.totalInKeptMemory(), expected)).isTrue();
            assertThat(sameBits(used.total(), expected)).isTrue();
            assertThat(sameBits(fresh.totalInKeptMemory(), expected)).isTrue();
            assertThat(mean(used, numel)).containsExactly(mean(fresh, numel));
        }
    }

    private static void addAny(WeightedSum sum, int numel, Kind kind, Random random) {
        boolean finite = random.nextBoolean();
        int clients = 1 + random.nextInt(3);
        for (int cid = 0; cid < clients; cid++) {
            float[] x = new float[numel];
            for (int i = 0; i < numel; i++) {
                x[i] = finite || random.nextInt(50) > 0 ? kind.value(random) : notFinite(random);
            }
            sum.add(cid, 1 + random.nextInt(1000), Tensors.of(x, numel));
        }
    }

    private static float notFinite(Random random) {
        return switch (random.nextInt(3)) {
            case 0 -> Float.NaN;
            case 1 -> Float.POSITIVE_INFINITY;
            default -> Float.NEGATIVE_INFINITY;
        };
    }

    private static boolean sameBits(Tensor one, Tensor other) {
        return one.view(ScalarType.Long).equal(other.view(ScalarType.Long));
    }
}
