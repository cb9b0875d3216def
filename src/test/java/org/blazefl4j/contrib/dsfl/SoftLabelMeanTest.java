package org.blazefl4j.contrib.dsfl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;
import static org.blazefl4j.torch.Elements.floats;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.lifecycle.AfterProperty;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.LogLines;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Compares aggregation with values calculated by hand. */
final class SoftLabelMeanTest {

    private static final int OPEN = 5;

    private final PointerScope scope = new PointerScope();
    private final SoftLabelMean mean = new SoftLabelMean(OPEN, 2, ServerOptions.of(1, 1));

    @AfterEach
    @AfterProperty
    void free() {
        mean.close();
        scope.close();
    }

    private static DsflUplinkPackage uplink(int cid, long[] indices, float... labels) {
        Tensor values = Tensors.of(labels, indices.length, labels.length / indices.length);
        return new DsflUplinkPackage(cid, values, Tensors.of(indices), Map.of());
    }

    private static long[] longs(Tensor tensor) {
        long[] values = new long[(int) tensor.numel()];
        new LongPointer(tensor.data_ptr()).get(values);
        return values;
    }

    @Test
    void shouldSharpenTheMeanBySoftmaxOfTheMeanOverTheTemperature() {
        mean.add(uplink(0, new long[] {1}, 0.8f, 0.2f));
        mean.add(uplink(1, new long[] {1}, 0.4f, 0.6f));

        // The mean is (0.6, 0.4); over 0.1 it is (6, 4); softmax is 1 / (1 + e^-2) = 0.880797 and the rest.
        assertThat(floats(mean.sharpened(0.1))).containsExactly(new float[] {0.880797f, 0.119203f}, within(1e-6f));
        // Over 1: 1 / (1 + e^-0.2) = 0.549834.
        assertThat(floats(mean.sharpened(1))).containsExactly(new float[] {0.549834f, 0.450166f}, within(1e-6f));
    }

    /** One class has p_max and the others share the rest; covers both sides of the documented bound. */
    @ParameterizedTest
    @CsvSource({
        "10, 0.11",
        "10, 0.3",
        "10, 0.9",
        "10, 0.999",
        "100, 0.011",
        "100, 0.2",
        "100, 0.4",
        "100, 0.9",
        "2, 0.6"
    })
    void shouldLowerTheEntropyBelowTheBoundAndRaiseItAbove(int classes, double most) {
        double rest = (1 - most) / (classes - 1);
        double bound = (most - rest) / Math.log(most / rest);
        float[] row = new float[classes];
        Arrays.fill(row, (float) rest);
        row[classes / 2] = (float) most;
        try (SoftLabelMean one = new SoftLabelMean(1, classes, ServerOptions.of(1, 1))) {
            one.add(uplink(0, new long[] {0}, row));

            double before = one.entropy();
            assertThat(before).isCloseTo(-most * Math.log(most) - (1 - most) * Math.log(rest), within(1e-5));
            assertThat(SoftLabelMean.entropy(one.sharpened(0.98 * bound))).isLessThan(before);
            assertThat(SoftLabelMean.entropy(one.sharpened(1.02 * bound))).isGreaterThan(before);
        }
    }

    @Test
    void shouldWarnOnceIfTheTemperatureFlattens() {
        String refusal = "temperature flattens the clients' labels instead of sharpening them: round=3,"
                + " era_temperature=0.5, entropy=0.5411, entropy before=0.5004, limit=below"
                + " (p_max - p_rest) / ln(p_max / p_rest), with p_rest that of each other class; lower the temperature"
                + " (--era-temperature)";
        FlatteningWarning warning = new FlatteningWarning();
        mean.add(uplink(0, new long[] {1}, 0.8f, 0.2f));
        try (LogLines log = new LogLines(FlatteningWarning.class)) {
            warning.check(1, mean, mean.sharpened(0.3), 0.3);
            assertThat(log.lines()).isEmpty();
            warning.check(2, mean, mean.sharpened(0.5), 0.5);
            warning.check(3, mean, mean.sharpened(1), 1);
            assertThat(log.lines()).containsExactly(refusal);
        }
    }

    @Test
    void shouldTakeTheMeanOfEachIndexOverItsSenders() {
        mean.add(uplink(0, new long[] {3, 0}, 0.9f, 0.1f, 0.5f, 0.5f));
        mean.add(uplink(1, new long[] {0, 2}, 0.3f, 0.7f, 0.2f, 0.8f));

        assertThat(longs(mean.indices())).containsExactly(0, 2, 3);
        // Index 0: (0.4, 0.6), softmax(0.8, 1.2) = 1 / (1 + e^0.4) = 0.401312.
        // Index 2: (0.2, 0.8), softmax(0.4, 1.6) = 1 / (1 + e^1.2) = 0.231475.
        // Index 3: (0.9, 0.1), softmax(1.8, 0.2) = 1 / (1 + e^-1.6) = 0.832018.
        assertThat(floats(mean.sharpened(0.5)))
                .containsExactly(
                        new float[] {0.401312f, 0.598688f, 0.231475f, 0.768525f, 0.832018f, 0.167982f}, within(1e-6f));
    }

