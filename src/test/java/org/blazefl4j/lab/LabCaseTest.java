package org.blazefl4j.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.trainer.ExecutionMode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class LabCaseTest {

    private static final Work WORK = Work.empty(10);
    private static final Duration LIMIT = Duration.ofSeconds(1);

    private static Arguments refusal(ThrowingCallable call, String message) {
        return Arguments.of(call, message);
    }

    static Stream<Arguments> refusals() {
        return Stream.of(
                refusal(() -> Work.empty(0), "floats too small: floats=0, limit=1"),
                refusal(() -> Work.training(ModelName.MLP, 0, 1), "samples too small: samples=0, limit=1"),
                refusal(() -> Work.training(ModelName.MLP, 1, -1), "batch too small: batch=-1, limit=1"),
                refusal(
                        () -> new LabCase(WORK, ExecutionMode.MULTI_THREADED, 0, 1),
                        "too few workers: workers=0, limit=1"),
                refusal(
                        () -> new LabCase(WORK, ExecutionMode.SINGLE_THREADED, 2, 1),
                        "too many workers: workers=2, limit=1 for mode single-threaded; choose another mode"),
                refusal(
                        () -> new LabCase(WORK, ExecutionMode.MULTI_THREADED, 1, 0),
                        "too few clients: clients=0, limit=1"),
                refusal(() -> new LabOptions(0, 0, LIMIT), "too few rounds: rounds=0, limit=1"),
                refusal(() -> new LabOptions(1, -1, LIMIT), "too few warm-ups: warm_ups=-1, limit=0"),
                refusal(
                        () -> new LabOptions(Integer.MAX_VALUE, 1, LIMIT),
                        "too many rounds: rounds=2147483647, warm_ups=1, limit=2147483647 in total"),
                refusal(
                        () -> new LabOptions(1, 0, Duration.ZERO),
                        "time limit too short: time_limit=PT0S, expected=above 0"));
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void shouldRefuseWhatCannotBeMeasured(ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }

    @Test
    void shouldSayWhatARoundDoes() {
        assertThat(Work.empty(62_006).kind()).isEqualTo("empty");
        assertThat(Work.empty(62_006).size()).isEqualTo("62006 floats");
        assertThat(Work.training(ModelName.CNN, 100, 50).kind()).isEqualTo("training");
        assertThat(Work.training(ModelName.CNN, 100, 50).size()).isEqualTo("cnn");
    }
}
