package org.blazefl4j.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.Objects;
import org.blazefl4j.codec.PackageFormatException;
import org.blazefl4j.codec.ShmHandle;
import org.blazefl4j.codec.TensorLayout;
import org.blazefl4j.cuda.DeviceSegment;
import org.blazefl4j.cuda.DeviceSlot;
import org.blazefl4j.cuda.ExportedSlots;
import org.blazefl4j.cuda.FakeCuda;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Results on devices that are not there may lie in the slot of their own job alone. */
final class ResultSegmentsTest {

    private static final TensorLayout FLOATS = new TensorLayout(ScalarType.Float, new long[] {128}, new long[] {1});

    @RegisterExtension
    final FakeCuda cuda = new FakeCuda();

    private final ExportedSlots slots = new ExportedSlots(1, 1024, 4);

    @AfterEach
    void close() {
        slots.close();
    }

    private DeviceSlot slot(int device) {
        return Objects.requireNonNull(slots.take(device));
    }

    private static DeviceSegment open(DeviceSlot own, DeviceSlot other, long offset) {
        try (ResultSegments segments = new ResultSegments(null, own, null, 1)) {
            return segments.open(
                    other.segment().handle(),
                    new ShmHandle(SegmentTable.FIRST_ON_DEVICE, 0, other.offset() + offset, FLOATS));
        }
    }

    private static void requireRefused(DeviceSlot own, DeviceSlot other, long offset, String message) {
        assertThatExceptionOfType(PackageFormatException.class)
                .isThrownBy(() -> open(own, other, offset))
                .withMessage(message);
    }

    @Test
    void shouldTakeWhatLiesInItsSlot() {
        DeviceSlot first = slot(0);
        DeviceSlot second = slot(0);
        assertThat(open(first, first, 0)).isSameAs(first.segment());
        assertThat(open(second, second, 512)).isSameAs(first.segment());
    }

    @Test
    void shouldRefuseWhatLiesInAnotherSlot() {
        DeviceSlot first = slot(0);
        DeviceSlot second = slot(0);
        requireRefused(first, second, 0, "handle outside of its slot: offset=1024, bytes=512, limit=1024 bytes from 0");
        requireRefused(
                second, second, -4, "handle outside of its slot: offset=1020, bytes=512, limit=1024 bytes from 1024");
        requireRefused(
                second, second, 516, "handle outside of its slot: offset=1540, bytes=512, limit=1024 bytes from 1024");
    }

    @Test
    void shouldRefuseWhatLiesInAnotherSegment() {
        DeviceSlot here = slot(0);
        DeviceSlot there = slot(1);
        requireRefused(
                here,
                there,
                0,
                "segment of another job: segment=" + there.segment().handle() + ", expected="
                        + here.segment().handle());
    }
}
