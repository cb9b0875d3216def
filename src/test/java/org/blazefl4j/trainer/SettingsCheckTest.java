package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.blazefl4j.trainer.Clients.ids;
import static org.blazefl4j.trainer.Clients.plus;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.stream.Stream;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.trainer.Clients.Down;
import org.blazefl4j.trainer.Clients.Up;
import org.blazefl4j.worker.ProcessSettings;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.AnomalyMode;
import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.Float32Backend;
import org.bytedeco.pytorch.global.torch.Float32Op;
import org.bytedeco.pytorch.global.torch.Float32Precision;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Clients that change settings that other clients compute with too. WorkersTest has the worker processes. */
final class SettingsCheckTest {

    private static final String REMEDY = "; they were put back: set them before the round, for all clients";

    private final Down down = Down.of(100);
    private final ProcessSettings before = ProcessSettings.take();

    @AfterEach
    void close() {
        before.restore();
        down.value().close();
    }

    private static void setDouble() {
        try (PointerScope scope = new PointerScope()) {
            torch.set_default_dtype(torch.scalarTypeToTypeMeta(ScalarType.Double));
        }
    }

    private static Clients changing(int changer, Runnable change) {
        return new Clients((cid, payload, context) -> {
            Up result = plus(cid, payload);
            if (cid == changer) {
                change.run();
            }
            return result;
        });
    }

    private static Arguments change(Runnable change, String found, String expected) {
        return Arguments.of(change, found, expected);
    }

    private static Stream<Arguments> shouldFailAClientThatChangesASettingOfTheProcessAndPutItBack() {
        Context context = torch.globalContext();
        List<Arguments> changes = List.of(
                change(SettingsCheckTest::setDouble, "defaultDtype=Double", "defaultDtype=Float"),
                change(() -> context.setUserEnabledMkldnn(false), "oneDnnEnabled=false", "oneDnnEnabled=true"),
                change(
                        () -> context.setDeterministicAlgorithms(true, true),
                        "deterministicAlgorithms=true, deterministicAlgorithmsWarnOnly=true",
                        "deterministicAlgorithms=false, deterministicAlgorithmsWarnOnly=false"),
                change(
                        () -> context.setFloat32MatmulPrecision("medium"),
                        "oneDnnMatmulPrecision=BF16",
                        "oneDnnMatmulPrecision=IEEE"),
                change(
                        () -> context.setFloat32Precision(
                                Float32Backend.MKLDNN.value, Float32Op.CONV.value, Float32Precision.BF16.value),
                        "oneDnnConvPrecision=BF16",
                        "oneDnnConvPrecision=IEEE"),
                change(() -> context.setBenchmarkCuDNN(true), "benchmarkCuDnn=true", "benchmarkCuDnn=false"),
                change(() -> context.setSDPUseMath(false), "mathAttention=false", "mathAttention=true"),
                change(() -> AnomalyMode.set_enabled(true), "anomalyMode=true", "anomalyMode=false"),
                change(() -> openblas_nolapack.blas_set_num_threads(2), "blasThreads=2", "blasThreads=1"));
        return changes.stream()
                .flatMap(change -> Arrays.stream(WithoutProcesses.MODES)
                        .map(mode -> Arguments.of(mode, change.get()[0], change.get()[1], change.get()[2])));
    }

    @ParameterizedTest
    @MethodSource
    void shouldFailAClientThatChangesASettingOfTheProcessAndPutItBack(
            ExecutionMode mode, Runnable change, String found, String expected) {
        TrainerOptions options = TrainerOptions.builder()
                .numParallels(1)
                .onClientFailure(FailurePolicy.retry(2).thenDrop())
                .build();
        try (var trainer = mode.trainer(changing(1, change), options)) {
            assertThatThrownBy(() -> trainer.localProcess(down, ids(3)))
                    .isInstanceOf(ClientFailedException.class)
                    .hasMessageNotContaining("attempts=")
                    .rootCause()
                    .hasMessageStartingWith("settings of the process changed: clients=[1], found=[" + found)
                    .hasMessageContaining(", expected=[" + expected)
                    .hasMessageEndingWith("]" + REMEDY);
            assertThat(before.hold()).isTrue();
            assertThat(torch.globalContext().float32MatmulPrecision().intern()).hasToString("HIGHEST");
            assertThat(trainer.dropped()).isEmpty();
        }
    }

