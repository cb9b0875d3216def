package org.blazefl4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.blazefl4j.data.Batch;
import org.blazefl4j.data.DataLoader;
import org.blazefl4j.data.DataLoader.Epoch;
import org.blazefl4j.data.DataLoader.LastBatch;
import org.blazefl4j.data.Dataset;
import org.blazefl4j.data.FilteredDataset;
import org.blazefl4j.data.TensorDataset;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.LogLines;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Copies of data sets, on the CPU by two of its names. */
final class DeviceDataTest {

    private static final String ONE = "cpu";
    private static final String OTHER = "cpu:0";

    /** Memory of the CPU, which notes what is done to it. */
    private static final class Memory implements DeviceMemory {

        private final List<String> notes = new ArrayList<>();
        private long free = 1 << 20;
        private @Nullable RuntimeException failure;

        @Override
        public Tensor copy(Tensor tensor, String device) {
            notes.add("copy to " + device);
            return tensor.clone();
        }

        @Override
        public Tensor send(Tensor tensor, String device) {
            notes.add("send to " + device);
            return tensor.clone();
        }

        @Override
        public long free(String device) {
            return free;
        }

        @Override
        public void await(String device) {
            notes.add("await " + device);
            if (failure != null) {
                throw failure;
            }
        }
    }

    private final Memory memory = new Memory();
    private final DeviceCopies copies = new DeviceCopies(memory);

    private DeviceData worker(double share) {
        return new DeviceData(memory, copies, share);
    }

    private static TensorDataset samples(int count) {
        return new TensorDataset(Tensors.of(numbers(count * 6), count, 2, 3), Tensors.of(labels(count)));
    }

