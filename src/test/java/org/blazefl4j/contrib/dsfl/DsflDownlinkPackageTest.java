package org.blazefl4j.contrib.dsfl;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

final class DsflDownlinkPackageTest {

    @Test
    void shouldRefuseSoftLabelsWithoutTheirIndices() {
        try (Tensor some = Tensors.of(new long[] {1})) {
            refuses(
                    () -> new DsflDownlinkPackage(some, null, some),
                    "incomplete package: soft_labels=given, indices=none, next_indices=given, expected=next indices, and"
                            + " soft labels with their indices or neither");
            refuses(
                    () -> new DsflDownlinkPackage(null, null, null),
                    "incomplete package: soft_labels=none, indices=none, next_indices=none, expected=next indices, and"
                            + " soft labels with their indices or neither");
        }
    }

    private static void refuses(ThrowingCallable call, String message) {
        assertThatIllegalArgumentException().isThrownBy(call).withMessage(message);
    }
}
