package org.blazefl4j.federation.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.blazefl4j.federation.ClientSampler;
import org.blazefl4j.reproducibility.RandomStreams;

/** What holds for every sampler, and the limits of single ones. */
final class SamplersPropertiesTest {

    private enum Kind {
        UNIFORM,
        WEIGHTED,
        ROUND_ROBIN,
        POISSON,
        SEPARATED,
        ON_OFF,
        POWER_OF_CHOICE,
        LAST_LOSS,
        OORT,
        OVER_SELECTED,
        NESTED;

        ClientSampler make(int numClients) {
            return switch (this) {
                case UNIFORM -> Samplers.uniform();
                case WEIGHTED -> Samplers.weighted();
                case ROUND_ROBIN -> Samplers.roundRobin();
                case POISSON -> Samplers.poisson(0.3);
                case SEPARATED -> Samplers.separated(2, Samplers.uniform());
                case ON_OFF -> Samplers.onOff(0.3, 0.2, Samplers.roundRobin());
                case POWER_OF_CHOICE -> Samplers.powerOfChoice(numClients);
                case LAST_LOSS -> Samplers.lastLoss(numClients);
                case OORT -> Samplers.oort(Samplers.logNormalSeconds(3, 1));
                case OVER_SELECTED -> Samplers.overSelected(1.3, cid -> 1 + cid % 3, Samplers.uniform());
                case NESTED ->
                    Samplers.onOff(
                            0.2,
                            0.4,
                            Samplers.separated(2, Samplers.overSelected(2, cid -> 1 + cid % 5, Samplers.weighted())));
            };
        }
    }

    private static int some(int most, int share) {
        return 1 + share % most;
    }

    @Property(tries = 300)
    void shouldDrawClientsInAscendingOrderAndTheSameAgain(
            @ForAll Kind kind,
            @ForAll @IntRange(min = 1, max = 30) int numClients,
            @ForAll @IntRange(max = 1000) int share,
            @ForAll long seed) {
        SampledRounds rounds = new SampledRounds(numClients, some(numClients, share), seed);
        ClientSampler sampler = kind.make(numClients);
        for (int round = 0; round < 6; round++) {
            List<Integer> cids = rounds.sample(sampler, round);
            assertThat(cids).isSorted().doesNotHaveDuplicates().allMatch(cid -> cid >= 0 && cid < numClients);
            assertThat(rounds.sample(sampler, round)).isEqualTo(cids);
            if (kind != Kind.POISSON) {
                assertThat(cids).hasSizeLessThanOrEqualTo(some(numClients, share));
            }
            assertThat(rounds.next(sampler, round)).isEqualTo(cids);
        }
    }

    @Property(tries = 300)
    void shouldDrawTheSameClientsAfterAResume(
            @ForAll Kind kind,
            @ForAll @IntRange(min = 1, max = 20) int numClients,
            @ForAll @IntRange(max = 1000) int share,
            @ForAll @IntRange(max = 60) int before,
            @ForAll long seed) {
        SampledRounds rounds = new SampledRounds(numClients, some(numClients, share), seed);
        ClientSampler whole = kind.make(numClients);
        rounds.next(whole, 0, before);
        ClientSampler resumed = kind.make(numClients);
        rounds.next(resumed, 0, 3); // which is forgotten
        SampledRounds.resume(whole, resumed);

        assertThat(rounds.next(resumed, before, before + 25)).isEqualTo(rounds.next(whole, before, before + 25));
    }

    @Property(tries = 100)
    void shouldDrawUniformlyWithTheBitsOfAServerWithoutASampler(
            @ForAll @IntRange(min = 1, max = 200) int numClients,
            @ForAll @IntRange(max = 1000) int share,
            @ForAll @IntRange(max = 100) int round,
            @ForAll long seed) {
        int count = some(numClients, share);
        assertThat(new SampledRounds(numClients, count, seed).sample(Samplers.uniform(), round))
                .isEqualTo(RandomStreams.sample(numClients, count, RandomStreams.random(seed, -1, round, "sample")));
    }

    @Property(tries = 100)
    void shouldTakeEachClientAsOftenInTurns(
            @ForAll @IntRange(min = 1, max = 20) int numClients,
            @ForAll @IntRange(max = 1000) int share,
            @ForAll @IntRange(min = 1, max = 40) int more) {
        int count = some(numClients, share);
        SampledRounds rounds = new SampledRounds(numClients, count, 1);
        assertThat(rounds.counts(Samplers.roundRobin(), numClients)).containsOnly(count);
        int[] counts = rounds.counts(Samplers.roundRobin(), more);
        for (int each : counts) {
            assertThat(each - (long) more * count / numClients).isBetween(0L, 1L);
        }
    }

    @Property(tries = 200)
    void shouldKeepRoundsOfAClientApart(
            @ForAll @IntRange(min = 1, max = 25) int numClients,
            @ForAll @IntRange(max = 1000) int share,
            @ForAll @IntRange(min = 1, max = 6) int apart,
            @ForAll boolean poisson,
            @ForAll long seed) {
        int count = some(numClients, share);
        SampledRounds rounds = new SampledRounds(numClients, count, seed);
        ClientSampler sampler = Samplers.separated(apart, poisson ? Samplers.poisson(0.4) : Samplers.weighted());
        Map<Integer, Integer> last = new HashMap<>();
        for (int round = 0; round < 20; round++) {
            List<Integer> cids = rounds.next(sampler, round);
            if (!poisson && apart * count <= numClients) {
                assertThat(cids).hasSize(count);
            }
            for (int cid : cids) {
                Integer before = last.put(cid, round);
                assertThat(before == null || round - before >= apart).isTrue();
            }
        }
    }
}
