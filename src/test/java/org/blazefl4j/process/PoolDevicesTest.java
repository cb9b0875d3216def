package org.blazefl4j.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalDouble;
import org.blazefl4j.core.Device;
import org.blazefl4j.cuda.DeviceSlot;
import org.blazefl4j.cuda.FakeCuda;
import org.blazefl4j.util.LogLines;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a pool does with the memory of devices when it is closed. */
final class PoolDevicesTest {

    private static final Device CUDA = new Device("cuda", 0);

    @RegisterExtension
    final FakeCuda cuda = new FakeCuda();

    private final PoolDevices devices = new PoolDevices(OptionalDouble.of(1), 1000, 2);

    private DeviceSlot taken() {
        DeviceSlot slot = devices.take(CUDA);
        assertThat(slot).isNotNull();
        return slot;
    }

    @Test
    void shouldFreeItsMemory() {
        taken();
        assertThat(cuda.leaked()).isNotEqualTo("nothing");
        devices.close();
        assertThat(cuda.leaked()).isEqualTo("nothing");
    }

    @Test
    void shouldFreeNothingThatAWorkerMayHaveOpen() {
        DeviceSlot slot = taken();
        try (LogLines log = new LogLines(PoolDevices.class)) {
            devices.abandon();
            devices.close();
            assertThat(log.lines())
                    .containsExactly("memory of devices is not freed: found=a worker process that does not end,"
                            + " expected=none; it is freed when this process and the worker have ended");
        }
        assertThat(cuda.leaked()).isNotEqualTo("nothing");
        slot.segment().close(); // as only this test may: no worker has it
    }

    @Test
    void shouldSayNothingIfThereIsNothingToFree() {
        try (LogLines log = new LogLines(PoolDevices.class)) {
            devices.abandon();
            devices.close();
            assertThat(log.lines()).isEmpty();
        }
    }
}
