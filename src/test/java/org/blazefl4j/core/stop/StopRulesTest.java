package org.blazefl4j.core.stop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.blazefl4j.contrib.common.MemoryCheckpoint;
import org.blazefl4j.core.PhaseTimes;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.core.StopRule;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

final class StopRulesTest {

    private static void report(StopRule rule, int round, Map<String, Object> summary, Integer... nonFinite) {
        rule.roundStarted(round, List.of(0, 1));
        rule.roundFinished(
                new RoundReport(round, List.of(0, 1), List.of(), 0, List.of(nonFinite), summary, PhaseTimes.NONE));
    }

    private static void accuracy(StopRule rule, int round, double value) {
        report(rule, round, Map.of("accuracy", value));
    }

    private static MemoryCheckpoint saved(StopRule rule) {
        MemoryCheckpoint saved = new MemoryCheckpoint();
        rule.save(saved);
        return saved;
    }

    @Test
    void shouldEndAtATarget() {
        StopRule rule = StopRules.atLeast("accuracy", 0.5);
        assertThat(rule.reason()).isEmpty();
        accuracy(rule, 0, 0.49);
        assertThat(rule.reason()).isEmpty();
        accuracy(rule, 1, Double.NaN);
        assertThat(rule.reason()).isEmpty();
        accuracy(rule, 2, 0.5);
        assertThat(rule.reason()).contains("accuracy is 0.5, at least 0.5");

        StopRule below = StopRules.atMost("loss", 0.2);
        report(below, 0, Map.of("loss", 0.21));
        assertThat(below.reason()).isEmpty();
        report(below, 1, Map.of("loss", 0.1));
        assertThat(below.reason()).contains("loss is 0.1, at most 0.2");
    }

    @Test
    void shouldRememberATargetWhenTheRunIsResumed() {
        StopRule rule = StopRules.atLeast("accuracy", 0.5);
        accuracy(rule, 0, 0.6);

        StopRule resumed = StopRules.atLeast("accuracy", 0.5);
        resumed.restore(saved(rule));
        assertThat(resumed.reason()).isEqualTo(rule.reason()).isPresent();
        StopRule higher = StopRules.atLeast("accuracy", 0.7);
        higher.restore(saved(rule));
        assertThat(higher.reason()).isEmpty();
        StopRule other = StopRules.atMost("accuracy", 0.7);
        other.restore(saved(rule));
        assertThat(other.reason()).isEmpty();
    }

    @Test
    void shouldEndWhenNothingImproves() {
        StopRule rule = StopRules.patience("accuracy", true, 2);
        double[] values = {0.1, 0.3, 0.3, 0.31, Double.NaN, 0.31};
        for (int round = 0; round < values.length; round++) {
            assertThat(rule.reason()).isEmpty();
            accuracy(rule, round, values[round]);
        }
        assertThat(rule.reason()).contains("accuracy has not improved in 2 evaluations: best 0.31 in round 4");

        StopRule loss = StopRules.patience("loss", false, 1);
        report(loss, 0, Map.of("loss", 2.0));
        report(loss, 1, Map.of("loss", 1.0));
        assertThat(loss.reason()).isEmpty();
        report(loss, 2, Map.of("loss", 1.0));
        assertThat(loss.reason()).contains("loss has not improved in 1 evaluation: best 1.0 in round 2");

        StopRule never = StopRules.patience("loss", false, 1);
        report(never, 0, Map.of("loss", Double.NaN));
        assertThat(never.reason()).contains("loss has not improved in 1 evaluation");
    }

    @Test
    void shouldPassOverRoundsThatAreNotEvaluated() {
        StopRule target = StopRules.atLeast("accuracy", 0.3);
        StopRule patience = StopRules.patience("accuracy", true, 2);
        double[] evaluated = {0.2, 0.1};
        for (double value : evaluated) {
            accuracy(target, 0, value);
            accuracy(patience, 0, value);
            for (int round = 1; round < 5; round++) {
                RoundReport between =
                        new RoundReport(round, List.of(0), List.of(), 0, List.of(), Map.of(), PhaseTimes.NONE, false);
                target.roundFinished(between);
                patience.roundFinished(between);
            }
            assertThat(target.reason()).isEmpty();
            assertThat(patience.reason()).isEmpty();
        }
        accuracy(patience, 5, 0.2);
        assertThat(patience.reason()).contains("accuracy has not improved in 2 evaluations: best 0.2 in round 1");
    }

