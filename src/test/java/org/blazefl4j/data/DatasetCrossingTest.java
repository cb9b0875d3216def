package org.blazefl4j.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.blazefl4j.codec.PackageDecoder;
import org.blazefl4j.codec.PackageEncoder;
import org.blazefl4j.codec.ShmHandle;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.data.DataLoader.Epoch;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/** Sends a client's data to a worker: the batches stay the same, and each tensor is sent once. */
class DatasetCrossingTest {

    private enum Part {
        TRAIN,
        TEST
    }

    private static final Transform AUGMENT = Transform.compose(
            Transform.randomCrop(4, 1),
            Transform.randomHorizontalFlip(0.5),
            Transform.toFloat(255),
            Transform.normalize(0.5, 0.25));

    /** The tensors that were sent. */
    private final List<Tensor> sent = new ArrayList<>();

    @SuppressWarnings("unchecked")
    private <T> T cross(T graph) {
        ByteBuffer message = new PackageEncoder().encode(graph, (path, tensor, layout, unbounded) -> {
            sent.add(tensor);
            return new ShmHandle(0, 0, sent.size() - 1, layout);
        });
        return (T) new PackageDecoder(getClass().getClassLoader())
                .decode(message, handle -> sent.get((int) handle.offset()).clone());
    }

    private static void checkSameBatches(Dataset here, Dataset there) {
        try (Generator g = torch.createCPUGenerator(1);
                Generator same = torch.createCPUGenerator(1);
                Epoch expected = new DataLoader(here, 3, true, g).iterator();
                Epoch found = new DataLoader(there, 3, true, same).iterator()) {
            while (expected.hasNext()) {
                try (Batch a = expected.next();
                        Batch b = found.next()) {
                    assertThat(b.x().equal(a.x())).isTrue();
                    assertThat(b.y().equal(a.y())).isTrue();
                }
            }
            assertThat(found.hasNext()).isFalse();
        }
    }

    @Test
    void shouldReadTheSameBatchesInAWorker() {
        byte[] pixels = new byte[8 * 16];
        new Random(1).nextBytes(pixels);
        try (Tensor images = Tensor.create(pixels, false, 8, 1, 4, 4);
                Tensor labels = Tensor.create(new long[] {0, 1, 2, 3, 4, 5, 6, 7});
                Tensor indices = Tensor.create(new long[] {7, 1, 3, 5, 0})) {
            Dataset here = new FilteredDataset(indices, new TensorDataset(images, labels, AUGMENT));
            Dataset there = cross(here);
            checkSameBatches(here, there);
            assertThat(there).isInstanceOf(FilteredDataset.class).isNotSameAs(here);
        }
    }

    @Test
    void shouldSendSharedTensorsOnceForAllClients() {
        try (Tensor data = Tensor.create(new float[] {1, 2, 3, 4, 5, 6});
                Tensor labels = Tensor.create(new long[] {0, 1, 0, 1, 0, 1});
                InMemoryPartitionedDataset<Part> here = new InMemoryPartitionedDataset<>()) {
            TensorDataset whole = new TensorDataset(data, labels);
            here.setClients(Part.TRAIN, whole, Partitioner.iid().partition(labels, 2, 1));
            here.setDataset(Part.TEST, whole);
            InMemoryPartitionedDataset<Part> there = cross(here);
            assertThat(sent).hasSize(4).contains(data, labels);
            assertThat(there.clients(Part.TRAIN)).containsExactly(0, 1);
            checkSameBatches(here.getDataset(Part.TRAIN, 1), there.getDataset(Part.TRAIN, 1));
            checkSameBatches(here.getDataset(Part.TEST), there.getDataset(Part.TEST));
            there.close();
        }
    }
}
