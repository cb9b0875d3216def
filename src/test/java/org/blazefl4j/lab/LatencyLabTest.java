package org.blazefl4j.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.blazefl4j.core.PhaseTimes.Phase;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.ProcessOptions;
import org.blazefl4j.util.ResourceStack;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Slow
final class LatencyLabTest {

    private static final Duration LONG = Duration.ofHours(1);

    private final List<Integer> told = new ArrayList<>();

    private static LabCase of(Work work, ExecutionMode mode) {
        return new LabCase(work, mode, mode == ExecutionMode.SINGLE_THREADED ? 1 : 2, 3);
    }

    private final class Listener implements LabListener {
        @Override
        public void roundMeasured(LabCase which, int rounds) {
            told.add(rounds);
        }
    }

    private static LatencyLab lab(LabListener listener) {
        return new LatencyLab(new LabOptions(1000, 0, LONG), listener, ProcessOptions.defaults());
    }

    private CaseResult measure(LabCase which) {
        CaseResult result = new LatencyLab(new LabOptions(2, 1, LONG), new Listener(), ProcessOptions.defaults())
                .measure(which)
                .orElseThrow();
        assertThat(result.which()).isEqualTo(which);
        assertThat(result.rounds()).isEqualTo(2);
        assertThat(told).containsExactly(1, 2);
        assertThat(result.bare().p50()).isPositive();
        assertThat(result.efficiency().median()).isPositive();
        assertThat(result.phases().values().stream().map(Latencies::mean).reduce(Duration.ZERO, Duration::plus))
                .isCloseTo(result.round().mean(), result.round().mean().dividedBy(50));
        return result;
    }

    @ParameterizedTest
    @EnumSource
    void shouldMeasureEmptyRounds(ExecutionMode mode) {
        CaseResult result = measure(of(new EmptyWork(1000), mode));

        assertThat(result.phases().get(Phase.PUBLISH).p50()).isPositive();
        assertThat(result.phases().get(Phase.TRAIN).p50()).isPositive();
        assertThat(result.phases().get(Phase.COLLECT).p50()).isPositive();
    }

    @Test
    void shouldMeasureTrainingRounds() {
        CaseResult result = measure(of(new TrainingWork(ModelName.MLP, 3, 2), ExecutionMode.MULTI_THREADED));

        assertThat(result.phases().get(Phase.AGGREGATE).p50()).isPositive();
        assertThat(result.phases().get(Phase.EVALUATE).p50()).isPositive();
    }

    @Test
    void shouldEndACaseWithItsRoundsSoFarWhenStopped() {
        LatencyLab[] lab = {null};
        lab[0] = lab(new LabListener() {
            @Override
            public void roundMeasured(LabCase which, int rounds) {
                if (rounds == 2) {
                    lab[0].stop();
                }
            }
        });
        LabCase which = of(new EmptyWork(10), ExecutionMode.MULTI_THREADED);

        assertThat(lab[0].measure(which)).map(CaseResult::rounds).contains(2);
        assertThat(lab[0].measure(which)).isEmpty();
    }

    @Test
    void shouldHaveNoResultIfStoppedWhileWorkersStart() {
        LatencyLab[] lab = {null};
        lab[0] = lab(new LabListener() {
            @Override
            public void caseStarted(LabCase which) {
                lab[0].stop();
            }
        });

        Optional<CaseResult> result = lab[0].measure(of(new EmptyWork(10), ExecutionMode.MULTI_THREADED));

        assertThat(result).isEmpty();
        assertThat(lab[0].isStopping()).isTrue();
    }

    /** Work that fails to open after its first resource. */
    private record Broken(List<String> closed) implements Work {

        @Override
        public String kind() {
            return "broken";
        }

        @Override
        public String size() {
            return "0 floats";
        }

        @Override
        public Subject<?, ?> open(LabCase which, int rounds, ProcessOptions process, ResourceStack resources) {
            resources.add(() -> closed.add("made"));
            throw new IllegalStateException("not made");
        }
    }

    @Test
    void shouldCloseResourcesIfOpeningFails() {
        List<String> closed = new ArrayList<>();
        LabCase which = new LabCase(new Broken(closed), ExecutionMode.SINGLE_THREADED, 1, 1);

        assertThatThrownBy(() -> lab(new Listener()).measure(which)).hasMessage("not made");
        assertThat(closed).containsExactly("made");
    }
}
