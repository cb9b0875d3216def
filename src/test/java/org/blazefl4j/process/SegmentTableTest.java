package org.blazefl4j.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.blazefl4j.codec.PackageFormatException;
import org.blazefl4j.codec.ShmHandle;
import org.blazefl4j.codec.TensorLayout;
import org.blazefl4j.cuda.DeviceHandle;
import org.blazefl4j.shm.SegmentHandle;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class SegmentTableTest {

    static final DeviceHandle ON_DEVICE = onDevice(new Random(3));

    private static final TensorLayout FLOATS = new TensorLayout(ScalarType.Float, new long[] {5}, new long[] {1});

    static DeviceHandle onDevice(Random random) {
        byte[] memory = new byte[DeviceHandle.MEMORY_BYTES];
        random.nextBytes(memory);
        int slots = 1 + random.nextInt(9);
        long slotBytes = 512L * (1 + random.nextInt(1 << 20));
        return new DeviceHandle(
                1 + random.nextInt(1 << 22), random.nextInt(8), slots, slotBytes, random.nextLong(), memory);
    }

    private static SegmentHandle onHost(Random random) {
        return new SegmentHandle(
                1 + random.nextInt(1 << 22),
                random.nextInt(1000),
                random.nextLong(),
                random.nextLong(),
                1 + random.nextInt(9),
                4096L * (1 + random.nextInt(1 << 20)),
                random.nextLong());
    }

    private static ByteBuffer written(SegmentTable table) {
        ByteBuffer bytes = ByteBuffer.allocate(table.bytes());
        table.write(bytes);
        assertThat(bytes.hasRemaining()).isFalse();
        return bytes.flip();
    }

    @Property(tries = 200)
    void shouldArriveAsItWasWritten(
            @ForAll Random random, @ForAll @IntRange(max = 5) int hosts, @ForAll @IntRange(max = 5) int devices) {
        SegmentTable table = new SegmentTable();
        List<ShmHandle> handles = new ArrayList<>();
        List<Object> segments = new ArrayList<>();
        for (int i = 0; i < hosts + devices; i++) {
            boolean onDevice = i >= hosts;
            if (onDevice) {
                DeviceHandle segment = onDevice(random);
                handles.add(new ShmHandle(table.index(segment), segment.generation(), 64, FLOATS));
                assertThat(table.index(segment)).isEqualTo(SegmentTable.FIRST_ON_DEVICE + i - hosts);
                segments.add(segment);
            } else {
                SegmentHandle segment = onHost(random);
                handles.add(new ShmHandle(table.index(segment), segment.generation(), 64, FLOATS));
                assertThat(table.index(segment)).isEqualTo(i);
                segments.add(segment);
            }
        }
        ByteBuffer bytes = written(table);
        SegmentTable read = SegmentTable.read(bytes);
        assertThat(bytes.hasRemaining()).isFalse();
        for (int i = 0; i < handles.size(); i++) {
            ShmHandle handle = handles.get(i);
            assertThat(SegmentTable.isOnDevice(handle)).isEqualTo(i >= hosts);
            assertThat(i >= hosts ? read.onDevice(handle) : read.get(handle)).isEqualTo(segments.get(i));
        }
    }

    /** Damage to where it is or how long it is would otherwise be an address. */
    @Property(tries = 2000)
    void shouldRefuseADamagedDeviceHandle(@ForAll Random random) {
        SegmentTable table = new SegmentTable();
        table.index(onDevice(random));
        ByteBuffer bytes = written(table);
        int at = Integer.BYTES + random.nextInt(AreaLayout.DEVICE_BYTES);
        bytes.put(at, (byte) (bytes.get(at) ^ 1 << random.nextInt(8)));
        assertThat(catchThrowable(() -> SegmentTable.read(bytes)))
                .isExactlyInstanceOf(PackageFormatException.class)
                .hasMessageStartingWith("segment table damaged: device handle: ");
    }

    @Test
    void shouldRefuseSegmentsThatAreNotThere() {
        SegmentTable table = new SegmentTable();
        int index = table.index(ON_DEVICE);
        refused(
                table,
                new ShmHandle(index + 1L, ON_DEVICE.generation(), 0, FLOATS),
                "no such segment: segment=16777217, limit=1 segments on devices");
        refused(table, new ShmHandle(index, ON_DEVICE.generation() + 1, 0, FLOATS), "handle is stale: ");
        refused(
                table,
                new ShmHandle(index, ON_DEVICE.generation(), ON_DEVICE.bytes() - 16, FLOATS),
                "handle outside of its segment: ");
        refused(table, new ShmHandle(index, ON_DEVICE.generation(), 2, FLOATS), "handle not aligned: ");
    }

    private static void refused(SegmentTable table, ShmHandle handle, String message) {
        assertThatExceptionOfType(PackageFormatException.class)
                .isThrownBy(() -> table.onDevice(handle))
                .withMessageStartingWith(message);
    }

    @Test
    void shouldRefuseMoreSegmentsThanItHolds() {
        ByteBuffer bytes = ByteBuffer.allocate(100).putInt(0, 2 << 24 | 1);
        assertThatExceptionOfType(PackageFormatException.class)
                .isThrownBy(() -> SegmentTable.read(bytes))
                .withMessage("segment table damaged: segments=1, on devices=2, bytes=236, limit=96");
    }

    /** A worker opens the memory of its parent alone. */
    @Test
    void shouldNotOpenMemoryOfAnotherProcess() {
        try (SegmentCache segments = new SegmentCache(ON_DEVICE.pid() + 1)) {
            assertThatExceptionOfType(PackageFormatException.class)
                    .isThrownBy(() -> segments.open(ON_DEVICE))
                    .withMessage("segment of another process: pid=" + ON_DEVICE.pid() + ", expected="
                            + (ON_DEVICE.pid() + 1));
        }
    }

    @Test
    void shouldTakeResultsInNoSlotOfAnotherJob() {
        try (ResultSegments segments = new ResultSegments(null, null, null, ON_DEVICE.pid())) {
            assertThatExceptionOfType(PackageFormatException.class)
                    .isThrownBy(
                            () -> segments.open(ON_DEVICE, new ShmHandle(1 << 24, ON_DEVICE.generation(), 0, FLOATS)))
                    .withMessage("segment of another job: segment=" + ON_DEVICE + ", expected=none on a device");
        }
    }
}
