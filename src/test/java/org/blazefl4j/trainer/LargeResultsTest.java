package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.blazefl4j.trainer.Clients.ids;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.trainer.Clients.Down;
import org.blazefl4j.trainer.Clients.Up;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Large results, which clients of this process write to memory that is reused. */
final class LargeResultsTest {

    private static final long FLOATS = 300_000;
    private static final int CLIENTS = 40;

    private final Down down = Down.of(100);

    @AfterEach
    void close() {
        down.value().close();
    }

    /** Clients that fill their buffer with their id. */
    private static class LargeClients extends Clients {

        LargeClients() {
            this((cid, payload, context) -> {
                Tensor value = context.<Up>uplinkBuffer().value();
                value.fill_(new Scalar(cid));
                return new Up(cid, value);
            });
        }

        LargeClients(ClientWorker<Integer, Down, Up> worker) {
            super(worker);
        }

        @Override
        public Up prepareUplinkPackageBuffer() {
            return new Up(0, torch.empty(FLOATS));
        }
    }

    private static TrainerOptions slots(int count) {
        return TrainerOptions.builder().numParallels(2).slots(count).build();
    }

    private static boolean isFilledWith(int number, Tensor value) {
        try (Tensor same = value.eq(new Scalar(number));
                Tensor all = same.all()) {
            return all.item_bool();
        }
    }

    private static long address(Tensor tensor) {
        return tensor.data_ptr().address();
    }

    @WithoutProcesses
    void shouldReuseTheMemoryOfClosedResults(ExecutionMode mode) {
        Set<Long> addresses = new HashSet<>();
        long mapped = Conditions.segmentsMapped();
        try (var trainer = mode.trainer(new LargeClients(), slots(3))) {
            for (int round = 0; round < 3; round++) {
                trainer.localProcess(down, ids(CLIENTS), up -> {
                    assertThat(isFilledWith(up.cid(), up.value())).isTrue();
                    addresses.add(address(up.value()));
                    up.close();
                });
            }
            assertThat(addresses).hasSizeLessThanOrEqualTo(3);
            assertThat(Conditions.segmentsMapped()).isEqualTo(mapped + addresses.size());
        }
        assertThat(Conditions.segmentsMapped()).isEqualTo(mapped);
    }

    @WithoutProcesses
    void shouldNotReuseResultsThatTheCallerKeeps(ExecutionMode mode) {
        List<Up> kept = new ArrayList<>();
        try (var trainer = mode.trainer(new LargeClients(), slots(3))) {
            trainer.localProcess(down, ids(CLIENTS));
            kept.addAll(trainer.uplinkPackage());
            trainer.localProcess(down, ids(CLIENTS), kept::add);
        }
        assertThat(kept)
                .hasSize(2 * CLIENTS)
                .allSatisfy(up -> assertThat(isFilledWith(up.cid(), up.value())).isTrue());
        assertThat(kept.stream().map(up -> address(up.value()))).doesNotHaveDuplicates();
        kept.forEach(Up::close);
    }

    @WithoutProcesses
    void shouldNotReuseMemoryThatAViewRefersTo(ExecutionMode mode) {
        List<Tensor> views = new ArrayList<>();
        try (var trainer = mode.trainer(new LargeClients(), slots(2))) {
            for (int round = 0; round < 2; round++) {
                trainer.localProcess(down, ids(5), up -> {
                    views.add(up.value().narrow(0, FLOATS - 10, 10));
                    up.close();
                });
            }
        }
        for (int i = 0; i < views.size(); i++) {
            assertThat(isFilledWith(i % 5, views.get(i))).isTrue();
        }
        views.forEach(Tensor::close);
    }

    @WithoutProcesses
    void shouldFreeAllMemoryWhenResultsAreClosedLast(ExecutionMode mode) {
        Holdings before = Holdings.now();
        List<Up> kept = new ArrayList<>();
        try (var trainer = Clients.trainer(mode, new LargeClients())) {
            trainer.localProcess(down, ids(CLIENTS), kept::add);
        }
        assertThat(Conditions.segmentsMapped()).isPositive();
        kept.forEach(Up::close);

        before.awaitNoMore();
    }

    @WithoutProcesses
    void shouldRefuseASparsePreparedPackage(ExecutionMode mode) {
        Clients sparse = new LargeClients() {
            @Override
            public Up prepareUplinkPackageBuffer() {
                try (Tensor dense = torch.ones(FLOATS)) {
                    return new Up(0, dense.to_sparse());
                }
            }
        };
        try (var trainer = Clients.trainer(mode, sparse)) {
            assertThatThrownBy(() -> trainer.localProcess(down, ids(CLIENTS), Up::close))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("cannot cross: path=value, type=Tensor with layout Sparse, expected=dense tensors; send"
                            + " to_dense() or its parts");
        }
    }

    @WithoutProcesses
    void shouldNotReuseSmallBuffers(ExecutionMode mode) {
        long mapped = Conditions.segmentsMapped();
        Clients clients = new Clients((cid, payload, context) -> {
            Up buffer = context.uplinkBuffer();
            buffer.value().fill_(new Scalar(cid));
            return buffer;
        });
        try (var trainer = Clients.trainer(mode, clients)) {
            trainer.localProcess(down, ids(CLIENTS), Up::close);
            assertThat(Conditions.segmentsMapped()).isEqualTo(mapped);
        }
    }

    /** Results of this size get up to 32 slots. With four, two workers would have to wait for the sink. */
    @Test
    void shouldDealFurtherAheadWhereResultsAreSmall() {
        CountDownLatch others = new CountDownLatch(30);
        Clients clients = new LargeClients((cid, payload, context) -> {
            others.countDown();
            return Clients.plus(cid, payload);
        });
        try (var trainer = Clients.trainer(ExecutionMode.MULTI_THREADED, clients)) {
            trainer.localProcess(down, ids(CLIENTS), up -> {
                FailureTest.awaitUnchecked(others);
                up.close();
            });
        }
    }
}
