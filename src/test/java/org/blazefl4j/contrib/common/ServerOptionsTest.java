package org.blazefl4j.contrib.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.math.BigDecimal;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.NonFinitePolicy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ServerOptionsTest {

    private static final ServerOptions OPTIONS = ServerOptions.of(15, 100);

    @ParameterizedTest
    @CsvSource({
        "100, 0.29, 29",
        "100, 0.57, 57",
        "100, 0.58, 58",
        "1000, 0.001, 1",
        "10, 0.35, 3",
        "10, 0.39, 3",
        "3, 0.3333333333333333, 1",
        "3, 0.6666666666666666, 2",
        "100, 0.299999, 29",
        "1, 1, 1",
        "7, 1.0, 7",
        "2147483647, 1, 2147483647",
        "2000000000, 0.29, 580000000",
    })
    void shouldRoundTheSampleSizeAsExpected(int numClients, double ratio, int expected) {
        assertThat(ServerOptions.clientsPerRound(numClients, ratio)).isEqualTo(expected);
    }

    @Property
    void shouldSampleExactlyAnyShareInPercent(@ForAll @IntRange(min = 1, max = 100) int percent) {
        double ratio = new BigDecimal(percent).movePointLeft(2).doubleValue();

        assertThat(ServerOptions.clientsPerRound(100, ratio)).isEqualTo(percent);
        assertThat(ServerOptions.clientsPerRound(12_300, ratio)).isEqualTo(123 * percent);
    }

    @Test
    void shouldSampleAllClientsByDefault() {
        assertThat(OPTIONS).isEqualTo(new ServerOptions(15, 100, 1.0, 250, 42, Device.CPU, 1, 0, NonFinitePolicy.WARN));
        assertThat(OPTIONS.clientsPerRound()).isEqualTo(100);
        assertThat(OPTIONS.withSampleRatio(0.1).clientsPerRound()).isEqualTo(10);
    }

    @Test
    void shouldRefuseValuesOutOfRangeByName() {
        refuses(() -> ServerOptions.of(0, 1), "too few rounds: global_round=0, limit=1 or more");
        refuses(() -> ServerOptions.of(1, 0), "too few clients: num_clients=0, limit=1 or more");
        refuses(() -> OPTIONS.withBatchSize(-1), "batch too small: batch_size=-1, limit=1 or more");
        refuses(() -> OPTIONS.withIntraOpThreads(0), "too few threads: intra_op_threads=0, limit=1 or more");
        refuses(() -> OPTIONS.withSumThreads(-1), "too few threads: sum_threads=-1, limit=0 or more; 0 is automatic");
        refuses(() -> OPTIONS.withDevice(null), "no device: device=null, expected=cpu, cuda or cuda:<index>");
    }

    @ParameterizedTest
    @CsvSource({"0.0", "-0.1", "1.0000001", "NaN", "Infinity"})
    void shouldRefuseAnImpossibleSampleRatio(double ratio) {
        refuses(
                () -> OPTIONS.withSampleRatio(ratio),
                "sample ratio out of range: sample_ratio=" + ratio + ", limit=above 0 and at most 1");
    }

    @Test
    void shouldRefuseAShareOfLessThanOneClient() {
        refuses(
                () -> OPTIONS.withSampleRatio(0.009),
                "sample too small: sample_ratio=0.009, num_clients=100, limit=at least one client a round;"
                        + " raise the ratio");
    }

    private static void refuses(ThrowingCallable call, String message) {
        assertThatIllegalArgumentException().isThrownBy(call).withMessage(message);
    }
}