    @Test
    void shouldGoOnCountingWhenTheRunIsResumed() {
        for (int resumeAfter = 0; resumeAfter <= 4; resumeAfter++) {
            StopRule rule = StopRules.patience("accuracy", true, 3);
            double[] values = {0.5, 0.4, 0.3, 0.2};
            for (int round = 0; round < 4; round++) {
                if (round == resumeAfter) {
                    MemoryCheckpoint saved = saved(rule);
                    rule = StopRules.patience("accuracy", true, 3);
                    rule.restore(saved);
                }
                assertThat(rule.reason()).isEmpty();
                accuracy(rule, round, values[round]);
            }
            assertThat(rule.reason()).contains("accuracy has not improved in 3 evaluations: best 0.5 in round 1");
        }
    }

    @Test
    void shouldNameWhereTrainingDiverged() {
        StopRule rule = StopRules.divergence();
        report(rule, 0, Map.of("loss", 1.0));
        assertThat(rule.reason()).isEmpty();
        report(rule, 1, Map.of("loss", Double.NaN), 7, 3);
        String remedy = "; lower the learning rate, or clip gradients";
        assertThat(rule.reason())
                .contains("training diverged: round=2, client=7 is the first whose result is not finite" + remedy);
        StopRule resumed = StopRules.divergence();
        resumed.restore(saved(rule));
        assertThat(resumed.reason()).isEqualTo(rule.reason());

        StopRule server = StopRules.divergence();
        report(server, 4, Map.of("loss", Double.POSITIVE_INFINITY));
        assertThat(server.reason())
                .contains("training diverged: round=5, loss=Infinity of the server's model" + remedy);
    }

    @Test
    void shouldAddUpTheTimeOfRounds() {
        StopRule soon = StopRules.time(Duration.ofNanos(1));
        assertThat(soon.reason()).isEmpty();
        accuracy(soon, 0, 0);
        assertThat(soon.reason()).contains("rounds have taken 0 s, at least 0.000000001 s");

        assertThat(StopRules.time(Duration.ofSeconds(Long.MAX_VALUE)).reason()).isEmpty();
        StopRule hour = StopRules.time(Duration.ofHours(1));
        accuracy(hour, 0, 0);
        assertThat(hour.reason()).isEmpty();
        hour.restore(saved(hour).with("nanoseconds", 3_600_000_000_000L));
        assertThat(hour.reason()).contains("rounds have taken 3600 s, at least 3600 s");
    }

    private record Package(Tensor parameters, Map<String, Object> more) {}

    @Test
    void shouldCountTheBytesThatClientsSend() {
        StopRule rule = StopRules.bytes(100);
        try (Tensor floats = torch.zeros(10);
                Tensor again = torch.zeros(15)) {
            rule.clientLoaded(0, new Package(floats, Map.of()));
            StopRule resumed = StopRules.bytes(100);
            resumed.restore(saved(rule));
            assertThat(resumed.reason()).isEmpty();
            resumed.clientLoaded(1, new Package(again, Map.of("same", again, "text", "none")));
            assertThat(resumed.reason()).contains("clients have sent 100 bytes, at least 100");
        }
    }

    @Test
    void shouldStartAnewWhenARunWithoutTheRuleIsResumed() {
        MemoryCheckpoint nothing = new MemoryCheckpoint();
        for (StopRule rule : List.of(
                StopRules.atLeast("accuracy", 0.5),
                StopRules.patience("accuracy", true, 1),
                StopRules.divergence(),
                StopRules.time(Duration.ofSeconds(1)),
                StopRules.bytes(1))) {
            rule.restore(nothing);
            assertThat(rule.reason()).isEmpty();
        }
    }

    @Test
    void shouldRefuseWhatCannotBeReached() {
        refuses(() -> StopRules.atLeast("accuracy", Double.NaN), "target is not a number: accuracy=NaN; give a number");
        refuses(
                () -> StopRules.patience("loss", false, 0),
                "too little patience: metric=loss, rounds=0, limit=1 or more");
        refuses(() -> StopRules.time(Duration.ZERO), "time out of range: seconds=0, limit=above 0");
        refuses(() -> StopRules.bytes(0), "number of bytes out of range: bytes=0, limit=1 or more");
        refuses(
                () -> report(StopRules.atLeast("acuracy", 0.5), 2, Map.of("accuracy", 0.5)),
                "figure to stop by is missing: metric=acuracy, round=3, value=null, expected=a number among"
                        + " [accuracy]");
    }

    private static void refuses(ThrowingCallable call, String message) {
        assertThatIllegalArgumentException().isThrownBy(call).withMessage(message);
    }
}
