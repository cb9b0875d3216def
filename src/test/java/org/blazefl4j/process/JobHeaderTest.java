package org.blazefl4j.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.blazefl4j.process.SegmentTableTest.ON_DEVICE;

import java.nio.ByteBuffer;
import org.blazefl4j.codec.PackageFormatException;
import org.blazefl4j.core.Device;
import org.blazefl4j.shm.SegmentHandle;
import org.junit.jupiter.api.Test;

final class JobHeaderTest {

    private static final SegmentHandle SEGMENT = new SegmentHandle(4711, 7, 8, 9, 3, 4096, 10);

    private static ByteBuffer written(JobHeader order) {
        ByteBuffer bytes = ByteBuffer.allocate(AreaLayout.JOB_BYTES);
        order.write(bytes);
        return bytes;
    }

    @Test
    void shouldArriveAsItWasWritten() {
        JobHeader client = new JobHeader(5, 6, Device.parse("cuda:1"), SEGMENT, 2, null, 0);
        JobHeader onDevice = new JobHeader(5, 6, Device.parse("cuda:1"), SEGMENT, 2, ON_DEVICE, ON_DEVICE.slots() - 1);
        JobHeader shard = new JobHeader(5, 6, Device.CPU, null, 0, null, 0);
        assertThat(JobHeader.read(written(client))).isEqualTo(client);
        assertThat(JobHeader.read(written(onDevice))).isEqualTo(onDevice);
        assertThat(JobHeader.read(written(shard))).isEqualTo(shard);
    }

    @Test
    void shouldRefuseSlotsOutsideTheSegment() {
        ByteBuffer bytes = written(new JobHeader(5, 6, Device.CPU, SEGMENT, 3, null, 0));
        assertThatExceptionOfType(PackageFormatException.class)
                .isThrownBy(() -> JobHeader.read(bytes))
                .withMessageContaining("slot=3, limit=3 slots");
    }

    @Test
    void shouldRefuseSlotsOutsideTheSegmentOnADevice() {
        JobHeader order = new JobHeader(5, 6, Device.parse("cuda"), SEGMENT, 0, ON_DEVICE, ON_DEVICE.slots());
        ByteBuffer bytes = written(order);
        assertThatExceptionOfType(PackageFormatException.class)
                .isThrownBy(() -> JobHeader.read(bytes))
                .withMessageContaining("slot=" + ON_DEVICE.slots() + ", limit=" + ON_DEVICE.slots() + " slots");
    }

    /** What lies there is that of an earlier job in the lane. */
    @Test
    void shouldHaveNoSlotOnADeviceUnlessItSaysSo() {
        ByteBuffer bytes = written(new JobHeader(5, 6, Device.parse("cuda"), SEGMENT, 0, ON_DEVICE, 0));
        JobHeader next = new JobHeader(7, 6, Device.CPU, SEGMENT, 0, null, 0);
        next.write(bytes);
        assertThat(JobHeader.read(bytes)).isEqualTo(next);
        assertThat(next.onDeviceIn(new SegmentCache())).isNull();
    }

    @Test
    void shouldRefuseDevicesThatDoNotExist() {
        ByteBuffer bytes = written(new JobHeader(5, 6, Device.CPU, SEGMENT, 0, null, 0));
        bytes.putInt(AreaLayout.JOB_DEVICE, -3);
        assertThatExceptionOfType(PackageFormatException.class)
                .isThrownBy(() -> JobHeader.read(bytes))
                .withMessageContaining("device=-3, expected=-2 or more");
    }

    @Test
    void shouldRefuseClientsWithoutASlot() {
        JobHeader order = JobHeader.read(written(new JobHeader(5, 6, Device.CPU, null, 0, null, 0)));
        assertThatExceptionOfType(PackageFormatException.class)
                .isThrownBy(() -> order.slotIn(new SegmentCache()))
                .withMessageContaining("slot=none, client=5, expected=a slot for each client");
    }
}
