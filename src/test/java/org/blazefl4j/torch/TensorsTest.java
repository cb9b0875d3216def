package org.blazefl4j.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.MessageDigest;
import java.util.HexFormat;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

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

    @Test
    void shouldHashElementsInLogicalOrderWhenStridesAreNot() {
        try (PointerScope scope = new PointerScope()) {
            Tensor tensor = Tensors.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
            Tensor transposed = tensor.t();

            assertThat(Tensors.sha256(transposed)).isEqualTo(Tensors.sha256(transposed.contiguous()));
            assertThat(Tensors.sha256(transposed)).isNotEqualTo(Tensors.sha256(tensor));
        }
    }

    @Test
    void shouldHashOnlyTheViewsOwnElements() {
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
