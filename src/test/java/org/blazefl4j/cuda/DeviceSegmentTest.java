package org.blazefl4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Memory of devices that are not there. */
final class DeviceSegmentTest {

    private static final int OUT_OF_MEMORY = 2;
    private static final int ILLEGAL_ADDRESS = 700;

    @RegisterExtension
    final FakeCuda cuda = new FakeCuda();

    private static Tensor floats(DeviceSegment segment, long offset, long count) {
        return segment.tensor(offset, ScalarType.Float, new long[] {count}, new long[] {1}, count * Float.BYTES);
    }

    @Test
    void shouldFreeASlotWithItsLastStorage() {
        try (DeviceSegment segment = DeviceSegment.create(1, 2, 40)) {
            assertThat(segment.bytes()).isEqualTo(2 * DeviceSegment.SLOT_ALIGNMENT);
            Tensor tensor = floats(segment, segment.offset(1), 10);
            assertThat(DeviceSegment.deviceOf(tensor)).isEqualTo(1);
            Tensor view;
            try (PointerScope scope = new PointerScope()) {
                view = tensor.narrow(0, 2, 3).retainReference();
            }
            assertThat(segment.isReferenced(0)).isFalse();
            assertThat(segment.isReferenced(1)).isTrue();
            tensor.close();
            assertThat(segment.isReferenced(1)).isTrue();
            view.close();
            assertThat(segment.isReferenced(1)).isFalse();
        }
    }

    @Test
    void shouldKeepTheMemoryOfLiveTensorsAfterItIsClosed() {
        Tensor tensor;
        try (DeviceSegment segment = DeviceSegment.create(0, 1, 40)) {
            tensor = floats(segment, 0, 10);
            segment.close();
            assertThatThrownBy(() -> floats(segment, 0, 10))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("open=false, expected=an open segment; create tensors before close()");
        }
        assertThat(cuda.leaked()).startsWith("1 blocks");
        assertThat(DeviceSegment.deviceOf(tensor)).isEqualTo(0);
        tensor.close();
    }

    @Test
    void shouldFreeAVectorOfItsOwnWithItsTensor() {
        try (Tensor vector = DeviceSegment.vector(1, 1000)) {
            assertThat(vector.shape()).containsExactly(1000);
            assertThat(DeviceSegment.deviceOf(vector)).isEqualTo(1);
        }
    }

    @Test
    void shouldRefuseTensorsBeyondASlot() {
        try (DeviceSegment segment = DeviceSegment.create(0, 2, 512)) {
            assertThatThrownBy(() -> floats(segment, 4, 128))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "tensor in a segment of a device: offset=4, bytes=512, limit=512 bytes in a slot, 2 slots;"
                                    + " place it inside one slot");
            assertThatThrownBy(() -> floats(segment, 1024, 1)).hasMessageContaining("offset=1024");
            assertThatThrownBy(() -> floats(segment, -4, 1)).hasMessageContaining("offset=-4");
            assertThatThrownBy(() -> segment.offset(2))
                    .hasMessage("slot of a segment: slot=2, limit=0 to 1; count from 0");
        }
        assertThatThrownBy(() -> DeviceSegment.create(0, 0, 1)).hasMessageContaining("slots=0, slot_bytes=1, limit=1");
        assertThatThrownBy(() -> DeviceSegment.create(0, 2, Long.MAX_VALUE / 2)).hasMessageContaining("2^63");
    }

    @Test
    void shouldLeaveASlotFreeIfNoTensorIsMade() {
        try (DeviceSegment segment = DeviceSegment.create(0, 2, 40)) {
            assertThatThrownBy(() -> segment.tensor(segment.offset(1), null, new long[] {10}, new long[] {1}, 40))
                    .isInstanceOf(NullPointerException.class);
            assertThat(segment.isReferenced(1)).isFalse();
        }
    }

    @Test
    void shouldTryAgainWhenLibTorchHasReturnedItsMemory() {
        cuda.failAt("cudaMalloc", 1, OUT_OF_MEMORY);
        try (DeviceSegment segment = DeviceSegment.create(0, 1, 512)) {
            assertThat(segment.slots()).isEqualTo(1);
        }
    }

    @Test
    void shouldTellOfTooLittleMemory() {
        cuda.limit(300);
        cuda.refuseMemory();
        assertThatThrownBy(() -> DeviceSegment.create(0, 1, 512))
                .isInstanceOf(NoDeviceMemoryException.class)
                .hasMessage("device memory: for=results, device=cuda:0, need=512, free=300, limit=what is free;"
                        + " fewer workers on a device, or TrainerOptions.deviceDataShare(0)");
    }

    @Test
    void shouldTellOfALostContext() {
        cuda.failAt("cudaMalloc", 1, ILLEGAL_ADDRESS);
        assertThatThrownBy(() -> DeviceSegment.create(1, 1, 512))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("cannot allocate memory for results: device=cuda:1, error=1700, expected=0, CUDA error: an"
                        + " illegal memory access was encountered; train without a device, or in worker processes");
        assertThat(CudaErrors.lost()).isEqualTo("error=700 (an illegal memory access was encountered)");
    }

    @Test
    void shouldNameItsMemoryToOtherProcesses() {
        try (DeviceSegment segment = DeviceSegment.create(1, 2, 512);
                DeviceSegment other = DeviceSegment.create(1, 2, 512)) {
            DeviceHandle handle = segment.handle();
            assertThat(handle).isEqualTo(segment.handle()).isNotEqualTo(other.handle());
            assertThat(handle.pid()).isEqualTo((int) ProcessHandle.current().pid());
            assertThat(handle.device()).isEqualTo(1);
            assertThat(handle.bytes()).isEqualTo(1024);
            assertThat(handle.checksum()).isNotEqualTo(other.handle().checksum());
        }
    }

    @Test
    void shouldTellWhyItCannotBeOpened() {
        try (DeviceSegment segment = DeviceSegment.create(1, 2, 512)) {
            assertThatThrownBy(() -> DeviceSegment.open(segment.handle())) // in the process that has it
                    .isInstanceOf(IpcRefusedException.class)
                    .hasMessage("IPC between processes refused: device=cuda:1, error=1201, expected=0, CUDA error: some"
                            + " error; train in threads, or set TrainerOptions.deviceResultShare(0)");
        }
        assertThat(CudaErrors.lost()).isNull();
    }

    @Test
    void shouldTellOfALostContextWhenItIsOpened() {
        try (DeviceSegment segment = DeviceSegment.create(1, 2, 512)) {
            DeviceHandle handle = segment.handle();
            cuda.failAt("cudaIpcOpenMemHandle", 1, ILLEGAL_ADDRESS);
            assertThatThrownBy(() -> DeviceSegment.open(handle)).isInstanceOf(IpcRefusedException.class);
            assertThat(CudaErrors.lost()).isEqualTo("error=700 (an illegal memory access was encountered)");
        }
    }
}
