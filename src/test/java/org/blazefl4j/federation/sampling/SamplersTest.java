package org.blazefl4j.federation.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntToDoubleFunction;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.blazefl4j.contrib.common.MemoryCheckpoint;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.federation.ClientSampler;
import org.blazefl4j.federation.Federation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Frequencies are those of fixed seeds, within five standard deviations. */
final class SamplersTest {

    private static final int MANY = 10_000;

    @TempDir
    private Path folder;

    private static Federation of(ServerOptions server) {
        return Federation.of(
                new Tiny.Selector(1), Tiny.LINEAR, new InMemoryPartitionedDataset<PartitionType>(), server);
    }

    private static void assertFrequency(int count, int tries, double probability) {
        double deviation = Math.sqrt(tries * probability * (1 - probability));
        assertThat((double) count).isCloseTo(tries * probability, within(5 * deviation + 1e-9));
    }

    @Test
    void shouldDrawInProportionToSamples() {
        int[] sizes = {1, 2, 3, 4};
        int[] counts = new SampledRounds(4, 2, 11).withSizes(cid -> sizes[cid]).counts(Samplers.weighted(), MANY);

        for (int cid = 0; cid < 4; cid++) {
            double share = sizes[cid] / 10.0;
            double second = 0;
            for (int first = 0; first < 4; first++) {
                second += first == cid ? 0 : sizes[first] / 10.0 * sizes[cid] / (10.0 - sizes[first]);
            }
            assertFrequency(counts[cid], MANY, share + second);
        }
    }

    @Test
    void shouldNotDrawClientsWithoutSamples() {
        SampledRounds rounds = new SampledRounds(4, 3, 1).withSizes(cid -> cid < 2 ? 0 : 5);
        assertThat(rounds.sample(Samplers.weighted(), 0)).containsExactly(2, 3);
    }

    @Test
    void shouldChooseEachClientIndependently() {
        SampledRounds rounds = new SampledRounds(5, 5, 12);
        ClientSampler sampler = Samplers.poisson(0.3);
        int[] singles = new int[5];
        int[] pairs = new int[5];
        int empty = 0;
        for (int round = 0; round < MANY; round++) {
            List<Integer> cids = rounds.sample(sampler, round);
            cids.forEach(cid -> singles[cid]++);
            for (int cid = 0; cid < 5; cid++) {
                pairs[cid] += cids.contains(cid) && cids.contains((cid + 1) % 5) ? 1 : 0;
            }
            empty += cids.isEmpty() ? 1 : 0;
        }
        for (int cid = 0; cid < 5; cid++) {
            assertFrequency(singles[cid], MANY, 0.3);
            assertFrequency(pairs[cid], MANY, 0.09);
        }
        assertFrequency(empty, MANY, Math.pow(0.7, 5));
        assertThat(rounds.sample(Samplers.poisson(1), 0)).containsExactly(0, 1, 2, 3, 4);
    }

    @Test
    void shouldTakeTurnsInACircle() {
        assertThat(new SampledRounds(5, 2, 1).next(Samplers.roundRobin(), 0, 5))
                .containsExactly(List.of(0, 1), List.of(2, 3), List.of(0, 4), List.of(1, 2), List.of(3, 4));
    }

    @Test
    void shouldSkipWhoIsNotAvailableInTurns() throws IOException {
        Path trace = Files.writeString(folder.resolve("trace.csv"), "0,1,9\n2,1,9\n4,1,1\n4,3,3\n");
        ClientSampler sampler = Samplers.available(trace, Samplers.roundRobin());
        assertThat(new SampledRounds(5, 2, 1).next(sampler, 0, 3))
                .containsExactly(List.of(0, 2), List.of(0, 2), List.of(0, 4));
    }

    @Test
    void shouldChooseAmongAvailableClients() throws IOException {
        Path trace = Files.writeString(
                folder.resolve("trace.csv"), "# client,first round,last round\n\n 0 , 1 , 2 \n1,2,3\n1,5,5\n3,2,2\n");
        ClientSampler sampler = Samplers.available(trace, Samplers.uniform());
        assertThat(new SampledRounds(4, 4, 1).next(sampler, 0, 6))
                .containsExactly(List.of(0), List.of(0, 1, 3), List.of(1), List.of(), List.of(1), List.of());
        assertThat(sampler).hasToString("available:trace=" + trace + "(uniform)");
    }

    private Checkpointable traced(Path file, String content) throws IOException {
        Files.writeString(file, content);
        return (Checkpointable) Samplers.available(file, Samplers.uniform());
    }

