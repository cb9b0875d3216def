package org.blazefl4j.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.blazefl4j.cli.Main;
import org.blazefl4j.cli.options.ExitCode;
import org.blazefl4j.contrib.common.LocalOptions;
import org.blazefl4j.contrib.common.Schedule;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.torch.StepRule;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine.ParameterException;

/** Options stand for the local training that they name. */
final class OptimizerOptionsTest {

    private static final LocalOptions PLAIN = LocalOptions.of(new SgdOptions(1, 50, 0.1));

    private static LocalOptions training(String... options) {
        return SmallRun.of(1, options).client();
    }

    private static Schedule schedule(String text) {
        return training("--lr-schedule=" + text).schedule();
    }

    @Test
    void shouldMakeEveryOptimizer() {
        StepRule.Sgd momentum = StepRule.sgd().withMomentum(0.9);
        String half = "--momentum=0.9";
        assertThat(training()).isEqualTo(PLAIN);
        assertThat(training(half, "--local-optimizer=sgd").rule()).isEqualTo(momentum);
        assertThat(training(half, "--local-optimizer=sgd:nesterov=true,keep=true"))
                .isEqualTo(PLAIN.withRule(momentum.withNesterov(true)).withKeepState(true));
        assertThat(training(half, "--local-optimizer=sgd:dampening=0.5,decoupled=true", "--weight-decay=0.1")
                        .rule())
                .isEqualTo(momentum.withDampening(0.5).withDecoupledWeightDecay(0.1));
        assertThat(training("--local-optimizer=adam:beta1=0.5,eps=0.1", "--weight-decay=0.1")
                        .rule())
                .isEqualTo(StepRule.adam().withBetas(0.5, 0.999).withEps(0.1).withWeightDecay(0.1));
        assertThat(training("--local-optimizer=adamw").rule()).isEqualTo(StepRule.adamW());
        assertThat(training("--local-optimizer=adamw", "--weight-decay=0.1").rule())
                .isEqualTo(StepRule.adam().withDecoupledWeightDecay(0.1));
        assertThat(training("--stragglers=0.5", "--local-steps=7"))
                .isEqualTo(PLAIN.withStragglers(0.5).withSteps(7));
    }

    @Test
    void shouldMakeEverySchedule() {
        assertThat(schedule("constant:warm-up=3")).isEqualTo(Schedule.constant().withWarmUp(3));
        assertThat(schedule("cosine:length=200,floor=0.1,warm-up=5"))
                .isEqualTo(Schedule.cosine(200, 0.1).withWarmUp(5));
        assertThat(schedule("exponential:factor=0.9,per-step=true"))
                .isEqualTo(Schedule.exponential(0.9).withStepsForRounds());
        assertThat(schedule("step:every=10,factor=0.5")).isEqualTo(Schedule.step(10, 0.5));
    }

    /** Runs of older versions have recorded these. */
    @ParameterizedTest
    @CsvSource({
        "cosine:200, 'cosine:length=200'",
        "exponential:0.99, exponential:factor=0.99",
        "step:30:0.1, 'step:every=30,factor=0.1'"
    })
    void shouldTakeAndRecordShortForms(String brief, String whole) {
        assertThat(schedule(brief)).isEqualTo(schedule(whole));
        assertThat(SmallRun.of(1, "--lr-schedule=" + brief).toMap()).containsEntry("lr_schedule", brief);
        assertThat(SmallRun.of(1, "--local-optimizer=adamw").toMap()).containsEntry("local_optimizer", "adamw");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--lr-schedule=cosine | value=cosine, expected=cosine:length=N,floor=0,warm-up=0,per-step=false or others"
                        + " of these settings",
                "--lr-schedule=step:9 | value=step:9, expected=step:every=N,factor=X,warm-up=0,per-step=false or others",
                "--lr-schedule=constant:warm-up=-1 | schedule too short: length=1, warm_up=-1, limit=1 or more, and 0",
                "--local-optimizer=adam:nesterov=true | expected=adam:beta1=0.9,beta2=0.999,eps=1e-8,keep=false or others",
                "--local-optimizer=sgd:dampening=1 | value=sgd:dampening=1: dampening out of range: dampening=1.0, limit=",
                "--stragglers=2 | '--stragglers': value=2, expected=a number above 0 and at most 1"
            })
    void shouldRefuseOtherValues(String option, String refusal) {
        assertThatThrownBy(() -> SmallRun.of(1, option))
                .isInstanceOf(ParameterException.class)
                .hasMessageContaining(refusal);
    }

    @Test
    void shouldRefuseOptionsThatDoNotGoTogether() {
        StringWriter err = new StringWriter();
        assertThat(Main.commandLine()
                        .setErr(new PrintWriter(err))
                        .execute("run", "--print-config", "--local-optimizer=sgd:nesterov=true"))
                .isEqualTo(ExitCode.USAGE);
        assertThat(err.toString())
                .startsWith("blazefl4j run: nesterov without momentum: --momentum=0.0, dampening=0.0, expected=momentum"
                        + " above 0 and dampening=0; set momentum first");
    }
}
