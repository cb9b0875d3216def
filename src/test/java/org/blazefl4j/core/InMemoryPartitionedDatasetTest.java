package org.blazefl4j.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.data.Batch;
import org.blazefl4j.data.DataLoader;
import org.blazefl4j.data.Dataset;
import org.blazefl4j.data.FilteredDataset;
import org.blazefl4j.data.TensorDataset;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class InMemoryPartitionedDatasetTest {

    private enum Part {
        TRAIN,
        OPEN,
        TEST
    }

    private final Tensor data = Tensor.create(new long[] {10, 11, 12, 13, 14, 15});
    private final TensorDataset whole = new TensorDataset(data, data);
    private final InMemoryPartitionedDataset<Part> partitioned = new InMemoryPartitionedDataset<>();

    @AfterEach
    void close() {
        partitioned.close();
        data.close();
    }

    private static List<String> read(DataLoader loader) {
        List<String> batches = new ArrayList<>();
        for (Batch batch : loader) {
            try (batch) {
                StringBuilder text = new StringBuilder();
                for (long i = 0; i < batch.x().size(0); i++) {
                    try (Tensor element = batch.x().select(0, i)) {
                        text.append(element.item_long()).append(' ');
                    }
                }
                batches.add(text.toString().strip());
            }
        }
        return batches;
    }

    @Test
    void shouldUseTheCommonSetIfNoClientIsGiven() {
        partitioned.setDataset(Part.TEST, whole);
        assertThat(partitioned.getDataset(Part.TEST)).isSameAs(whole);
        assertThat(partitioned.getDataset(Part.TEST, null)).isSameAs(whole);
        assertThat(partitioned.size(Part.TEST, null)).isEqualTo(6);
    }

    @Test
    void shouldKeepTheLastValue() {
        Dataset other = new TensorDataset(data, null);
        partitioned.setDataset(Part.TRAIN, 3, whole);
        partitioned.setDataset(Part.TRAIN, 3, other);
        assertThat(partitioned.getDataset(Part.TRAIN, 3)).isSameAs(other);
        assertThat(partitioned.clients(Part.TRAIN)).containsExactly(3);
        assertThat(partitioned.clients(Part.OPEN)).isEmpty();
    }

    @Test
    void shouldDivideADataSetAmongClients() {
        partitioned.setClients(Part.TRAIN, whole, List.of(new long[] {0, 4}, new long[] {1, 2, 3}));
        assertThat(partitioned.clients(Part.TRAIN)).containsExactly(0, 1);
        assertThat(partitioned.size(Part.TRAIN, 1)).isEqualTo(3);
        assertThat(read(partitioned.getDataLoader(Part.TRAIN, 0))).containsExactly("10 14");
        assertThat(read(partitioned.getDataLoader(Part.TRAIN, 1, 2))).containsExactly("11 12", "13");
    }

    @Test
    void shouldReadOneBatchInOrderByDefault() {
        partitioned.setDataset(Part.TEST, whole);
        assertThat(read(partitioned.getDataLoader(Part.TEST))).containsExactly("10 11 12 13 14 15");
        try (Generator generator = torch.createCPUGenerator(42);
                Generator same = torch.createCPUGenerator(42)) {
            assertThat(read(partitioned.getDataLoader(Part.TEST, null, 4, generator)))
                    .isEqualTo(read(new DataLoader(whole, 4, true, same)))
                    .isNotEqualTo(read(new DataLoader(whole, 4)));
        }
    }

    @Test
    @SuppressWarnings("try") // the scope is only closed
    void shouldOwnTheIndicesThatItCreates() {
        try (PointerScope scope = new PointerScope()) {
            partitioned.setClients(Part.TRAIN, whole, List.of(new long[] {5}));
            partitioned.setCommon(Part.OPEN, whole, new long[] {4, 1});
        }
        FilteredDataset dataset = (FilteredDataset) partitioned.getDataset(Part.TRAIN, 0);
        FilteredDataset open = (FilteredDataset) partitioned.getDataset(Part.OPEN);
        assertThat(read(partitioned.getDataLoader(Part.TRAIN, 0))).containsExactly("15");
        assertThat(read(partitioned.getDataLoader(Part.OPEN))).containsExactly("14 11");
        partitioned.close();
        assertThat(dataset.indices().isNull()).isTrue();
        assertThat(open.indices().isNull()).isTrue();
        assertThat(data.isNull()).isFalse();
    }

    @Test
    void shouldNameTheClientsThatExist() {
        partitioned.setDataset(Part.TEST, whole);
        partitioned.setDataset(Part.TRAIN, whole);
        partitioned.setClients(Part.TRAIN, whole, List.of(new long[] {0}, new long[] {1}));
        String there = ", found=[TEST (common), TRAIN (common and 2 clients from 0 to 1)]; set it first";
        refused(Part.OPEN, null, "no such data: type=OPEN, client=none" + there);
        refused(Part.TRAIN, 2, "no such data: type=TRAIN, client=2" + there);
        refused(Part.TEST, 0, "no such data: type=TEST, client=0" + there);
    }

    @Test
    void shouldSayWhatThereIs() {
        partitioned.setDataset(Part.TEST, whole);
        partitioned.setDataset(Part.TRAIN, 1, whole);

        for (PartitionedDataset<Part> data : List.of(partitioned, new Wrapped(partitioned))) {
            assertThat(data.hasDataset(Part.TEST, null)).isTrue();
            assertThat(data.hasDataset(Part.TEST, 1)).isFalse();
            assertThat(data.hasDataset(Part.TRAIN, 1)).isTrue();
            assertThat(data.hasDataset(Part.TRAIN, null)).isFalse();
        }
    }

    /** Has nothing but what it must implement. */
    private record Wrapped(PartitionedDataset<Part> inner) implements PartitionedDataset<Part> {
        @Override
        public Dataset getDataset(Part type, Integer cid) {
            return inner.getDataset(type, cid);
        }

        @Override
        public void setDataset(Part type, Integer cid, Dataset dataset) {
            inner.setDataset(type, cid, dataset);
        }
    }

    @Test
    void shouldBeEmptyAtFirst() {
        refused(Part.TRAIN, 1, "no such data: type=TRAIN, client=1, found=[]; set it first");
    }

    private void refused(Part type, Integer cid, String message) {
        assertThatThrownBy(() -> partitioned.getDataLoader(type, cid))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void shouldRefuseANegativeClient() {
        assertThatThrownBy(() -> partitioned.setDataset(Part.TRAIN, -1, whole))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("negative client id: client=-1, limit=0 or more");
    }
}
