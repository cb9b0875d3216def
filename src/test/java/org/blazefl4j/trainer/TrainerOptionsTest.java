package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalInt;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.NonFinitePolicy;
import org.blazefl4j.reproducibility.RngCheck;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TrainerOptionsTest {

    @Test
    void shouldHaveTheDocumentedDefaults() {
        TrainerOptions options = TrainerOptions.defaults();

        assertThat(options.numParallels()).isEqualTo(Runtime.getRuntime().availableProcessors());
        assertThat(options.device()).isEqualTo(Device.CPU);
        assertThat(options.deviceCount()).isEmpty();
        assertThat(options.deviceDataShare()).isEqualTo(0.3);
        assertThat(options.stepGraphs()).isEqualTo(TrainerOptions.StepGraphs.AUTO);
        assertThat(options.deviceResultShare()).isEqualTo(0.2);
        assertThat(options.seed()).isEqualTo(42);
        assertThat(options.intraOpThreads()).isEqualTo(1);
        assertThat(options.rngCheck()).isEqualTo(RngCheck.FAIL);
        assertThat(options.slots()).isEqualTo(options.numParallels() + 2);
        assertThat(options.maxSlots()).isEqualTo(65_536);
        assertThat(options.grace()).isEqualTo(Duration.ofSeconds(2));
        assertThat(options.onClientFailure()).isEqualTo(FailurePolicy.failFast());
        assertThat(options.clientTimeLimit()).isEmpty();
        assertThat(options.stateMemory()).isEqualTo(1L << 30);
        assertThat(options.stateFolder()).isEmpty();
        assertThat(options.toString())
                .endsWith("onClientFailure=failFast(), onNonFinite=warn, clientTimeLimit=none,"
                        + " stateMemory=1073741824, stateFolder=java.io.tmpdir]");
    }

    @Test
    void shouldKeepWhatWasSetWhenItIsChangedFurther(@TempDir Path folder) {
        TrainerOptions first = TrainerOptions.builder()
                .numParallels(3)
                .device(new Device("cuda", -1))
                .deviceCount(4)
                .deviceDataShare(0.5)
                .stepGraphs(TrainerOptions.StepGraphs.REQUIRED)
                .deviceResultShare(0.1)
                .seed(-7)
                .intraOpThreads(2)
                .rngCheck(RngCheck.WARN)
                .slots(9)
                .maxSlots(11)
                .grace(Duration.ofMillis(5))
                .onClientFailure(FailurePolicy.retry(3).thenDrop())
                .onNonFinite(NonFinitePolicy.DROP)
                .clientTimeLimit(Duration.ofSeconds(90))
                .stateMemory(5)
                .stateFolder(folder)
                .build();

        TrainerOptions second = first.toBuilder().numParallels(5).build();

        assertThat(first.numParallels()).isEqualTo(3);
        assertThat(second)
                .hasToString(
                        "TrainerOptions[numParallels=5, device=cuda, deviceCount=OptionalInt[4], deviceDataShare=0.5,"
                                + " deviceResultShare=0.1,"
                                + " stepGraphs=required, seed=-7, intraOpThreads=2, rngCheck=WARN, slots=9, maxSlots=11, grace=PT0.005S,"
                                + " onClientFailure=retry(3).thenDrop(), onNonFinite=drop, clientTimeLimit=PT1M30S, stateMemory=5,"
                                + " stateFolder=" + folder + "]");
        assertThat(second.deviceCount()).isEqualTo(OptionalInt.of(4));
    }

    @Test
    void shouldHaveSlotsForAllWorkersOfTheFinalNumber() {
        assertThat(TrainerOptions.builder().numParallels(3).build().toBuilder()
                        .numParallels(8)
                        .build()
                        .slots())
                .isEqualTo(10);
    }

    @Test
    void shouldRaiseMaxSlotsToSlots() {
        assertThat(TrainerOptions.builder().maxSlots(2).slots(7).build().maxSlots())
                .isEqualTo(7);
    }

    @Test
    void shouldRefuseValuesOutOfRangeAsTheyAreSet() {
        TrainerOptions.Builder builder = TrainerOptions.builder();

        assertRefused(() -> builder.numParallels(0), "numParallels=0, limit=[1, 4096]");
        assertRefused(() -> builder.numParallels(4097), "numParallels=4097, limit=[1, 4096]");
        assertRefused(() -> builder.deviceCount(-1), "deviceCount=-1, limit=[0, 128]");
        assertRefused(() -> builder.deviceResultShare(-0.1), "deviceResultShare=-0.1, limit=[0.0, 1.0]");
        assertRefused(() -> builder.deviceDataShare(-0.1), "deviceDataShare=-0.1, limit=[0.0, 1.0]");
        assertRefused(() -> builder.deviceDataShare(1.1), "deviceDataShare=1.1, limit=[0.0, 1.0]");
        assertRefused(() -> builder.deviceDataShare(Double.NaN), "deviceDataShare=NaN, limit=[0.0, 1.0]");
        assertRefused(() -> builder.intraOpThreads(0), "intraOpThreads=0, limit=[1, 1024]");
        assertRefused(() -> builder.slots(0), "slots=0, limit=[1, 1048576]");
        assertRefused(() -> builder.maxSlots(0), "maxSlots=0, limit=[1, 1048576]");
        assertRefused(() -> builder.grace(Duration.ofMillis(-1)), "grace=PT-0.001S, limit=[PT0S, PT1H]");
        assertRefused(() -> builder.grace(Duration.ofHours(2)), "grace=PT2H, limit=[PT0S, PT1H]");
        assertRefused(() -> builder.stateMemory(-1), "stateMemory=-1, limit=[0, 9223372036854775807]");
        assertRefused(() -> builder.clientTimeLimit(Duration.ZERO), "clientTimeLimit=PT0S, limit=[PT0.001S, PT8760H]");
        assertRefused(
                () -> builder.clientTimeLimit(Duration.ofDays(366)),
                "clientTimeLimit=PT8784H, limit=[PT0.001S, PT8760H]");
    }

    private static void assertRefused(ThrowingCallable call, String part) {
        assertThatThrownBy(call)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("option out of range: " + part + "; choose a value within the limit");
    }

    @Test
    void shouldRefuseAStateFolderThatDoesNotExist(@TempDir Path folder) {
        Path missing = folder.resolve("missing");
        assertThatThrownBy(() -> TrainerOptions.builder().stateFolder(missing))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no folder for states: stateFolder=" + missing
                        + ", expected=an existing, writable folder; make it first");
    }

    @Test
    void shouldRefuseNull() {
        TrainerOptions.Builder builder = TrainerOptions.builder();

        assertThatThrownBy(() -> builder.device(null)).hasMessage("device");
        assertThatThrownBy(() -> builder.rngCheck(null)).hasMessage("rngCheck");
        assertThatThrownBy(() -> builder.grace(null)).hasMessage("grace");
        assertThatThrownBy(() -> builder.onClientFailure(null)).hasMessage("onClientFailure");
        assertThatThrownBy(() -> builder.clientTimeLimit(null)).hasMessage("clientTimeLimit");
        assertThatThrownBy(() -> builder.stateFolder(null)).hasMessage("stateFolder");
    }
}
