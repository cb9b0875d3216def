package org.blazefl4j.shm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.blazefl4j.binding.Native;
import org.blazefl4j.codec.ElementTypes;
import org.blazefl4j.codec.TensorLayout;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SegmentTest {

    private static final long PAGE = 4096;

    private final long regionsBefore = Native.regionCount();

    @AfterEach
    void nothingStaysMapped() {
        // Fewer are possible: the collector may free regions of other tests.
        assertThat(Native.regionCount()).isLessThanOrEqualTo(regionsBefore);
    }

    // ---- Making and opening

    @Test
    void shouldShowTheSameBytesThroughASecondMapping() {
        try (Segment segment = Segment.create(100);
                Segment other = Segment.open(segment.handle());
                Tensor written = segment.tensor(64, ScalarType.Float, 2, 3);
                Tensor read = other.tensor(64, ScalarType.Float, 2, 3)) {
            written.fill_(new Scalar(2.5f));
            assertThat(other.address()).isNotEqualTo(segment.address());
            assertThat(read.sum().item_float()).isEqualTo(15f);
        }
    }

    @Test
    void shouldRoundSlotsToWholePages() {
        try (Segment segment = Segment.slotted(3, PAGE + 1)) {
            assertThat(segment.slots()).isEqualTo(3);
            assertThat(segment.slotBytes()).isEqualTo(2 * PAGE);
            assertThat(segment.bytes()).isEqualTo(6 * PAGE);
            assertThat(segment.slotOffset(2)).isEqualTo(4 * PAGE);
            assertThat(segment.address() % PAGE).isZero();
        }
    }

    @Test
    void shouldBeginWithZeros() {
        try (Segment segment = Segment.create(PAGE);
                Tensor all = segment.tensor(0, ScalarType.Byte, PAGE)) {
            assertThat(all.count_nonzero().item_long()).isZero();
        }
    }

    @Test
    void shouldGiveEachSegmentItsOwnGeneration() {
        try (Segment one = Segment.create(1);
                Segment other = Segment.create(1)) {
            assertThat(other.handle().generation()).isNotEqualTo(one.handle().generation());
        }
    }

    @Test
    void shouldLeaveNoNameInSharedMemory() throws IOException {
        try (Segment segment = Segment.create(1)) {
            Path link = Files.readSymbolicLink(
                    Path.of("/proc/self/fd/" + segment.handle().fd()));
            assertThat(link.toString()).startsWith("/dev/shm/").endsWith(" (deleted)");
            assertThat(Files.exists(Path.of(link.toString().replace(" (deleted)", ""))))
                    .isFalse();
        }
    }

    @Test
    void shouldLeakNothingWhenOpenedAndClosedManyTimes() throws IOException {
        long descriptors = segmentDescriptors();
        List<Long> addresses = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            try (Segment segment = Segment.slotted(2, PAGE);
                    Segment other = Segment.open(segment.handle());
                    Tensor tensor = other.tensor(PAGE, ScalarType.Float, 8)) {
                tensor.fill_(new Scalar(i));
                addresses.add(segment.address());
                addresses.add(other.address());
            }
        }
        assertThat(segmentDescriptors()).isLessThanOrEqualTo(descriptors);
        assertThat(addresses).noneMatch(SegmentTest::isMappedSegment);
    }

    @Test
    void shouldRefuseToOpenAnotherFile() {
        try (Segment segment = Segment.create(1)) {
            SegmentHandle h = segment.handle();
            SegmentHandle other = new SegmentHandle(
                    h.pid(), h.fd(), h.device(), h.inode() + 1, h.slots(), h.slotBytes(), h.generation());
            assertThatThrownBy(() -> Segment.open(other))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("cannot open a segment: " + other
                            + ", errno=116 (Stale file handle); open it while its owner runs and has it open");
        }
    }

    @Test
    void shouldRefuseToOpenAClosedSegment() {
        Segment segment = Segment.create(1);
        segment.close();
        segment.close();
        assertThatThrownBy(() -> Segment.open(segment.handle()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("cannot open a segment: SegmentHandle[pid=" + Native.pid() + ", ")
                .hasMessageContaining("errno=");
    }

    @Test
    void shouldRefuseInvalidSizes() {
        assertThatThrownBy(() -> Segment.create(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("segment: bytes=0, limit=1 to 9223372036854771711; ask for what the tensors need");
        assertThatThrownBy(() -> Segment.slotted(0, PAGE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("segment: slots=0, slotBytes=4096, limit=1 to 1048576 slots of a multiple of 4096 bytes,"
                        + " less than 2^63 bytes in all; ask for less");
        assertThatThrownBy(() -> Segment.slotted(Integer.MAX_VALUE, Long.MAX_VALUE / 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("less than 2^63 bytes in all");
        assertThatThrownBy(() -> new SegmentHandle(0, 1, 1, 1, 1, PAGE, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("segment handle: pid=0, fd=1, expected=pid of 1 or more, fd of 0 or more;"
                        + " the message is damaged");
        assertThatThrownBy(() -> new SegmentHandle(1, 1, 1, 1, 1, PAGE - 1, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("slotBytes=4095");
    }

    // ---- References to slots

    @Test
    void shouldCountStoragesNotObjects() {
        try (Segment segment = Segment.slotted(2, PAGE)) {
            Tensor tensor = segment.tensor(PAGE, ScalarType.Float, 2, 3);
            Tensor row = tensor.get(0);
            Tensor second = segment.tensor(PAGE + 24, ScalarType.Float, 2, 3);
            assertThat(segment.references(1)).isEqualTo(2);
            assertThat(segment.references(0)).isZero();
            tensor.close();
            assertThat(segment.references(1)).isEqualTo(2);
            row.close();
            assertThat(segment.references(1)).isOne();
            second.close();
            assertThat(segment.references(1)).isZero();
        }
    }

    @Test
    void shouldCountReferencesOfAutograd() {
        try (Segment segment = Segment.create(PAGE);
                Tensor leaf = torch.ones(4).requires_grad_(true)) {
            Tensor factor = segment.tensor(0, ScalarType.Float, 4);
            Tensor product = leaf.mul(factor);
            factor.close();
            assertThat(segment.references(0)).isOne();
            product.close();
            assertThat(segment.references(0)).isZero();
        }
    }

    @Test
    void shouldStayMappedAfterCloseUntilTheLastTensorIsGone() {
        Segment segment = Segment.slotted(2, PAGE);
        Tensor tensor = segment.tensor(PAGE, ScalarType.Int, 3);
        tensor.fill_(new Scalar(7));
        segment.close();
        assertThat(isMappedSegment(segment.address())).isTrue();
        assertThat(segment.references(1)).isOne();
        assertThat(tensor.sum().item_int()).isEqualTo(21);
        tensor.close();
        assertThat(isMappedSegment(segment.address())).isFalse();
        assertThat(segment.references(1)).isZero();
    }

    @Test
    void shouldKeepTheStorageWhenOnlyTheJavaObjectIsCollected() {
        try (Segment segment = Segment.create(PAGE)) {
            TensorVector held = vectorOfOne(segment);
            // The second object becomes unreachable after the first; once it is collected, so is the first.
            dropOne(segment);
            awaitCollecting(() -> segment.references(0) == 1);
            assertThat(held.get(0).sum().item_float()).isEqualTo(12f);
            held.close();
            awaitCollecting(() -> segment.references(0) == 0);
        }
    }

    /** Returns a vector that holds the storage; the tensor's Java object is then unreachable. */
    private static TensorVector vectorOfOne(Segment segment) {
        return new TensorVector(segment.tensor(0, ScalarType.Float, 4).fill_(new Scalar(3f)));
    }

    private static void dropOne(Segment segment) {
        assertThat(segment.tensor(256, ScalarType.Float, 4).numel()).isEqualTo(4);
        assertThat(segment.references(0)).isEqualTo(2);
    }

    @Test
    void shouldCountExactlyWhenThreadsMakeAndCloseTensors() throws Exception {
        int threads = 4;
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try (Segment segment = Segment.slotted(threads, PAGE)) {
            List<Callable<Void>> work = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                int thread = t;
                work.add(() -> makeAndClose(segment, thread));
            }
            for (Future<Void> done : pool.invokeAll(work)) {
                done.get();
            }
            for (int slot = 0; slot < threads; slot++) {
                assertThat(segment.references(slot)).isZero();
            }
        } finally {
            pool.shutdownNow();
        }
    }

    private static Void makeAndClose(Segment segment, int thread) {
        for (int i = 0; i < 500; i++) {
            int slot = (thread + i) % segment.slots();
            try (Tensor tensor = segment.tensor(segment.slotOffset(slot) + thread * 512L, ScalarType.Double, 8);
                    Tensor view = tensor.slice()) {
                assertThat(segment.references(slot)).isPositive();
                assertThat(view.numel()).isEqualTo(8);
            }
        }
        return null;
    }

    @Test
    void shouldFreeASlotFromAnotherThread() throws Exception {
        try (Segment segment = Segment.create(PAGE)) {
            Tensor tensor = segment.tensor(0, ScalarType.Float, 4);
            Thread other = new Thread(tensor::close);
            other.start();
            other.join();
            assertThat(segment.references(0)).isZero();
        }
    }

    // ---- Tensors of every kind

    @ParameterizedTest
    @MethodSource("typesThatCross")
    void shouldHoldTensorsOfEveryTypeThatCrosses(ScalarType dtype) {
        long elementBytes = torch.elementSize(dtype);
        try (Segment segment = Segment.create(PAGE);
                Tensor tensor = segment.tensor(PAGE - 6 * elementBytes, dtype, 2, 3)) {
            assertThat(tensor.scalar_type().intern()).isEqualTo(dtype);
            assertThat(tensor.sizes().vec().get()).containsExactly(2, 3);
            assertThat(tensor.data_ptr().address()).isEqualTo(segment.address() + PAGE - 6 * elementBytes);
            assertThat(tensor.nbytes()).isEqualTo(6 * elementBytes);
            assertThat(segment.references(0)).isOne();
        }
    }

    static List<ScalarType> typesThatCross() {
        List<ScalarType> types = Stream.of(ScalarType.values())
                .filter(type -> ElementTypes.bytes(type) > 0)
                .toList();
        assertThat(types).hasSizeGreaterThan(15);
        return types;
    }

    @Test
    void shouldRefuseTypesWithMoreThanElements() {
        try (Segment segment = Segment.create(PAGE)) {
            assertThatThrownBy(() -> segment.tensor(0, ScalarType.QInt8, 2))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("dtype=QInt8, expected=");
        }
    }

    @Test
    void shouldHoldTensorsWithoutElementsInSeparateMemory() {
        try (Segment segment = Segment.create(PAGE);
                Tensor atTheEnd = segment.tensor(PAGE, ScalarType.Long, 3, 0, 2)) {
            assertThat(atTheEnd.sizes().vec().get()).containsExactly(3, 0, 2);
            assertThat(atTheEnd.strides().vec().get()).containsExactly(2, 2, 1);
            assertThat(segment.references(0)).isZero();
        }
    }

    @Test
    void shouldHoldAScalar() {
        try (Segment segment = Segment.create(PAGE);
                Tensor scalar = segment.tensor(8, ScalarType.Double)) {
            scalar.fill_(new Scalar(0.5));
            assertThat(scalar.dim()).isZero();
            assertThat(scalar.item_double()).isEqualTo(0.5);
        }
    }

    @Test
    void shouldKeepStrides() {
        long[] sizes = {1, 2, 2, 3};
        long[] channelsLast = {12, 1, 6, 2};
        TensorLayout layout = new TensorLayout(ScalarType.Float, sizes, channelsLast);
        try (PointerScope scope = new PointerScope();
                Segment segment = Segment.create(PAGE);
                Tensor plain = segment.tensor(0, ScalarType.Float, 12);
                Tensor image = segment.tensor(0, layout)) {
            plain.copy_(torch.arange(new Scalar(12f)));
            assertThat(image.strides().vec().get()).containsExactly(channelsLast);
            assertThat(image.is_contiguous(torch.MemoryFormat.ChannelsLast)).isTrue();
            assertThat(image.get(0).get(1).get(1).get(2).item_float()).isEqualTo(1 + 6 + 4);
        }
    }

    // ---- Refusals

    @Test
    void shouldRefuseATensorOutsideTheSegment() {
        try (Segment segment = Segment.create(PAGE)) {
            assertThatThrownBy(() -> segment.tensor(PAGE - 20, ScalarType.Float, 2, 3))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("tensor in a segment: offset=4076, bytes=24, limit=4096 bytes in the segment;"
                            + " place it inside");
            assertThatThrownBy(() -> segment.tensor(-4, ScalarType.Float, 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("offset=-4");
            assertThatThrownBy(() -> segment.tensor(Long.MAX_VALUE, ScalarType.Byte, 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("offset=9223372036854775807");
            assertThatThrownBy(() -> segment.tensor(PAGE + 1, ScalarType.Byte, 0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("offset=4097");
        }
    }

    @Test
    void shouldRefuseATensorInTwoSlots() {
        try (Segment segment = Segment.slotted(2, PAGE)) {
            assertThatThrownBy(() -> segment.tensor(PAGE - 4, ScalarType.Float, 2))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("tensor in a segment: offset=4092, bytes=8, limit=4096 bytes in a slot;"
                            + " place it inside one slot");
            assertThatThrownBy(() -> segment.slotOffset(2))
                    .isInstanceOf(IndexOutOfBoundsException.class)
                    .hasMessage("slot of a segment: slot=2, limit=0 to 1; count from 0");
            assertThatThrownBy(() -> segment.references(-1))
                    .isInstanceOf(IndexOutOfBoundsException.class)
                    .hasMessageContaining("slot=-1");
        }
    }

    @Test
    void shouldRefuseAnOddOffset() {
        try (Segment segment = Segment.create(PAGE)) {
            assertThatThrownBy(() -> segment.tensor(4, ScalarType.Double, 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("tensor in a segment: offset=4, expected=a multiple of 8 for this type; align it");
        }
    }

    @Test
    void shouldRefuseNewTensorsWhenClosed() {
        Segment segment = Segment.create(PAGE);
        segment.close();
        assertThatThrownBy(() -> segment.tensor(0, ScalarType.Float, 1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("tensor in a segment: open=false, expected=an open segment; create tensors before close()");
    }

    // ---- Helpers

    private static boolean isMappedSegment(long address) {
        String begin = Long.toHexString(address) + "-";
        try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
            return maps.anyMatch(line -> line.startsWith(begin) && line.contains("/dev/shm/"));
        } catch (IOException unreadable) {
            throw new AssertionError(unreadable);
        }
    }

    private static long segmentDescriptors() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.filter(SegmentTest::isSegment).count();
        }
    }

    private static boolean isSegment(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).startsWith("/dev/shm");
        } catch (IOException closedSince) {
            return false;
        }
    }

    /** Lets the collector run until the condition holds; the class's time limit ends it otherwise. */
    private static void awaitCollecting(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            System.gc();
            Thread.yield();
        }
    }
}
