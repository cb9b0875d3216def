package org.blazefl4j.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.blazefl4j.core.ClientTrainer.PeakMemory;
import org.blazefl4j.core.stop.StopRules;
import org.junit.jupiter.api.Test;

final class SimulationTest {

    private final List<String> events = new ArrayList<>();
    private final Handler handler = new Handler();
    private final Trainer trainer = new Trainer();
    private final Simulation<String, Package> simulation = new Simulation<>(handler, trainer);

    /** Records when it is closed. */
    private final class Package implements AutoCloseable {
        private final int cid;
        private boolean closed;

        Package(int cid) {
            this.cid = cid;
        }

        @Override
        public void close() {
            closed = true;
            events.add("close " + cid);
        }
    }

    /** Two clients a round; the round is complete with the second. */
    private final class Handler implements ServerHandler<String, Package> {
        private Runnable evaluating = () -> {};
        private int rounds = 3;
        private int wanted = 2;
        private boolean canDrop = true;
        private boolean anyOrder;
        private boolean sums;
        private int refused = -1;
        private int round;
        private int loaded;
        private int restarts;

        @Override
        public String downlinkPackage() {
            return "model " + round;
        }

        @Override
        public List<Integer> sampleClients() {
            events.add("sample");
            loaded = 0;
            return List.of(0, 1);
        }

        @Override
        public boolean acceptsAnyOrder() {
            return anyOrder;
        }

        @Override
        public Optional<PackageSum<Package>> packageSum() {
            return sums ? Optional.of(() -> null) : Optional.empty();
        }

        @Override
        public boolean loadSum(List<Package> uplinks, Object total) {
            events.add("load sum " + total);
            boolean complete = false;
            for (Package uplink : uplinks) {
                complete |= load(uplink);
            }
            return complete;
        }

        @Override
        public void restartRound() {
            restarts++;
        }

        @Override
        public boolean isStopped() {
            return round >= rounds;
        }

        @Override
        public boolean load(Package uplink) {
            assertThat(uplink.closed).isFalse();
            if (uplink.cid == refused) {
                throw new IllegalArgumentException("package of client " + refused);
            }
            events.add("load " + uplink.cid);
            if (++loaded < wanted) {
                return false;
            }
            round++;
            return true;
        }

        @Override
        public boolean drop(int cid) {
            if (!canDrop) {
                return ServerHandler.super.drop(cid);
            }
            events.add("drop " + cid);
            if (++loaded < wanted) {
                return false;
            }
            round++;
            return true;
        }

        @Override
        public Map<String, Object> getSummary() {
            return Map.of("round", round);
        }

        @Override
        public Map<String, Object> briefSummary() {
            return Map.of("brief", round);
        }

        @Override
        public Map<String, Object> getSummary(Workers workers) {
            evaluating.run();
            if (trainer.stop.isSet()) {
                trainer.stop.clear();
                throw new StoppedException("stopped while evaluating");
            }
            return getSummary();
        }
    }

    private static final PeakMemory PEAK = new PeakMemory(3, List.of(1L, 2L));

    /** Trains in the calling thread; larger ids first. */
    private final class Trainer implements StreamingTrainer<Package> {
        private final StopEvent stop = StopEvent.create();
        private int round;
        private boolean together;
        private boolean addsUp;
        private Consumer<Integer> before = cid -> {};
        private List<ClientFailedException> dropped = List.of();
        private List<ClientFailedException> retried = List.of();
        private List<Integer> nonFinite = List.of();

        @Override
        public PeakMemory peakMemory() {
            return PEAK;
        }

        @Override
        public void localProcess(String payload, List<Integer> cids, Consumer<? super Package> sink) {
            events.add("train " + payload);
            for (int cid : cids) {
                before.accept(cid);
                if (stop.isSet()) {
                    stop.clear();
                    throw new StoppedException("stopped: stop event set");
                }
                if (dropped.stream().noneMatch(failure -> failure.clientId() == cid)) {
                    sink.accept(new Package(cid));
                }
            }
            round++;
        }

