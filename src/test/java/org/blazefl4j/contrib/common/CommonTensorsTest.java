package org.blazefl4j.contrib.common;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.blazefl4j.data.Dataset;
import org.blazefl4j.data.TensorDataset;
import org.junit.jupiter.api.Test;

final class CommonTensorsTest {

    @Test
    void shouldFindTheTensorsThatClientsHaveInCommon() {
        try (TinyData data = TinyData.evenly(30, 3)) {
            TensorDataset whole = data.whole();

            assertThat(CommonTensors.among(clients(data)))
                    .usingElementComparator((a, b) -> a == b ? 0 : 1)
                    .containsExactly(whole.data(), whole.targets());
        }
    }

    @Test
    void shouldFindNothingWhereEachClientHasItsOwn() {
        try (TinyData data = TinyData.evenly(30, 3).apart()) {
            assertThat(CommonTensors.among(clients(data))).isEmpty();
        }
    }

    private static List<Dataset> clients(TinyData data) {
        return data.partitions().clients(PartitionType.TRAIN).stream()
                .map(cid -> data.partitions().getDataset(PartitionType.TRAIN, cid))
                .toList();
    }
}