    @Test
    void shouldNotContinueWithAnotherTrace() throws IOException {
        Path file = folder.resolve("trace.csv");
        MemoryCheckpoint saved = new MemoryCheckpoint();
        traced(file, "0,1,9").save(saved);
        traced(file, "0,1,9").restore(saved);
        Checkpointable changed = traced(file, "0,1,8");
        refuses(
                () -> changed.restore(saved),
                "availability trace changed: file=" + file
                        + ", sha256=97c25990f7368e3a9a3cbc14a4e1daf70b1055eb21e725520c4eabd73762ef38, expected="
                        + saved.get("trace_sha256", String.class)
                        + ", as saved; restore the file that the run started with, or start again");
    }

    @Test
    void shouldRefuseATraceThatIsNone() throws IOException {
        Path file = folder.resolve("trace.csv");
        String expected = ", expected=client,first round,last round; rounds count from 1";
        for (String bad : List.of("client,first,last", "0,1", "0,0,3", "0,4,3", "-1,1,2", "0,1,9999999999")) {
            Files.writeString(file, "0,1,1\n" + bad);
            refuses(
                    () -> Samplers.available(file, Samplers.uniform()),
                    "availability trace: file=" + file + ", line=2, text=" + bad + expected);
        }
        Files.writeString(file, "7,1,1");
        refuses(
                () -> Samplers.onOff(1, 1, Samplers.available(file, Samplers.uniform()))
                        .check(of(ServerOptions.of(1, 7))),
                "availability trace of another federation: file=" + file + ", client=7, limit=0 to 6; give the trace"
                        + " of these clients");
        Files.delete(file);
        assertThatExceptionOfType(UncheckedIOException.class)
                .isThrownBy(() -> Samplers.available(file, Samplers.uniform()))
                .withMessageStartingWith("cannot read availability trace: file=" + file);
    }

    @Test
    void shouldTurnClientsOffAndOn() {
        SampledRounds rounds = new SampledRounds(50, 50, 13);
        ClientSampler sampler = Samplers.onOff(0.2, 0.3, Samplers.uniform());
        Set<Integer> before = Set.of();
        int[] wasOn = new int[2];
        int[] changed = new int[2];
        int first = rounds.sample(sampler, 0).size();
        for (int round = 0; round < 400; round++) {
            Set<Integer> on = new HashSet<>(rounds.next(sampler, round));
            for (int cid = 0; cid < 50 && round > 0; cid++) {
                int state = before.contains(cid) ? 1 : 0;
                wasOn[state]++;
                changed[state] += on.contains(cid) == before.contains(cid) ? 0 : 1;
            }
            before = on;
        }
        assertFrequency(first, 50, 0.6);
        assertFrequency(changed[0], wasOn[0], 0.3);
        assertFrequency(changed[1], wasOn[1], 0.2);
    }

    @Test
    void shouldTakeTheClientsWithTheLargestLosses() {
        SampledRounds rounds = new SampledRounds(6, 2, 14); // losses of 0 to 12 quarters: 0, 5, 10, 2, 7 and 12
        assertThat(rounds.sample(Samplers.powerOfChoice(6), 0)).containsExactly(2, 5);
        List<Integer> choice = rounds.sample(Samplers.powerOfChoice(3), 0);
        List<Integer> candidates = new SampledRounds(6, 3, 14).sample(Samplers.powerOfChoice(3), 0);
        int least = candidates.stream()
                .min(Comparator.comparing(cid -> SampledRounds.loss(cid, 0)))
                .orElseThrow();
        assertThat(candidates).hasSize(3).containsAll(choice);
        assertThat(choice).hasSize(2).doesNotContain(least);
    }

    @Test
    void shouldTakeTheClientsWithTheLargestLastLosses() {
        SampledRounds rounds = new SampledRounds(6, 2, 14);
        ClientSampler sampler = Samplers.lastLoss(6);
        assertThat(rounds.sample(sampler, 0)).containsExactly(0, 1);
        SampledRounds.completed(sampler, 0, Map.of(0, Map.of("loss", 9.0), 1, Map.of("loss", 1.0)));
        assertThat(rounds.sample(sampler, 1)).containsExactly(2, 3);
        SampledRounds.completed(sampler, 1, Map.of(2, Map.of("loss", 1.0), 3, Map.of("loss", 2.0)));
        SampledRounds.completed(sampler, 2, Map.of(4, Map.of("loss", 2.0), 5, Map.of("loss", Double.NaN)));
        assertThat(rounds.sample(sampler, 3)).containsExactly(0, 3);
        SampledRounds.completed(sampler, 3, Map.of(0, Map.of("loss", 0.5), 3, Map.of("loss", 0.5)));
        assertThat(rounds.sample(sampler, 4)).containsExactly(1, 4);
    }

