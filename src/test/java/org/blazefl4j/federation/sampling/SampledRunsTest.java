package org.blazefl4j.federation.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.blazefl4j.federation.FederationRuns.fedAvg;
import static org.blazefl4j.federation.FederationRuns.hashes;
import static org.blazefl4j.federation.FederationRuns.resumed;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.data.Transform;
import org.blazefl4j.federation.ClientSampler;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.FederationRuns;
import org.blazefl4j.federation.ModelUpdate;
import org.blazefl4j.federation.Weighting;
import org.blazefl4j.federation.algorithm.Algorithms;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;
import org.blazefl4j.util.Slow;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Samplers in whole simulations. */
final class SampledRunsTest {

    private static final int ROUNDS = 5;

    private final TinyData data = TinyData.evenly(60, FederationRuns.CLIENTS);

    @TempDir
    private Path folder;

    @AfterEach
    void close() {
        data.close();
    }

    private Federation federation(int rounds, ClientSampler sampler) {
        return fedAvg(Tiny.LINEAR, data, rounds).sampler(sampler);
    }

    /** Rounds without clients among them. */
    private static ClientSampler sparse() {
        return Samplers.onOff(0.9, 0.1, Samplers.poisson(0.5));
    }

    private static ClientSampler oort() {
        return Samplers.oort(Samplers.logNormalSeconds(1, 1));
    }

    @Test
    void shouldBeTheDefaultIfUniform() {
        assertThat(hashes(federation(ROUNDS, Samplers.uniform()))).isEqualTo(hashes(fedAvg(Tiny.LINEAR, data, ROUNDS)));
    }

    @Slow
    @Test
    void shouldGiveTheSameBitsInAllModes() {
        for (Supplier<ClientSampler> sampler : List.<Supplier<ClientSampler>>of(
                SampledRunsTest::sparse, SampledRunsTest::oort, () -> Samplers.powerOfChoice(5))) {
            List<String> expected = hashes(federation(ROUNDS, sampler.get()));
            for (ExecutionMode mode : ExecutionMode.values()) {
                assertThat(hashes(federation(ROUNDS, sampler.get()), mode, 3)).isEqualTo(expected);
            }
        }
    }

    @Test
    void shouldLeaveTheModelInRoundsWithoutClients() {
        List<String> hashes = hashes(federation(20, sparse()));
        assertThat(hashes).hasSize(20);
        assertThat(new HashSet<>(hashes)).hasSizeBetween(2, 19);
    }

    @Test
    void shouldResumeAfterAnyRound() {
        List<String> whole = hashes(federation(ROUNDS, oort()));
        List<String> inParts = new ArrayList<>();
        for (int round = 1; round <= ROUNDS; round++) {
            inParts.addAll(resumed(federation(round, oort()), folder));
        }
        assertThat(inParts).isEqualTo(whole);
    }

    @Test
    void shouldResumeWithSamplersInOthersThatKeepTheSame() {
        Supplier<ClientSampler> sampler = () -> Samplers.separated(2, Samplers.separated(1, oort()));
        List<String> whole = hashes(federation(3, sampler.get()));
        List<String> inParts = new ArrayList<>();
        for (int round = 1; round <= 3; round++) {
            inParts.addAll(resumed(federation(round, sampler.get()), folder));
        }
        assertThat(inParts).isEqualTo(whole);
    }