    @Test
    void shouldSumInDoublePrecision() {
        mean.add(uplink(0, new long[] {0}, 1e8f, 0));
        mean.add(uplink(1, new long[] {0}, 1, 0));
        mean.add(uplink(2, new long[] {0}, -1e8f, 0));

        // (1/3, 0): 1 / (1 + e^(-1/3)). A sum in float32 would have lost the 1 and given 0.5.
        assertThat(floats(mean.sharpened(1))[0]).isCloseTo(0.582570f, within(1e-6f));
    }

    @Property(tries = 50)
    void shouldGiveTheSameBitsInAnyOrderOfAClientsRows(@ForAll long seed) {
        Random random = new Random(seed);
        float[] values = new float[2 * OPEN];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat();
        }
        List<Long> rows = new ArrayList<>(List.of(0L, 1L, 2L, 3L, 4L));
        float[] expected = sharpened(uplink(0, new long[] {0, 1, 2, 3, 4}, values), inOrder(rows, values));
        Collections.shuffle(rows, random);
        DsflUplinkPackage first = inOrder(rows, values);
        Collections.shuffle(rows, random);

        assertThat(sharpened(first, inOrder(rows, values))).containsExactly(expected);
    }

    @Property(tries = 50)
    void shouldGiveTheSameBitsWhateverTheOrderOfClients(@ForAll long seed) {
        Random random = new Random(seed);
        List<DsflUplinkPackage> uplinks = new ArrayList<>();
        for (int cid = 0; cid < 12; cid++) {
            uplinks.add(uplink(
                    cid,
                    new long[] {cid % OPEN, (cid + 1) % OPEN},
                    (float) Math.exp(20 * random.nextGaussian()),
                    random.nextFloat(),
                    random.nextFloat(),
                    random.nextFloat()));
        }
        mean.clear();
        uplinks.forEach(mean::add);
        double[] expected = doubles(mean.mean());
        mean.clear();
        Collections.shuffle(uplinks, random);
        uplinks.forEach(mean::add);

        assertThat(doubles(mean.mean())).containsExactly(expected);
    }

    private static double[] doubles(Tensor tensor) {
        double[] values = new double[(int) tensor.numel()];
        new DoublePointer(tensor.data_ptr()).get(values);
        return values;
    }

    private static float[] sharpened(DsflUplinkPackage one, DsflUplinkPackage other) {
        try (SoftLabelMean mean = new SoftLabelMean(OPEN, 2, ServerOptions.of(1, 1));
                one;
                other) {
            mean.add(one);
            mean.add(other);
            try (Tensor result = mean.sharpened(0.1)) {
                return floats(result);
            }
        }
    }

    private static DsflUplinkPackage inOrder(List<Long> rows, float[] values) {
        float[] ordered = new float[values.length];
        for (int i = 0; i < rows.size(); i++) {
            System.arraycopy(values, 2 * rows.get(i).intValue(), ordered, 2 * i, 2);
        }
        return uplink(1, rows.stream().mapToLong(Long::longValue).toArray(), ordered);
    }

    @Test
    void shouldForgetClearedAndRefusedPackages() {
        mean.add(uplink(0, new long[] {4}, 1, 0));
        mean.clear();
        refuses(
                uplink(1, new long[] {1, 9}, 1, 0, 1, 0),
                "index out of range: client=1, index=9, limit=0 to 4; send" + " positions in the open set");
        mean.add(uplink(2, new long[] {2}, 0, 0));

        assertThat(longs(mean.indices())).containsExactly(2);
        assertThat(floats(mean.sharpened(0.1))).containsExactly(0.5f, 0.5f);
    }

    @Test
    void shouldNameValuesThatDoNotFit() {
        refuses(
                uplink(7, new long[] {1, 1}, 1, 0, 1, 0),
                "index sent twice: client=7, index=1, expected=one; send one soft label per sample");
        refuses(
                uplink(7, new long[] {-1}, 1, 0),
                "index out of range: client=7, index=-1, limit=0 to 4; send positions" + " in the open set");
        refuses(
                uplink(7, new long[] {1}, 1, 0, 0),
                "soft labels do not fit: client=7, dtype=Float, shape=[1, 3],"
                        + " expected=Float of shape [1, 2]; send one row per index");
        refuses(
                new DsflUplinkPackage(7, Tensors.of(new long[] {1, 0}, 1, 2), Tensors.of(new long[] {1}), Map.of()),
                "soft labels do not fit: client=7, dtype=Long, shape=[1, 2], expected=Float of shape [1, 2]; send one row"
                        + " per index");
        refuses(
                new DsflUplinkPackage(7, Tensors.of(new float[0], 0, 2), Tensors.of(new long[0]), Map.of()),
                "indices do not fit: client=7, dtype=Long, shape=[0], expected=Long of shape [k], k above 0; send the next"
                        + " indices of the downlink package");
    }

    private void refuses(DsflUplinkPackage uplink, String message) {
        assertThatIllegalArgumentException().isThrownBy(() -> mean.add(uplink)).withMessage(message);
    }
}
