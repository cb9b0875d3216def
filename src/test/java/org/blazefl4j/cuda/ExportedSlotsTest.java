package org.blazefl4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.blazefl4j.util.LogLines;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Slots that other processes would write to, on devices that are not there. */
final class ExportedSlotsTest {

    private static final int MOST = 4;
    private static final long SLOT_BYTES = 3 << 20;
    private static final int ILLEGAL_ADDRESS = 700;
    private static final int NOT_SUPPORTED = 801;

    @RegisterExtension
    final FakeCuda cuda = new FakeCuda();

    private ExportedSlots slots;

    @BeforeEach
    void open() {
        slots = new ExportedSlots(1, SLOT_BYTES, MOST);
    }

    @AfterEach
    void close() {
        slots.close();
    }

    private static Tensor tensor(DeviceSlot slot) {
        return slot.segment().tensor(slot.offset(), ScalarType.Float, new long[] {9}, new long[] {1}, 36);
    }

    private List<DeviceSlot> takeAll() {
        List<DeviceSlot> taken = new ArrayList<>();
        for (DeviceSlot slot = slots.take(0); slot != null; slot = slots.take(0)) {
            taken.add(slot);
        }
        return taken;
    }

    @Test
    void shouldWaitForReadersOnceForManySlots() {
        List<DeviceSlot> taken = takeAll();
        assertThat(taken).hasSize(MOST).doesNotHaveDuplicates();
        assertThat(cuda.readerWaits()).isZero();
        Tensor used = tensor(taken.get(0));
        taken.forEach(slots::release);

        assertThat(takeAll()).containsExactlyElementsOf(taken.subList(1, MOST));
        assertThat(cuda.readerWaits()).isOne();
        used.close();
        assertThat(takeAll()).containsExactly(taken.get(0));
        assertThat(cuda.readerWaits()).isEqualTo(2);
    }

    @Test
    void shouldReplaceSlotsThatAreGivenUp() {
        List<DeviceSlot> taken = takeAll();
        slots.retire(taken.get(1));
        slots.retire(taken.get(2));
        List<DeviceSlot> more = takeAll();
        assertThat(more).hasSize(2).doesNotContainAnyElementsOf(taken);
        slots.release(taken.get(0));
        assertThat(takeAll()).containsExactly(taken.get(0));
    }

    @Test
    void shouldHaveSlotsOnEachDevice() {
        Set<Integer> devices = new HashSet<>();
        devices.add(slots.take(0).segment().device());
        devices.add(slots.take(1).segment().device());
        assertThat(devices).containsExactlyInAnyOrder(0, 1);
    }

    @Test
    void shouldKnowWhetherResultsCameInSlots() {
        DeviceSlot failed = slots.take(0);
        slots.release(failed);
        assertThat(slots.isProven(0)).isFalse();
        DeviceSlot done = slots.take(0);
        try (Tensor result = tensor(done)) {
            slots.release(done);
        }
        assertThat(slots.isProven(0)).isTrue();
        assertThat(slots.isProven(1)).isFalse();
        slots.refuse("a worker cannot open it");
        assertThat(slots.isProven(0)).isFalse();
    }

    @Test
    void shouldHaveNoSlotsThatCannotBeExported() {
        cuda.failAt("cudaIpcGetMemHandle", 1, NOT_SUPPORTED);
        try (LogLines log = new LogLines(ExportedSlots.class)) {
            assertThat(slots.take(0)).isNull();
            assertThat(slots.take(0)).isNull();
            assertThat(slots.exist(0)).isFalse();
            assertThat(log.lines())
                    .containsExactly("results cross through host memory, with the same bits: IPC between processes"
                            + " refused: device=cuda:0, error=1801, expected=0, CUDA error: some error; train in"
                            + " threads, or set TrainerOptions.deviceResultShare(0)");
        }
        assertThat(cuda.leaked()).isEqualTo("nothing");
    }

    @Test
    void shouldPassOnThatTheContextIsLost() {
        DeviceSlot taken = slots.take(0);
        assertThat(taken).isNotNull();
        cuda.failAt("cudaIpcGetMemHandle", 1, ILLEGAL_ADDRESS);
        assertThatThrownBy(() -> slots.take(0)).isInstanceOf(IpcRefusedException.class);
        assertThat(CudaErrors.lost()).isEqualTo("error=700 (an illegal memory access was encountered)");
    }
}
