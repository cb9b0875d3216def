package org.blazefl4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.blazefl4j.core.PhaseTimes.Phase;
import org.blazefl4j.util.PhaseClock;
import org.junit.jupiter.api.Test;

/** Tests a round's phase times, with a clock that its parts advance. */
final class SimulatedRoundTest {

    private long now;
    private PhaseTimes trainersPhases = PhaseTimes.NONE;

    private void takes(long nanos) {
        now += nanos;
    }

    /** A package that takes time to close. */
    private final class Package implements AutoCloseable {
        @Override
        public void close() {
            takes(1);
        }
    }

    private final class Handler implements ServerHandler<String, Package> {
        @Override
        public String downlinkPackage() {
            takes(20);
            return "model";
        }

        @Override
        public List<Integer> sampleClients() {
            takes(300);
            return List.of(1, 2, 3);
        }

        @Override
        public boolean isStopped() {
            return false;
        }

        @Override
        public boolean load(Package uplink) {
            takes(4000);
            return false;
        }

        @Override
        public boolean drop(int cid) {
            takes(50_000);
            return true;
        }

        @Override
        public Map<String, Object> getSummary() {
            takes(600_000);
            return Map.of();
        }
    }

    /** Trains two clients and drops the third. */
    private final class Trainer implements StreamingTrainer<Package> {
        @Override
        public void localProcess(String payload, List<Integer> cids, Consumer<? super Package> sink) {
            for (int client = 0; client < 2; client++) {
                takes(7_000_000);
                sink.accept(new Package());
            }
        }

        @Override
        public List<ClientFailedException> dropped() {
            return List.of(new ClientFailedException(3, 0, 0, null, new IllegalStateException()));
        }

        @Override
        public PhaseTimes phases() {
            return trainersPhases;
        }
    }

    /** Takes time, which no phase counts. */
    private final class Listener implements RoundListener<Object> {
        @Override
        public void roundStarted(int round, List<Integer> cids) {
            takes(80_000_000);
        }

        @Override
        public void clientLoaded(int round, Object uplink) {
            takes(80_000_000);
        }
    }

    private RoundReport report() {
        return report(new OwnColumns());
    }

    private RoundReport report(OwnColumns columns) {
        PhaseClock<Phase> clock = new PhaseClock<>(Phase.class, () -> now);
        return new SimulatedRound<>(
                        new Handler(),
                        new Trainer(),
                        List.of(),
                        List.of(new Listener()),
                        columns,
                        new OwnColumns(),
                        clock)
                .run();
    }

    private static Map<Phase, Duration> with(Map<Phase, Long> trainers) {
        Map<Phase, Duration> times = new EnumMap<>(Phase.class);
        times.put(Phase.SAMPLE, Duration.ofNanos(300));
        times.put(Phase.AGGREGATE, Duration.ofNanos(2 * 4000 + 50_000));
        times.put(Phase.EVALUATE, Duration.ofNanos(600_000));
        trainers.forEach((phase, nanos) -> times.put(phase, Duration.ofNanos(nanos)));
        return times;
    }

    @Test
    void shouldCountEachPartOfTheRoundInItsPhaseWithoutListeners() {
        RoundReport report = report();

        assertThat(report.phases())
                .isEqualTo(new PhaseTimes(
                        with(Map.of(Phase.PUBLISH, 20L, Phase.TRAIN, 2 * 7_000_000L, Phase.COLLECT, 2L))));
        assertThat(report.total())
                .isEqualTo(report.sampling()
                        .plus(report.training())
                        .plus(report.aggregation())
                        .plus(report.evaluation()));
    }

    @Test
    void shouldDivideTheTrainersTimeAsItReports() {
        trainersPhases = new PhaseTimes(Map.of(
                Phase.PUBLISH, Duration.ofNanos(1_000_000),
                Phase.DEAL, Duration.ofNanos(2_000_000),
                Phase.TRAIN, Duration.ofNanos(10_000_000)));

        assertThat(report().phases())
                .isEqualTo(new PhaseTimes(with(Map.of(
                        Phase.PUBLISH, 1_000_020L,
                        Phase.DEAL, 2_000_000L,
                        Phase.TRAIN, 10_000_000L,
                        Phase.COLLECT, 1_000_002L))));
    }

    @Test
    void shouldCountTheUsersColumnsAsEvaluation() {
        OwnColumns columns = new OwnColumns();
        columns.add(report -> {
            takes(900_000_000);
            return Map.of("before", report.evaluation().toNanos());
        });

        RoundReport report = report(columns);

        assertThat(report.evaluation()).isEqualTo(Duration.ofNanos(900_600_000));
        assertThat(report.summary()).containsEntry("before", 600_000L);
    }
}