    @Test
    void shouldBeCheckedWhenTheServerIsMade() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> federation(1, Samplers.powerOfChoice(3)).handler())
                .withMessage("too few candidates: candidates=3, limit=4 or more, the clients of a round");
    }

    @Test
    void shouldNeedWorkersToAskClients() {
        try (var handler = federation(1, Samplers.powerOfChoice(6)).handler()) {
            assertThatIllegalStateException()
                    .isThrownBy(handler::sampleClients)
                    .withMessage("no workers to ask clients: round=1, expected=the trainer's; call"
                            + " sampleClients(trainer.workers())");
        }
    }

    @Test
    void shouldAskForTheLossThatClientsReport() {
        Told told = new Told();
        List<Double> asked = new ArrayList<>();
        ClientSampler both = new ClientSampler() {
            @Override
            public List<Integer> sample(Draw draw) {
                asked.addAll(draw.losses(List.of(4, 1)));
                return told.sample(draw);
            }

            @Override
            public void completed(Outcome outcome) {
                told.completed(outcome);
            }

            @Override
            public boolean needsLosses() {
                return true;
            }
        };
        run(federation(2, both));
        assertThat(asked).containsExactly(loss(told, 0, 4), loss(told, 0, 1), loss(told, 1, 4), loss(told, 1, 1));
    }

    @Test
    void shouldReportSquaredLosses() {
        Told told = new Told();
        run(federation(1, told));
        told.outcomes.get(0).numbers().forEach((cid, numbers) -> {
            double mean = numbers.get("loss");
            assertThat(numbers.get("squared_loss")).isGreaterThan(mean * mean).isLessThan(4 * mean * mean);
        });
    }

    private static void run(Federation federation) {
        try (var handler = federation.handler();
                var trainer = ExecutionMode.SINGLE_THREADED.trainer(federation.clients(), TrainerOptions.defaults())) {
            new Simulation<>(handler, trainer).run();
        }
    }

    /** Remembers what it is told. */
    private static final class Told implements ClientSampler {

        private final List<Outcome> outcomes = new ArrayList<>();

        @Override
        public List<Integer> sample(Draw draw) {
            return List.of(1, 2, 4);
        }

        @Override
        public void completed(Outcome outcome) {
            outcomes.add(outcome);
        }

        @Override
        public boolean needsLosses() {
            return true;
        }
    }

    private static final AtomicLong SEEN = new AtomicLong();

    /** Counts samples that are read. */
    private record Counting() implements Transform {

        @Override
        public Tensor apply(Tensor x, @Nullable Generator generator) {
            SEEN.addAndGet(x.size(0));
            return x;
        }
    }

    /** Ten samples of each of three clients are read in two epochs, and once for each model's loss. */
    @Test
    void shouldEvaluateEachModelOnceEvenIfSamplersAndAlgorithmsAskForIt() {
        data.transformed(new Counting());
        Federation plain = federation(1, new Told());
        assertThat(seen(plain)).isEqualTo(3 * 10 * (2 + 1));
        assertThat(seen(plain.with(Algorithms.qFedAvg(1)))).isEqualTo(3 * 10 * (2 + 1));
        assertThat(seen(plain.with(Algorithms.ifca(2, Weighting.UNIFORM)))).isEqualTo(3 * 10 * (2 + 2));
    }

    private static long seen(Federation federation) {
        try (var handler = federation.handler();
                var trainer = ExecutionMode.SINGLE_THREADED.trainer(federation.clients(), TrainerOptions.defaults())) {
            SEEN.set(0); // some are read to check the model
            trainer.localProcess(handler.downlinkPackage(), handler.sampleClients(), ModelUpdate::close);
            return SEEN.get();
        }
    }

    @Test
    void shouldTellTheLossOfTheReceivedModel() {
        Told told = new Told();
        run(federation(2, told));
        assertThat(told.outcomes).extracting(ClientSampler.Outcome::round).containsExactly(0, 1);
        for (int cid : List.of(1, 2, 4)) {
            double first = loss(told, 0, cid);
            assertThat(first).isPositive();
            assertThat(loss(told, 1, cid)).isPositive().isLessThan(first);
        }
    }

    @Test
    void shouldTellNumbersByClientInWhateverOrderPackagesWereLoaded() {
        Told told = new Told();
        Federation federation = federation(1, told);
        try (var handler = federation.handler();
                var trainer = ExecutionMode.SINGLE_THREADED.trainer(federation.clients(), TrainerOptions.defaults())) {
            handler.sampleClients(trainer.workers());
            trainer.localProcess(handler.downlinkPackage(), List.of(4, 1, 2), handler::load);
        }
        assertThat(told.outcomes.get(0).numbers().keySet()).containsExactly(1, 2, 4);
    }

    private static double loss(Told told, int round, int cid) {
        Map<String, Double> numbers = told.outcomes.get(round).numbers().get(cid);
        assertThat(numbers).containsKey("loss");
        return numbers.get("loss");
    }
}
