package org.blazefl4j.contrib.common;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Compares a sum's bits with a plain loop's: they depend on the order of clients and on nothing else. */
final class WeightedSumPropertiesTest {

    /** Clients' values as arrays, their weights, and the plain loop's sum. */
    private static final class Clients {

        final List<float[]> values = new ArrayList<>();
        final List<Long> weights = new ArrayList<>();
        final double[] sum;
        long weight;

        Clients(int clients, int numel, SplittableRandom random) {
            sum = new double[numel];
            for (int cid = 0; cid < clients; cid++) {
                // Beyond 2^29 products are rounded.
                add(floats(numel, random), 1 + random.nextLong(random.nextBoolean() ? 1000 : 1L << 45));
            }
        }

        private void add(float[] x, long dataSize) {
            values.add(x);
            weights.add(dataSize);
            weight += dataSize;
            for (int i = 0; i < x.length; i++) {
                double product = (double) dataSize * x[i];
                sum[i] += product;
            }
        }

        /** Returns values of widely different magnitude, and zeros of both signs. */
        private static float[] floats(int numel, SplittableRandom random) {
            float[] x = new float[numel];
            for (int i = 0; i < numel; i++) {
                x[i] = random.nextInt(8) == 0
                        ? -0f
                        : (float) ((random.nextDouble() - 0.5) * Math.pow(10, random.nextInt(12) - 6));
            }
            return x;
        }

        float[] mean() {
            float[] mean = new float[sum.length];
            for (int i = 0; i < mean.length; i++) {
                mean[i] = (float) (sum[i] / weight);
            }
            return mean;
        }
    }

    private static WeightedSum newSum(int threads, int numel) {
        return new WeightedSum("parameters", ServerOptions.of(1, 1).withSumThreads(threads), numel);
    }

    private static double[] total(WeightedSum sum, int numel) {
        double[] total = new double[numel];
        new DoublePointer(sum.total().data_ptr()).get(total);
        return total;
    }

    private static float[] mean(WeightedSum sum, int numel) {
        Tensor mean = torch.empty(numel);
        sum.mean(mean);
        float[] values = new float[numel];
        new FloatPointer(mean.data_ptr()).get(values);
        return values;
    }

    private static void requireBits(WeightedSum sum, Clients clients) {
        int numel = clients.sum.length;
        assertThat(sum.weight()).isEqualTo(clients.weight);
        assertThat(mean(sum, numel)).isEqualTo(clients.mean());
        assertThat(total(sum, numel)).isEqualTo(clients.sum);
    }

    @Property(tries = 100)
    void shouldGiveTheSameBitsInAnyBatches(
            @ForAll @IntRange(min = 1, max = 25) int clients,
            @ForAll @IntRange(min = 1, max = 300) int numel,
            @ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Clients all = new Clients(clients, numel, random);
        try (PointerScope scope = new PointerScope();
                WeightedSum sum = newSum(0, numel)) {
            sum.add(0, 7, Tensors.of(all.values.get(0), numel)); // forgotten by clear()
            sum.clear();
            for (int cid = 0; cid < clients; cid++) {
                sum.stage(cid, all.weights.get(cid), tensor(all.values.get(cid), random));
                if (random.nextInt(4) == 0) {
                    sum.fold();
                }
            }
            requireBits(sum, all);
        }
    }

    /** Returns a tensor that is sometimes not contiguous, and then copied. */
    private static Tensor tensor(float[] values, SplittableRandom random) {
        if (random.nextInt(5) > 0) {
            return Tensors.of(values, values.length);
        }
        float[] pairs = new float[2 * values.length];
        for (int i = 0; i < values.length; i++) {
            pairs[2 * i] = values[i];
        }
        return Tensors.of(pairs, values.length, 2).select(1, 0);
    }

    /** Vectors are long enough for several threads. */
    @Property(tries = 12)
    void shouldGiveTheSameBitsOnAnyNumberOfThreads(
            @ForAll @IntRange(min = 0, max = 5) int threads,
            @ForAll @IntRange(min = 150_000, max = 400_000) int numel,
            @ForAll @IntRange(min = 1, max = 12) int clients,
            @ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Clients all = new Clients(clients, numel, random);
        try (PointerScope scope = new PointerScope();
                WeightedSum sum = newSum(threads, numel)) {
            int folded = random.nextInt(clients + 1);
            for (int cid = 0; cid < clients; cid++) {
                sum.stage(cid, all.weights.get(cid), Tensors.of(all.values.get(cid), numel));
                if (cid + 1 == folded) {
                    sum.fold();
                }
            }
            requireBits(sum, all);
        }
    }
}
