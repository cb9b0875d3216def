package org.blazefl4j.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.MessageDigest;
import java.util.HexFormat;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TensorsTest {

    @BeforeAll
    static void load() {
        LibTorch.load();
    }

    @Test
    void shouldHashTheBytesOfTheElements() throws Exception {
        byte[] bytes = {0, 0, (byte) 0x80, 0x3f, 0, 0, 0, (byte) 0xc0};
        String expected =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));

        try (Tensor tensor = Tensors.of(new float[] {1f, -2f})) {
            assertThat(Tensors.sha256(tensor)).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"Half", "BFloat16", "Float", "Double", "ComplexFloat", "Long", "Bool"})
    void shouldTellFiniteNumbersOfAnyTypeAndStrides(ScalarType type) {
        boolean whole = type == ScalarType.Long || type == ScalarType.Bool;
        try (PointerScope scope = new PointerScope()) {
            for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
                Tensor columns = Tensors.of(new float[] {1, -2, 3, bad}, 2, 2).toType(type);

                assertThat(Tensors.isFinite(columns)).isEqualTo(whole);
                assertThat(Tensors.isFinite(columns.t())).isEqualTo(whole);
                assertThat(Tensors.isFinite(columns.select(1, 0))).isTrue();
                assertThat(Tensors.isFinite(columns.select(1, 1))).isEqualTo(whole);
                assertThat(Tensors.isFinite(columns.narrow(0, 0, 1))).isTrue();
                assertThat(Tensors.isFinite(columns.narrow(0, 1, 1))).isEqualTo(whole);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = "Float8.*", mode = EnumSource.Mode.MATCH_ALL)
    void shouldTellFiniteNumbersOfOneByte(ScalarType type) {
        try (PointerScope scope = new PointerScope()) {
            assertThat(Tensors.isFiniteAtEnds(Tensors.of(new float[] {1, 2, 4}).toType(type)))
                    .isTrue();
            assertThat(Tensors.isFiniteAtEnds(
                            Tensors.of(new float[] {1, Float.NaN, 4}).toType(type)))
                    .isFalse();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "10000, 0, false", "10000, 1023, false", "10000, 1024, true", "10000, 8975, true",
        "10000, 8976, false", "10000, 9999, false", "2048, 1024, false", "1500, 1300, false"
    })
    void shouldCheckBothEndsOfALargeTensor(int length, int bad, boolean finite) {
        float[] elements = new float[length];
        elements[bad] = Float.NaN;

        try (Tensor tensor = Tensors.of(elements)) {
            assertThat(Tensors.isFiniteAtEnds(tensor)).isEqualTo(finite);
            assertThat(Tensors.isFinite(tensor)).isFalse();
        }
    }

    @Test
    void shouldTreatAnEmptyTensorAsFinite() {
        Tensor closed = Tensors.of(new float[] {Float.NaN});
        closed.close();

        assertThat(Tensors.isFinite(closed)).isTrue();
        try (Tensor undefined = new Tensor();
                Tensor empty = Tensors.of(new float[0], 0)) {
            assertThat(Tensors.isFinite(undefined)).isTrue();
            assertThat(Tensors.isFinite(empty)).isTrue();
        }
    }

    @Test
    void shouldHashElementsInLogicalOrderWithOtherStrides() {
        try (PointerScope scope = new PointerScope()) {
            Tensor tensor = Tensors.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
            Tensor transposed = tensor.t();

            assertThat(Tensors.sha256(transposed)).isEqualTo(Tensors.sha256(transposed.contiguous()));
            assertThat(Tensors.sha256(transposed)).isNotEqualTo(Tensors.sha256(tensor));
        }
    }

    @Test
    void shouldHashOnlyTheViewsElements() {
        try (PointerScope scope = new PointerScope()) {
            Tensor tensor = Tensors.of(new float[] {1f, 2f, 3f, 4f});

            assertThat(Tensors.sha256(tensor.narrow(0, 1, 2)))
                    .isEqualTo(Tensors.sha256(Tensors.of(new float[] {2f, 3f})));
        }
    }

    @Test
    void shouldHashATensorWithoutElements() throws Exception {
        String expected =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(new byte[0]));

        try (Tensor tensor = Tensors.of(new float[0], 0)) {
            assertThat(Tensors.sha256(tensor)).isEqualTo(expected);
        }
    }
}