    private static float[] numbers(int count) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = i * 0.37f;
        }
        return numbers;
    }

    private static long[] labels(int count) {
        long[] labels = new long[count];
        for (int i = 0; i < count; i++) {
            labels[i] = i * 31L % 10;
        }
        return labels;
    }

    private static void requireEqual(Batch found, Batch expected) {
        assertThat(found.x().equal(expected.x())).isTrue();
        assertThat(found.x().shape()).isEqualTo(expected.x().shape());
        assertThat(found.y()).isNotNull();
        assertThat(found.y().equal(expected.y())).isTrue();
    }

    private static void readAll(DeviceData data, Dataset samples, String device) {
        try (Epoch epoch = new DataLoader(samples, 2).iterator();
                Epoch expected = new DataLoader(samples, 2).iterator()) {
            while (epoch.hasNext()) {
                try (Batch found = data.next(epoch, device);
                        Batch batch = expected.next()) {
                    requireEqual(found, batch);
                }
            }
            assertThat(expected.hasNext()).isFalse();
        }
    }

    /** Two loaders over a selection of a selection, whose generators end in the same state. */
    @Property(tries = 60)
    void shouldReadTheBatchesOfTheProcessor(
            @ForAll @Size(max = 20) List<@IntRange(max = 14) Integer> selected,
            @ForAll @IntRange(min = 1, max = 7) int batch,
            @ForAll boolean shuffle,
            @ForAll LastBatch last,
            @ForAll boolean fits) {
        try (PointerScope scope = new PointerScope();
                DeviceData data = worker(fits ? 0.3 : 0)) {
            TensorDataset whole = samples(15);
            long[] backwards = labels(15);
            for (int i = 0; i < 15; i++) {
                backwards[i] = 14 - i;
            }
            Dataset some = new FilteredDataset(
                    Tensors.of(selected.stream().mapToLong(i -> i).toArray()),
                    new FilteredDataset(Tensors.of(backwards), whole));
            Generator one = torch.createCPUGenerator(7);
            Generator other = torch.createCPUGenerator(7);
            DataLoader here = new DataLoader(some, batch, shuffle, one).lastBatch(last);
            DataLoader there = new DataLoader(some, batch, shuffle, other).lastBatch(last);
            for (int i = 0; i < 3; i++) {
                Epoch expected = here.iterator();
                Epoch epoch = there.iterator();
                while (expected.hasNext()) {
                    assertThat(epoch.hasNext()).isTrue();
                    requireEqual(data.next(epoch, ONE), expected.next());
                }
                assertThat(epoch.hasNext()).isFalse();
            }
            assertThat(one.get_state().equal(other.get_state())).isTrue();
        }
    }

    @Test
    void shouldCopyOnceForAllWorkersOfADevice() {
        try (PointerScope scope = new PointerScope();
                DeviceData one = worker(0.3);
                DeviceData other = worker(0.3)) {
            TensorDataset whole = samples(6);
            readAll(one, whole, ONE);
            readAll(other, new FilteredDataset(Tensors.of(new long[] {5, 1, 1}), whole), ONE);
            readAll(one, new TensorDataset(whole.data(), whole.targets()), ONE);
            assertThat(memory.notes).filteredOn("copy to cpu"::equals).hasSize(2); // samples and labels
            readAll(one, whole, OTHER);
            assertThat(memory.notes).filteredOn("copy to cpu:0"::equals).hasSize(2);
            assertThat(copies.count(ONE)).isEqualTo(2);
        }
    }

    /** Only positions cross for samples that are there, one tensor for each batch. */
    @Test
    void shouldSendPositionsAlone() {
        try (PointerScope scope = new PointerScope();
                DeviceData data = worker(0.3)) {
            readAll(data, samples(6), ONE);
        }
        assertThat(memory.notes)
                .startsWith("copy to cpu", "copy to cpu", "send to cpu", "send to cpu", "send to cpu")
                .hasSize(6);
    }

    @Test
    void shouldFreeACopyWithTheLastWorkerThatReadIt() {
        try (PointerScope scope = new PointerScope()) {
            TensorDataset whole = samples(6);
            DeviceData one = worker(0.3);
            DeviceData other = worker(0.3);
            readAll(one, whole, ONE);
            readAll(other, whole, ONE);
            one.close();
            assertThat(copies.count(ONE)).isEqualTo(2);
            memory.notes.clear();
            other.close();
            other.close();
            assertThat(copies.count(ONE)).isZero();
            assertThat(memory.notes).containsExactly("await cpu"); // before the memory is free for others
            assertThat(whole.data().storage().use_count()).isEqualTo(1);
        }
    }

    @Test
    void shouldFreeCopiesOfFreedDataSetsBeforeItMakesOthers() {
        try (DeviceData data = worker(0.3)) {
            for (int i = 0; i < 5; i++) {
                try (PointerScope scope = new PointerScope()) {
                    readAll(data, samples(6), ONE);
                }
                assertThat(copies.count(ONE)).isEqualTo(2);
            }
        }
        assertThat(copies.count(ONE)).isZero();
    }

    @Test
    void shouldCopyAgainWhatWasWrittenTo() {
        try (PointerScope scope = new PointerScope();
                DeviceData data = worker(0.3)) {
            TensorDataset whole = samples(6);
            readAll(data, whole, ONE);
            whole.data().neg_();
            readAll(data, whole, ONE);
            whole.targets().add_(new Scalar(1));
            readAll(data, whole, ONE);
            assertThat(copies.count(ONE)).isEqualTo(2);
            assertThat(memory.notes).filteredOn("copy to cpu"::equals).hasSize(4);
        }
    }

    /** As of a program that reuses a buffer which LibTorch does not own. */
    @Test
    void shouldCopyNewTensorsOfOldMemory() {
        try (PointerScope scope = new PointerScope();
                DeviceData data = worker(0.3)) {
            TensorDataset whole = samples(6);
            readAll(data, whole, ONE);
            memory.notes.clear();
            Tensor again = torch.from_blob(whole.data().data_ptr(), whole.data().shape());
            readAll(data, new TensorDataset(again, whole.targets()), ONE);
            assertThat(memory.notes).filteredOn("copy to cpu"::equals).hasSize(1);
        }
    }

    @Test
    void shouldFreeCopiesOfADeviceThatFails() {
        try (PointerScope scope = new PointerScope()) {
            TensorDataset whole = samples(6);
            DeviceData data = worker(0.3);
            readAll(data, whole, ONE);
            memory.failure = new IllegalStateException("lost");
            assertThatThrownBy(data::close).hasMessage("lost");
            assertThat(copies.count(ONE)).isZero();
            assertThat(whole.data().storage().use_count()).isEqualTo(1);
        }
    }

    @Test
    void shouldKeepCopiesOfDataSetsThatShareMemory() {
        try (PointerScope scope = new PointerScope();
                DeviceData data = worker(0.3)) {
            TensorDataset whole = samples(6);
            readAll(data, whole, ONE);
            readAll(
                    data,
                    new TensorDataset(
                            whole.data().narrow(0, 2, 4), whole.targets().narrow(0, 2, 4)),
                    ONE);
            readAll(data, new TensorDataset(whole.data().view(6, 6), whole.targets()), ONE);
            assertThat(copies.count(ONE)).isEqualTo(5); // the same labels twice
        }
    }

    /** Samples take 144 bytes, labels 48. */
    @Test
    void shouldSendSamplesOfDataSetsThatDoNotFit() {
        memory.free = 640;
        try (PointerScope scope = new PointerScope();
                DeviceData data = worker(0.3)) {
            TensorDataset first = samples(6);
            readAll(data, first, ONE);
            assertThat(copies.count(ONE)).isEqualTo(2);
            memory.free -= 192; // what is there counts towards the limit
            memory.notes.clear();
            TensorDataset second = samples(6);
            try (LogLines log = new LogLines(DeviceCopies.class)) {
                readAll(data, second, ONE);
                assertThat(log.lines())
                        .containsExactly("data set stays in host memory: device=cpu, need=384, limit=192, since"
                                + " deviceDataShare=0.3 of what is free; each of its batches is copied, with the same"
                                + " results: raise the share, or use a device with more memory");
            }
            assertThat(memory.notes).hasSize(6).containsOnly("send to cpu");
            memory.free = 1 << 20;
            readAll(data, second, ONE); // decided for as long as there are copies
            assertThat(copies.count(ONE)).isEqualTo(2);
        }
        assertThat(copies.count(ONE)).isZero();
    }

    @Test
    void shouldSendWhatTransformsMakeAndSamplesWithoutLabels() {
        try (PointerScope scope = new PointerScope();
                DeviceData data = worker(1)) {
            TensorDataset whole = samples(6);
            readAll(data, new TensorDataset(whole.data(), whole.targets(), (x, generator) -> x.neg()), ONE);
            Epoch epoch = new DataLoader(new TensorDataset(whole.data(), null), 4).iterator();
            assertThat(data.next(epoch, ONE).y()).isNull();
            assertThat(memory.notes).containsOnly("send to cpu");
        }
    }

    @Test
    void shouldCopyNothingWithoutAShare() {
        try (PointerScope scope = new PointerScope();
                DeviceData data = worker(0)) {
            readAll(data, samples(6), ONE);
            assertThat(memory.notes).containsOnly("send to cpu");
        }
    }

    @Test
    void shouldBeCurrentWhileAClientRuns() throws Exception {
        assertThat(DeviceData.current()).isNull();
        try (DeviceData data = worker(0.3)) {
            assertThat(data.during(DeviceData::current)).isSameAs(data);
            assertThatThrownBy(() -> data.during(() -> {
                        throw new ArithmeticException("client");
                    }))
                    .isInstanceOf(ArithmeticException.class);
            assertThat(DeviceData.current()).isNull();
        }
    }
}