    @WithoutProcesses
    void shouldReportTheChangeAlsoWhenTheClientThrows(ExecutionMode mode) {
        Clients clients = new Clients((cid, payload, context) -> {
            setDouble();
            throw new UnsupportedOperationException("after that");
        });
        try (var trainer = Clients.trainer(mode, clients)) {
            assertThatThrownBy(() -> trainer.localProcess(down, ids(1)))
                    .cause()
                    .hasMessageStartingWith("settings of the process changed: clients=[0]")
                    .hasCauseInstanceOf(UnsupportedOperationException.class);
            assertThat(before.hold()).isTrue();
        }
    }

    @WithoutProcesses
    void shouldComputeWithWhatTheCallerSetBetweenRounds(ExecutionMode mode) {
        List<Boolean> seen = new ArrayList<>();
        Clients clients = new Clients((cid, payload, context) -> {
            seen.add(torch.globalContext().userEnabledMkldnn());
            return plus(cid, payload);
        });
        TrainerOptions options = TrainerOptions.builder().numParallels(1).build();
        try (var trainer = mode.trainer(clients, options)) {
            for (boolean on : new boolean[] {false, true}) {
                torch.globalContext().setUserEnabledMkldnn(on);
                trainer.localProcess(down, ids(2), Up::close);
            }
        }
        assertThat(seen).containsExactly(false, false, true, true);
    }

    @Test
    void shouldNameAllClientsThatRanWhenASettingChangedButNoOthers() {
        CyclicBarrier oneAndTwoRun = new CyclicBarrier(2);
        CyclicBarrier changed = new CyclicBarrier(2);
        ClientWorker<Integer, Down, Up> worker = (cid, payload, context) -> {
            Up result = plus(cid, payload);
            if (cid > 0) {
                oneAndTwoRun.await();
                if (cid == 2) {
                    setDouble();
                }
                changed.await();
            }
            return result;
        };
        TrainerOptions options = TrainerOptions.builder().numParallels(2).build();
        try (var trainer = new ThreadPoolClientTrainer<>(new Clients(worker), options)) {
            assertThatThrownBy(() -> trainer.localProcess(down, ids(3)))
                    .hasRootCauseMessage("settings of the process changed: clients=[1, 2],"
                            + " found=[defaultDtype=Double], expected=[defaultDtype=Float]" + REMEDY)
                    .satisfies(failure -> assertThat(failure.getSuppressed()).hasSize(1));
            assertThat(trainer.cache()).extracting(Up::cid).containsExactly(0);
            assertThat(before.hold()).isTrue();
        }
    }

    @WithoutProcesses
    void shouldPutBackWhatAClientSetForItsThread(ExecutionMode mode) {
        List<String> seen = new ArrayList<>();
        Clients clients = new Clients((cid, payload, context) -> {
            seen.add(GradMode.is_enabled() + " " + torch.is_autocast_enabled(DeviceType.CPU) + " "
                    + torch.get_autocast_dtype(DeviceType.CPU).intern());
            GradMode.set_enabled(false);
            torch.set_autocast_enabled(DeviceType.CPU, true);
            torch.set_autocast_dtype(DeviceType.CPU, ScalarType.Half);
            return new Up(cid, torch.ones(1));
        });
        TrainerOptions options = TrainerOptions.builder().numParallels(1).build();
        try (var trainer = mode.trainer(clients, options)) {
            trainer.localProcess(down, ids(2), Up::close);
        }
        assertThat(seen).containsExactly("true false BFloat16", "true false BFloat16");
        assertThat(torch.is_autocast_enabled(DeviceType.CPU)).isFalse();
    }

    @WithoutProcesses
    void shouldFailAClientThatChangesTheIntraOpThreads(ExecutionMode mode) {
        int threads = torch.get_num_threads();
        List<Integer> seen = new ArrayList<>();
        Clients clients = new Clients((cid, payload, context) -> {
            seen.add(torch.get_num_threads());
            torch.set_num_threads(cid + 1);
            return plus(cid, payload);
        });
        TrainerOptions options = TrainerOptions.builder().numParallels(1).build();
        try (var trainer = mode.trainer(clients, options)) {
            assertThatThrownBy(() -> trainer.localProcess(down, ids(3)))
                    .hasRootCauseMessage("intra-op threads changed: client=1, found=2, expected=1; set the trainer"
                            + " option intraOpThreads, the same for all clients");
            assertThatThrownBy(() -> trainer.localProcess(down, List.of(1)));
        }
        assertThat(seen).containsExactly(1, 1, 1);
        assertThat(torch.get_num_threads()).isEqualTo(threads);
    }
}