    @Test
    void shouldDrawInProportionToSamplesWithoutAChoice() {
        int[] counts = new SampledRounds(3, 1, 15).counts(Samplers.powerOfChoice(1), MANY);
        for (int cid = 0; cid < 3; cid++) {
            assertFrequency(counts[cid], MANY, (cid + 1) / 6.0);
        }
    }

    @Test
    void shouldRefuseClientsThatReportNoLoss() {
        String expected = ", expected=loss among them; compose the clients with this sampler, or send it";
        for (ClientSampler sampler : List.of(Samplers.lastLoss(3), Samplers.oort(cid -> 1))) {
            assertThatIllegalStateException()
                    .isThrownBy(() -> SampledRounds.completed(sampler, 0, Map.of(4, Map.of("steps", 2.0))))
                    .withMessage("client reports no loss: cid=4, numbers=[steps]" + expected);
        }
    }

    @Test
    void shouldExploreBySpeedAtFirst() {
        int[] counts = new int[3];
        for (int seed = 0; seed < MANY; seed++) {
            ClientSampler sampler = Samplers.oort(cid -> cid + 1);
            new SampledRounds(3, 1, seed).sample(sampler, 0).forEach(cid -> counts[cid]++);
        }
        double total = 1 + 1 / 2.0 + 1 / 3.0;
        for (int cid = 0; cid < 3; cid++) {
            assertFrequency(counts[cid], MANY, 1.0 / (cid + 1) / total);
        }
    }

    @Test
    void shouldExploreWithOneClientARound() {
        SampledRounds rounds = new SampledRounds(5, 1, 1).withSizes(cid -> 1);
        ClientSampler sampler = Samplers.oort(cid -> 1);
        Set<Integer> seen = new HashSet<>();
        for (int round = 0; round < 5; round++) {
            for (int cid : rounds.sample(sampler, round)) {
                seen.add(cid);
                SampledRounds.completed(sampler, round, Map.of(cid, Map.of("loss", 1.0)));
            }
        }
        assertThat(seen).hasSize(5);
    }

    /** Lets ten of twenty clients take part, and returns how often each of them is drawn in the round after. */
    private static int[] exploited(IntToDoubleFunction seconds, double[] losses) {
        int[] counts = new int[20];
        for (int seed = 0; seed < 2000; seed++) {
            ClientSampler sampler = Samplers.oort(seconds);
            SampledRounds rounds = new SampledRounds(20, 10, seed).withSizes(cid -> 5);
            for (int cid = 0; cid < 10; cid++) {
                SampledRounds.completed(sampler, 99, Map.of(cid, Map.of("loss", losses[cid])));
            }
            rounds.sample(sampler, 100).forEach(cid -> counts[cid]++);
        }
        return counts;
    }

    @Test
    void shouldPreferLargeLossesAndFastClients() {
        double[] losses = {9, 9, 9, 9, 9, 9, 9, 1, 1, 1};
        int[] counts = exploited(cid -> 1, losses);
        assertThat(Arrays.stream(counts).sum()).isEqualTo(2000 * 10);
        assertThat(Arrays.stream(counts).skip(10).sum()).isEqualTo(2000 * 3);
        for (int cid = 0; cid < 10; cid++) {
            assertThat(counts[cid]).isEqualTo(cid < 7 ? 2000 : 0);
        }

        double[] equal = {3, 3, 3, 3, 3, 3, 3, 3, 3, 3};
        int[] slow = exploited(cid -> cid == 0 ? 100 : 1, equal);
        assertThat(slow[0]).isZero();
        assertFrequency(slow[1], 2000, 7 / 9.0);
    }

    @Test
    void shouldUseSquaredLossesIfThereAreSome() {
        ClientSampler sampler = Samplers.oort(cid -> 1);
        SampledRounds rounds = new SampledRounds(2, 1, 1).withSizes(cid -> 1);
        SampledRounds.completed(
                sampler, 0, Map.of(0, Map.of("loss", 5.0, "squared_loss", 4.0), 1, Map.of("loss", 3.0)));
        assertThat(rounds.sample(sampler, 1)).containsExactly(1);
    }