        @Override
        public void localProcessInBatches(String payload, List<Integer> cids, Consumer<? super List<Package>> sink) {
            if (together) {
                List<Package> all = new ArrayList<>();
                localProcess(payload, cids, all::add);
                sink.accept(all);
            } else {
                StreamingTrainer.super.localProcessInBatches(payload, cids, sink);
            }
        }

        @Override
        public boolean addsUp() {
            return addsUp;
        }

        @Override
        public void localProcessInSums(
                String payload,
                List<Integer> cids,
                PackageSum<Package> sum,
                BiConsumer<? super List<Package>, Object> sink) {
            localProcess(payload, cids, uplink -> sink.accept(List.of(uplink), "of " + uplink.cid));
        }

        /** Small ids arrive first. */
        @Override
        public void localProcessInAnyOrder(String payload, List<Integer> cids, Consumer<? super List<Package>> sink) {
            localProcessInBatches(payload, order(cids), sink);
        }

        @Override
        public List<ClientFailedException> dropped() {
            return dropped;
        }

        @Override
        public List<ClientFailedException> retried() {
            return retried;
        }

        @Override
        public List<Integer> nonFinite() {
            return nonFinite;
        }

        @Override
        public int round() {
            return round;
        }

        @Override
        public List<Integer> order(List<Integer> cids) {
            return IntStream.range(0, cids.size())
                    .mapToObj(i -> cids.get(cids.size() - 1 - i))
                    .toList();
        }

        @Override
        public StopEvent stopEvent() {
            return stop;
        }
    }

    private final class Listener implements RoundListener<Object> {
        @Override
        public void roundStarted(int round, List<Integer> cids) {
            events.add("started " + round + " " + cids);
        }

        @Override
        public void clientLoaded(int round, Object uplink) {
            events.add("loaded " + round + " " + ((Package) uplink).cid + " open=" + !((Package) uplink).closed);
        }

        @Override
        public void roundFinished(RoundReport report) {
            events.add("finished " + report.round() + " " + report.clients() + " " + report.summary());
        }
    }

    @Test
    void shouldReportUserColumnsAndFailIfTheyAreInvalid() {
        List<Map<String, Object>> summaries = new ArrayList<>();
        simulation
                .addColumns(report -> report.round() < 2 ? Map.of("mine", report.round()) : Map.of())
                .addListener(new RoundListener<Object>() {
                    @Override
                    public void roundFinished(RoundReport report) {
                        summaries.add(report.summary());
                    }
                });

        assertThatIllegalArgumentException()
                .isThrownBy(simulation::run)
                .withMessageStartingWith("columns changed: round=3, columns=[], expected=[mine] as in the first round");
        assertThat(summaries).containsExactly(Map.of("round", 1, "mine", 0), Map.of("round", 2, "mine", 1));
    }

    /** Runs rounds that are not all evaluated, and returns their summaries. */
    private List<Map<String, Object>> evaluatedEvery(int rounds) {
        List<Map<String, Object>> summaries = new ArrayList<>();
        Simulation.Summary summary = simulation
                .evaluateEvery(rounds)
                .addColumns(report -> Map.of("mine", report.round()))
                .addListener(new RoundListener<Object>() {
                    @Override
                    public void roundFinished(RoundReport report) {
                        assertThat(report.evaluated())
                                .isEqualTo(report.summary().containsKey("round"));
                        summaries.add(report.summary());
                    }
                })
                .run();
        assertThat(summary.summary()).isEqualTo(summaries.get(summaries.size() - 1));
        return summaries;
    }

    @Test
    void shouldEvaluateTheFirstRoundEachFurtherOneOfANumberAndTheLast() {
        handler.rounds = 5;
        assertThat(evaluatedEvery(3))
                .containsExactly(
                        Map.of("round", 1, "mine", 0),
                        Map.of("brief", 2, "mine", 1),
                        Map.of("round", 3, "mine", 2),
                        Map.of("brief", 4, "mine", 3),
                        Map.of("round", 5, "brief", 5, "mine", 4));
    }

