package org.blazefl4j.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

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
        JobHeader client = new JobHeader(5, 6, Device.parse("cuda:1"), SEGMENT, 2);
        JobHeader shard = new JobHeader(5, 6, Device.CPU, null, 0);
        assertThat(JobHeader.read(written(client))).isEqualTo(client);
        assertThat(JobHeader.read(written(shard))).isEqualTo(shard);
    }

    @Test
    void shouldRefuseSlotsOutsideTheSegment() {
        ByteBuffer bytes = written(new JobHeader(5, 6, Device.CPU, SEGMENT, 3));
        assertThatExceptionOfType(PackageFormatException.class)
                .isThrownBy(() -> JobHeader.read(bytes))
                .withMessageContaining("slot=3, limit=3 slots");
    }

    @Test
    void shouldRefuseDevicesThatDoNotExist() {
        ByteBuffer bytes = written(new JobHeader(5, 6, Device.CPU, SEGMENT, 0));
        bytes.putInt(AreaLayout.JOB_DEVICE, -3);
        assertThatExceptionOfType(PackageFormatException.class)
                .isThrownBy(() -> JobHeader.read(bytes))
                .withMessageContaining("device=-3, expected=-2 or more");
    }

    @Test
    void shouldRefuseClientsWithoutASlot() {
        JobHeader order = JobHeader.read(written(new JobHeader(5, 6, Device.CPU, null, 0)));
        assertThatExceptionOfType(PackageFormatException.class)
                .isThrownBy(() -> order.slotIn(new SegmentCache()))
                .withMessageContaining("slot=none, client=5, expected=a slot for each client");
    }
}
