package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.util.Slow;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/** Unchanged configurations are encoded once, and changes arrive. */
@Slow
final class ProcessPoolConfigsTest {

    private static final List<Integer> CIDS = List.of(0, 1, 2);

    /** A client's configuration. The client returns the sum of its numbers. */
    record Config(int cid, Object more, Tensor data) {}

    /** What a client receives and returns. */
    record Package(Tensor value) {}

    private record Clients(IntFunction<Config> configs) implements ClientAlgorithm<Config, Package, Package> {

        @Override
        public Config getClientConfig(int cid) {
            return configs.apply(cid);
        }

        @Override
        public ClientWorker<Config, Package, Package> worker() {
            return Clients::sum;
        }

        @Override
        public Package prepareUplinkPackageBuffer() {
            return new Package(torch.empty(1));
        }

        private static Package sum(Config config, Package payload, WorkerContext context) {
            double more = config.more() instanceof List<?> list
                    ? list.stream()
                            .mapToDouble(number -> ((Number) number).doubleValue())
                            .sum()
                    : 0;
            double data = config.data() == null ? 0 : config.data().sum().item_double();
            return new Package(torch.full(new long[] {1}, new Scalar(config.cid() + more + data)));
        }
    }

    private static ProcessPoolClientTrainer<Config, Package, Package> trainer(IntFunction<Config> configs) {
        return new ProcessPoolClientTrainer<>(
                new Clients(configs), TrainerOptions.builder().numParallels(1).build());
    }

    private static List<Double> round(ProcessPoolClientTrainer<Config, Package, Package> trainer) {
        List<Double> sums = new ArrayList<>();
        try (Tensor nothing = torch.zeros(1)) {
            trainer.localProcess(new Package(nothing), CIDS, uplink -> {
                sums.add(uplink.value().item_double());
                uplink.value().close();
            });
        }
        return sums;
    }

    private static IntFunction<Config> sameEachTime(IntFunction<Config> made) {
        Map<Integer, Config> configs = new HashMap<>();
        return cid -> configs.computeIfAbsent(cid, made::apply);
    }

    /** A closed tensor cannot be encoded, so rounds that succeed with one do not encode it again. */
    @Test
    void shouldEncodeTheSameObjectOnce() {
        Tensor data = torch.ones(4);
        try (Tensor keptShared = data.detach();
                var trainer = trainer(sameEachTime(cid -> new Config(cid, List.of(10, 20L, 0.5), data)))) {
            trainer.workers().share(data);
            assertThat(round(trainer)).containsExactly(34.5, 35.5, 36.5);
            data.close();
            for (int round = 0; round < 3; round++) {
                assertThat(round(trainer)).containsExactly(34.5, 35.5, 36.5);
            }
        }
    }

    @Test
    void shouldEncodeEachNewObject() {
        Tensor data = torch.ones(4);
        int[] round = {0};
        try (Tensor keptShared = data.detach();
                var trainer = trainer(cid -> new Config(cid, List.of(round[0]), data))) {
            trainer.workers().share(data);
            for (; round[0] < 3; round[0]++) {
                assertThat(round(trainer)).containsExactly(round[0] + 4., round[0] + 5., round[0] + 6.);
            }
            data.close();
            requireRefusal(trainer);
        }
    }

    @Test
    void shouldEncodeAgainWhenDataIsNoLongerShared() {
        Tensor data = torch.ones(4);
        try (var trainer = trainer(sameEachTime(cid -> new Config(cid, null, data)))) {
            trainer.workers().share(data);
            assertThat(round(trainer)).containsExactly(4., 5., 6.);
            data.close();
            requireRefusal(trainer);
        }
    }

    private static void requireRefusal(ProcessPoolClientTrainer<Config, Package, Package> trainer) {
        assertThatThrownBy(() -> round(trainer))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cannot cross: path=data, type=closed Tensor, expected=open tensors");
    }

    @Test
    void shouldSendChangesInsideTheSameObject() {
        List<Integer> numbers = new ArrayList<>();
        try (var trainer = trainer(sameEachTime(cid -> new Config(cid, numbers, null)))) {
            assertThat(round(trainer)).containsExactly(0., 1., 2.);
            numbers.add(10);
            assertThat(round(trainer)).containsExactly(10., 11., 12.);
        }
    }

    @Test
    void shouldSendTensorsThatChangeBeforeTheyAreShared() {
        try (Tensor data = torch.ones(4);
                var trainer = trainer(sameEachTime(cid -> new Config(cid, null, data)))) {
            assertThat(round(trainer)).containsExactly(4., 5., 6.);
            data.fill_(new Scalar(2));
            assertThat(round(trainer)).containsExactly(8., 9., 10.);

            trainer.workers().share(data);
            assertThat(round(trainer)).containsExactly(8., 9., 10.);
        }
    }

    @Test
    void shouldSendLongConfigurationsOfTheSameClients() {
        List<Integer> ones = Collections.nCopies(20_000, 1).stream().toList();
        try (var trainer = trainer(sameEachTime(cid -> new Config(cid, cid == 1 ? ones : List.of(), null)))) {
            for (int round = 0; round < 3; round++) {
                assertThat(round(trainer)).containsExactly(0., 20_001., 2.);
            }
        }
    }
}