    @Test
    void shouldLetSlowerClientsInWhenLessIsEarned() {
        SampledRounds rounds = new SampledRounds(10, 2, 1).withSizes(cid -> 1);
        ClientSampler sampler = Samplers.oort(cid -> cid + 1);
        for (int round = 0; round < 40; round++) {
            for (int cid : rounds.sample(sampler, round)) {
                assertThat(cid).isBetween(0, 9);
            }
            double loss = round < 20 ? 2 : 1;
            Map<Integer, Map<String, Double>> numbers = new HashMap<>();
            rounds.sample(sampler, round).forEach(cid -> numbers.put(cid, Map.of("loss", loss)));
            SampledRounds.completed(sampler, round, numbers);
        }
        var saved = new MemoryCheckpoint();
        ((Checkpointable) sampler).save(saved);
        assertThat(saved.names()).containsExactly("losses", "last_rounds", "pace");
        assertThat(saved.get("pace", Object.class).toString()).endsWith("paces=1]");
    }

    @Test
    void shouldTakeTheFirstOfMoreThanARoundNeeds() {
        SampledRounds rounds = new SampledRounds(11, 10, 1);
        ClientSampler sampler = Samplers.overSelected(1.1, cid -> 20 - cid, Samplers.uniform());
        assertThat(rounds.sample(sampler, 0)).containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
        assertThat(rounds.sample(Samplers.overSelected(9, cid -> 1 + cid, Samplers.uniform()), 0))
                .containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        assertThat(rounds.sample(Samplers.overSelected(1, cid -> 1, Samplers.uniform()), 3))
                .isEqualTo(rounds.sample(Samplers.uniform(), 3));
    }

    @Test
    void shouldSpreadTimesLogNormally() {
        IntToDoubleFunction seconds = Samplers.logNormalSeconds(16, 0.5);
        double sum = 0;
        double squares = 0;
        for (int cid = 0; cid < MANY; cid++) {
            double log = Math.log(seconds.applyAsDouble(cid));
            sum += log;
            squares += log * log;
        }
        assertThat(sum / MANY).isCloseTo(0, within(5 * 0.5 / Math.sqrt(MANY)));
        assertThat(squares / MANY).isCloseTo(0.25, within(5 * 0.25 * Math.sqrt(2.0 / MANY)));
        assertThat(seconds.applyAsDouble(3)).isEqualTo(seconds.applyAsDouble(3));
        assertThat(Samplers.logNormalSeconds(16, 0).applyAsDouble(3)).isEqualTo(1);
    }

    @Test
    void shouldRefuseBadSettings() {
        ClientSampler uniform = Samplers.uniform();
        refuses(() -> Samplers.poisson(0), "sampling rate out of range: rate=0.0, limit=above 0 and at most 1");
        refuses(
                () -> Samplers.poisson(Double.NaN),
                "sampling rate out of range: rate=NaN, limit=above 0 and at most 1");
        refuses(
                () -> Samplers.separated(0, uniform),
                "too few rounds between two of a client: rounds=0, limit=1 or more");
        refuses(
                () -> Samplers.onOff(0, 1, uniform),
                "probability of a change out of range: off=0.0, limit=above 0 and at most 1");
        refuses(
                () -> Samplers.onOff(1, 1.5, uniform),
                "probability of a change out of range: on=1.5, limit=above 0 and at most 1");
        refuses(() -> Samplers.powerOfChoice(0), "too few candidates: candidates=0, limit=1 or more");
        refuses(
                () -> Samplers.powerOfChoice(4).check(of(ServerOptions.of(1, 5))),
                "too few candidates: candidates=4, limit=5 or more, the clients of a round");
        refuses(
                () -> Samplers.separated(2, Samplers.lastLoss(4)).check(of(ServerOptions.of(1, 5))),
                "too few candidates: candidates=4, limit=5 or more, the clients of a round");
        refuses(
                () -> Samplers.overSelected(0.9, cid -> 1, uniform),
                "factor of over-selection out of range: factor=0.9, limit=1 or more and finite");
        refuses(
                () -> new SampledRounds(2, 2, 1).sample(Samplers.overSelected(1, cid -> 0, uniform), 0),
                "client's time out of range: cid=0, seconds=0.0, limit=above 0 and finite");
        refuses(
                () -> Samplers.logNormalSeconds(1, -1),
                "spread of clients' times out of range: sigma=-1.0, limit=0 or more and finite");
    }

    private static void refuses(ThrowingCallable call, String message) {
        assertThatIllegalArgumentException().isThrownBy(call).withMessage(message);
    }
}
