package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.util.Slow;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Clients find what their algorithm shares, in every mode. */
@Slow
final class AlgorithmSharedTest {

    private static final TrainerOptions TWO =
            TrainerOptions.builder().numParallels(2).build();

    private final Tensor named = torch.full(new long[] {1}, new Scalar(5));
    private final Tensor referred = torch.full(new long[] {1}, new Scalar(30));

    /** Clients that add up their inputs. */
    private record Adding(Tensor referred, Map<String, ?> shared)
            implements ClientAlgorithm<Tensor, Clients.Down, Clients.Up> {

        @Override
        public Tensor getClientConfig(int cid) {
            return referred;
        }

        @Override
        public ClientWorker<Tensor, Clients.Down, Clients.Up> worker() {
            return Adding::add;
        }

        private static Clients.Up add(Tensor referred, Clients.Down down, WorkerContext context) {
            try (Tensor sum = down.value().add(referred)) {
                return new Clients.Up(context.clientId(), sum.add(context.shared("named")));
            }
        }

        @Override
        public Clients.Up prepareUplinkPackageBuffer() {
            return new Clients.Up(0, torch.empty(1));
        }
    }

    @AfterEach
    void close() {
        named.close();
        referred.close();
    }

    /** Processes get the values from when the trainer opened, not the caller's later changes. */
    @ParameterizedTest
    @EnumSource
    void shouldShareTensorsByNameAndWhatConfigurationsReferTo(ExecutionMode mode) {
        Adding clients = new Adding(referred, Map.of("named", named, "others", List.of(referred)));
        List<Double> sums = new ArrayList<>();
        try (var trainer = mode.trainer(clients, TWO)) {
            referred.add_(new Scalar(1000));
            trainer.localProcess(Clients.Down.of(100), Clients.ids(4), up -> {
                sums.add(up.number());
                up.close();
            });
        }

        assertThat(sums).hasSize(4).containsOnly(mode == ExecutionMode.MULTI_PROCESS ? 135. : 1135.);
    }

    @ParameterizedTest
    @EnumSource
    void shouldRefuseWhatCannotBeSharedAndLeaveNoWorker(ExecutionMode mode) {
        Map<String, Object> missing = new HashMap<>();
        missing.put("named", null);

        assertThatThrownBy(() -> mode.trainer(new Adding(referred, missing), TWO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "tensor is undefined: name=named; share a tensor that is not null, closed or empty of type");
        assertThat(ProcessHandle.current().children().filter(ProcessHandle::isAlive))
                .isEmpty();
    }
}