    @Test
    void shouldEvaluateARoundInWhichARuleEndsTheRun() {
        simulation.addStopRule(StopRules.atLeast("mine", 1)).addStopRule(StopRules.atLeast("round", 2));
        assertThat(evaluatedEvery(9))
                .containsExactly(Map.of("round", 1, "mine", 0), Map.of("round", 2, "brief", 2, "mine", 1));
    }

    @Test
    void shouldRefuseToEvaluateNever() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> simulation.evaluateEvery(0))
                .withMessage("rounds from one evaluation to the next out of range: rounds=0, limit=1 or more");
    }

    private List<Object> lateFigures() {
        List<Object> figures = new ArrayList<>();
        simulation
                .addLastColumns(
                        report -> Map.of("late", report.summary().get("mine")), report -> Map.of("late", Double.NaN))
                .addColumns(report -> Map.of("mine", report.round()))
                .addListener(new RoundListener<Object>() {
                    @Override
                    public void roundFinished(RoundReport report) {
                        figures.add(report.summary().get("late"));
                    }
                })
                .run();
        return figures;
    }

    @Test
    void shouldComputeLastColumnsAfterTheHandlersLastRound() {
        assertThat(lateFigures()).containsExactly(Double.NaN, Double.NaN, 2);
    }

    @Test
    void shouldComputeLastColumnsAfterARoundInWhichARuleEndsTheRun() {
        simulation.addStopRule(StopRules.atLeast("mine", 1));
        assertThat(lateFigures()).containsExactly(Double.NaN, 1);
    }

    @Test
    void shouldRefuseLastColumnsWhoseNameIsTaken() {
        simulation.addLastColumns(report -> Map.of(), report -> Map.of("round", Double.NaN));
        assertThatIllegalArgumentException()
                .isThrownBy(simulation::run)
                .withMessageStartingWith("column's name is taken: column=round");
    }

    @Test
    void shouldLoadSumsIfTrainerAndHandlerAddUp() {
        handler.rounds = 1;
        handler.sums = true;
        trainer.addsUp = true;

        assertThat(simulation.run().clients()).isEqualTo(2);

        assertThat(events)
                .containsExactly(
                        "sample",
                        "train model 0",
                        "load sum of 1",
                        "load 1",
                        "close 1",
                        "load sum of 0",
                        "load 0",
                        "close 0");
    }

    @Test
    void shouldLoadEachPackageIfTheHandlerDoesNotAddUp() {
        handler.rounds = 1;
        trainer.addsUp = true;

        simulation.run();

        assertThat(events).containsExactly("sample", "train model 0", "load 1", "close 1", "load 0", "close 0");
    }

    @Test
    void shouldSampleTrainLoadAndReportUntilTheHandlerIsStopped() {
        handler.rounds = 2;

        Simulation.Summary summary = simulation.addListener(new Listener()).run();

        assertThat(events)
                .containsExactly(
                        "sample",
                        "started 0 [1, 0]",
                        "train model 0",
                        "load 1",
                        "loaded 0 1 open=true",
                        "close 1",
                        "load 0",
                        "loaded 0 0 open=true",
                        "close 0",
                        "finished 0 [1, 0] {round=1}",
                        "sample",
                        "started 1 [1, 0]",
                        "train model 1",
                        "load 1",
                        "loaded 1 1 open=true",
                        "close 1",
                        "load 0",
                        "loaded 1 0 open=true",
                        "close 0",
                        "finished 1 [1, 0] {round=2}");
        assertThat(summary.rounds()).isEqualTo(2);
        assertThat(summary.clients()).isEqualTo(4);
        assertThat(summary.stopped()).isFalse();
        assertThat(summary.stopReason()).isEmpty();
        assertThat(summary.summary()).isEqualTo(Map.of("round", 2));
    }

    @Test
    void shouldUseTheTrainersRoundNumber() {
        trainer.round = 7;
        handler.rounds = 1;

        simulation.addListener(new Listener()).run();

        assertThat(events).contains("started 7 [1, 0]", "loaded 7 1 open=true", "finished 7 [1, 0] {round=1}");
    }

    @Test
    void shouldSumRoundTimesWithoutListeners() {
        List<RoundReport> reports = new ArrayList<>();
        long[] listening = {0};

        long start = System.nanoTime();
        Simulation.Summary summary = simulation
                .addListener(new RoundListener<Object>() {
                    @Override
                    public void clientLoaded(int round, Object uplink) {
                        long before = System.nanoTime();
                        spin(Duration.ofMillis(5));
                        listening[0] += System.nanoTime() - before;
                    }

                    @Override
                    public void roundFinished(RoundReport report) {
                        reports.add(report);
                    }
                })
                .run();
        long elapsed = System.nanoTime() - start;

        assertThat(reports).hasSize(3);
        assertThat(summary.total())
                .isEqualTo(reports.stream().map(RoundReport::total).reduce(Duration.ZERO, Duration::plus))
                .isLessThanOrEqualTo(Duration.ofNanos(elapsed - listening[0]));
        assertThat(reports)
                .allSatisfy(report -> assertThat(List.of(
                                report.sampling(), report.training(), report.aggregation(), report.evaluation()))
                        .allMatch(part -> !part.isNegative()));
    }

    private static void spin(Duration duration) {
        long end = System.nanoTime() + duration.toNanos();
        while (System.nanoTime() < end) {
            Thread.onSpinWait();
        }
    }

    @Test
    void shouldEndByARuleAfterACompleteRoundAndSayWhy() {
        List<Simulation.Summary> told = new ArrayList<>();
        simulation
                .addListener(new Listener())
                .addListener(new RoundListener<Object>() {
                    @Override
                    public void runFinished(Simulation.Summary summary) {
                        told.add(summary);
                    }
                })
                .addStopRule(StopRules.atLeast("round", 3))
                .addStopRule(StopRules.atLeast("round", 2));

        Simulation.Summary summary = simulation.run();

        assertThat(summary.rounds()).isEqualTo(2);
        assertThat(summary.stopped()).isFalse();
        assertThat(summary.stopReason()).contains("round is 2.0, at least 2.0");
        assertThat(events).endsWith("close 0", "finished 1 [1, 0] {round=2}");
        assertThat(told).containsExactly(summary);

        Simulation.Summary again = simulation.run();
        assertThat(again.rounds()).isZero();
        assertThat(again.stopReason()).isEqualTo(summary.stopReason());
    }

    @Test
    void shouldTellRulesOfARoundBeforeListenersThatSaveThem() {
        StopRule rule = StopRules.atLeast("round", 1);
        List<Boolean> ended = new ArrayList<>();
        simulation
                .addListener(new RoundListener<Object>() {
                    @Override
                    public void roundFinished(RoundReport report) {
                        ended.add(rule.reason().isPresent());
                    }
                })
                .addStopRule(rule)
                .run();

        assertThat(ended).containsExactly(true);
    }

    @Test
    void shouldStopFromAListenerAndLeaveTheRoundIncomplete() {
        Simulation.Summary summary = simulation
                .addListener(new Listener())
                .addListener(new RoundListener<Object>() {
                    @Override
                    public void clientLoaded(int round, Object uplink) {
                        if (round == 1) {
                            simulation.stop();
                        }
                    }
                })
                .run();

        assertThat(summary.stopped()).isTrue();
        assertThat(summary.rounds()).isEqualTo(1);
        assertThat(events).contains("finished 0 [1, 0] {round=1}").endsWith("loaded 1 1 open=true", "close 1");
        assertThat(trainer.stop.isSet()).isFalse();
    }

    @Test
    void shouldReportARoundStoppedDuringEvaluation() {
        handler.evaluating = simulation::stop;

        Simulation.Summary summary = simulation.addListener(new Listener()).run();

        assertThat(summary.stopped()).isTrue();
        assertThat(summary.rounds()).isEqualTo(1);
        assertThat(summary.summary()).containsEntry("round", 1);
        assertThat(events).endsWith("finished 0 [1, 0] {round=1}");
        assertThat(trainer.stop.isSet()).isFalse();
    }

    @Test
    void shouldComputeColumnsAgainThatAStopInterrupted() {
        int[] calls = {0};
        simulation.addListener(new Listener()).addColumns(report -> {
            simulation.stop();
            if (calls[0]++ == 0) {
                trainer.stop.clear();
                throw new StoppedException("stopped while evaluating clients");
            }
            return Map.of("calls", calls[0]);
        });

        assertThat(simulation.run().stopped()).isTrue();
        assertThat(events).last().asString().startsWith("finished 0 [1, 0] {").contains("round=1", "calls=2");
    }

    @Test
    void shouldReportTheRoundBeforePassingOnAForeignStop() {
        handler.evaluating = trainer.stop::set;
        simulation.addListener(new Listener());

        assertThatThrownBy(simulation::run).isInstanceOf(StoppedException.class).hasMessage("stopped while evaluating");
        assertThat(events).endsWith("finished 0 [1, 0] {round=1}");
    }

    @Test
    void shouldStopFromAnotherThread() throws InterruptedException {
        CountDownLatch training = new CountDownLatch(1);
        handler.rounds = Integer.MAX_VALUE;
        trainer.before = cid -> {
            training.countDown();
            awaitStop(training);
        };
        Thread stopper = new Thread(() -> {
            try {
                training.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            simulation.stop();
        });
        stopper.start();

        Simulation.Summary summary = simulation.run();

        stopper.join();
        assertThat(summary.stopped()).isTrue();
        assertThat(summary.rounds()).isZero();
        assertThat(summary.summary()).isEmpty();
    }

    private void awaitStop(CountDownLatch training) {
        while (training.getCount() == 0 && !trainer.stop.isSet()) {
            Thread.onSpinWait();
        }
    }

    @Test
    void shouldRunNothingIfStoppedBeforeAndContinueAtTheNextRun() {
        simulation.stop();

        assertThat(simulation.run().stopped()).isTrue();
        assertThat(events).isEmpty();

        Simulation.Summary summary = simulation.run();
        assertThat(summary.stopped()).isFalse();
        assertThat(summary.rounds()).isEqualTo(3);
        assertThat(handler.restarts).isEqualTo(2);
    }

    @Test
    void shouldPassOnAForeignStop() {
        trainer.before = cid -> trainer.stop.set();

        assertThatThrownBy(simulation::run).isInstanceOf(StoppedException.class);
        assertThat(events).containsExactly("sample", "train model 0");
    }

    @Test
    void shouldRefuseARoundThatItsPackagesLeaveIncomplete() {
        handler.wanted = 3;

        assertThatThrownBy(simulation::run)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("round is not complete: round=1, packages=2, dropped=0, expected=a complete round; the"
                        + " handler\'s load must return true at the last client that it sampled");
    }

    private static ClientFailedException failure(int cid) {
        return new ClientFailedException(cid, 0, 0, "broken", null);
    }

    @Test
    void shouldDropClientsInTheHandlerAndReportThem() {
        handler.rounds = 1;
        trainer.dropped = List.of(failure(1));
        trainer.retried = List.of(failure(0), failure(0));
        List<RoundReport> reports = new ArrayList<>();

        simulation.addListener(new RoundListener<Object>() {
            @Override
            public void roundFinished(RoundReport report) {
                reports.add(report);
            }
        });
        assertThat(simulation.run().rounds()).isEqualTo(1);

        assertThat(events).containsExactly("sample", "train model 0", "load 0", "close 0", "drop 1");
        assertThat(reports).singleElement().satisfies(report -> {
            assertThat(report.clients()).containsExactly(1, 0);
            assertThat(report.dropped()).containsExactly(1);
            assertThat(report.retries()).isEqualTo(2);
        });
    }

    @Test
    void shouldReportAndCountResultsThatAreNotFinite() {
        handler.rounds = 2;
        trainer.nonFinite = List.of(1, 0);
        List<Integer> reported = new ArrayList<>();

        simulation.addListener(new RoundListener<Object>() {
            @Override
            public void roundFinished(RoundReport report) {
                reported.addAll(report.nonFinite());
            }
        });

        assertThat(simulation.run().nonFinite()).isEqualTo(4);
        assertThat(reported).containsExactly(1, 0, 1, 0);
    }

    @Test
    void shouldSayThatTheHandlerCannotDropClients() {
        handler.canDrop = false;
        trainer.dropped = List.of(failure(1));

        assertThatThrownBy(simulation::run)
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessage("handler cannot drop clients: client=1, handler=" + Handler.class.getName()
                        + "; override drop(int), or choose a failure policy that drops none");
    }

    @Test
    void shouldPassOnAListenersExceptionWithThePackageClosed() {
        IllegalStateException thrown = new IllegalStateException("disk is full");
        simulation.addListener(new RoundListener<Object>() {
            @Override
            public void clientLoaded(int round, Object uplink) {
                throw thrown;
            }
        });

        assertThatThrownBy(simulation::run).isSameAs(thrown);
        assertThat(events).containsExactly("sample", "train model 0", "load 1", "close 1");
    }

    @Test
    void shouldLoadReadyPackagesTogetherAndCloseThem() {
        handler.rounds = 1;
        trainer.together = true;

        simulation.addListener(new Listener()).run();

        assertThat(events)
                .containsSubsequence(
                        "load 1", "load 0", "loaded 0 1 open=true", "loaded 0 0 open=true", "close 1", "close 0")
                .endsWith("finished 0 [1, 0] {round=1}");
    }

    @Test
    void shouldLoadPackagesAsTheyArriveIfTheHandlerAcceptsAnyOrder() {
        handler.rounds = 1;
        handler.anyOrder = true;

        simulation.addListener(new Listener()).run();

        assertThat(events)
                .containsSubsequence("started 0 [1, 0]", "load 0", "close 0", "load 1", "close 1")
                .endsWith("finished 0 [1, 0] {round=1}");
    }

    @Test
    void shouldCloseAllReadyPackagesIfOneDoesNotLoad() {
        trainer.together = true;
        handler.refused = 0;

        assertThatThrownBy(simulation::run)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("package of client 0");
        assertThat(events).containsExactly("sample", "train model 0", "load 1", "close 1", "close 0");
    }

    @Test
    void shouldTellListenersOfASuccessfulEnd() {
        List<Simulation.Summary> ends = new ArrayList<>();
        RoundListener<Object> listener = new RoundListener<>() {
            @Override
            public void roundStarted(int round, List<Integer> cids) {
                if (round == 1) {
                    simulation.stop();
                }
            }

            @Override
            public void runFinished(Simulation.Summary summary) {
                ends.add(summary);
            }
        };
        simulation.addListener(listener);

        assertThat(ends).isEmpty();
        Simulation.Summary stopped = simulation.run();
        assertThat(ends).containsExactly(stopped);
        assertThat(stopped.stopped()).isTrue();
        assertThat(stopped.memory()).isEqualTo(PEAK);

        trainer.before = cid -> {
            throw new ClientFailedException(cid, 1, 0, null, new IllegalStateException("broken"));
        };
        assertThatThrownBy(simulation::run).isInstanceOf(ClientFailedException.class);
        assertThat(ends).hasSize(1);
    }

    @Test
    void shouldPassOnTheFailureOfAClient() {
        ClientFailedException thrown = new ClientFailedException(1, 0, 0, "broken", null);
        trainer.before = cid -> {
            throw thrown;
        };

        assertThatThrownBy(simulation::run).isSameAs(thrown);
    }

    @Test
    void shouldRefuseToRunTwiceAtOnce() {
        simulation.addListener(new RoundListener<Object>() {
            @Override
            public void roundStarted(int round, List<Integer> cids) {
                assertThatThrownBy(simulation::run)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessage(
                                "simulation is already running: expected=one run at a time; wait for it, or call stop()");
            }
        });

        assertThat(simulation.run().rounds()).isEqualTo(3);
    }
}
