package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.blazefl4j.torch.Elements.floats;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.trainer.FlakyClients.Down;
import org.blazefl4j.trainer.FlakyClients.How;
import org.blazefl4j.trainer.FlakyClients.Order;
import org.blazefl4j.trainer.FlakyClients.Up;
import org.blazefl4j.util.Slow;

/** Under a policy that tolerates failures, the other clients' bits and states are as if none had failed. */
@Slow
class FailurePolicyPropertiesTest {

    private static final List<FailurePolicy> POLICIES = List.of(
            FailurePolicy.failFast(),
            FailurePolicy.retry(2),
            FailurePolicy.drop(),
            FailurePolicy.retry(1).thenDrop());

    private static Path folder;
    private static final List<Subject> SUBJECTS = new ArrayList<>();

    /** A trainer, and how often it accepted a package of each client. */
    private static final class Subject {
        private final FailurePolicy policy;
        private final FlakyClients clients;
        private final AbstractClientTrainer<Order, Down, Up> trainer;
        private final boolean processes;
        private final Map<Integer, Integer> accepted = new HashMap<>();

        Subject(FailurePolicy policy, int mode) {
            TrainerOptions options = TrainerOptions.builder()
                    .numParallels(2)
                    .seed(FlakyClients.SEED)
                    .onClientFailure(policy)
                    .build();
            this.policy = policy;
            this.processes = mode == 2;
            this.clients = new FlakyClients(folder(policy, mode));
            this.trainer = switch (mode) {
                case 0 -> new SerialClientTrainer<>(clients, options);
                case 1 -> new ThreadPoolClientTrainer<>(clients, options);
                default -> new ProcessPoolClientTrainer<>(clients, options);
            };
        }

        private static Path folder(FailurePolicy policy, int mode) {
            try {
                return Files.createDirectory(folder.resolve(policy + "-" + mode));
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
    }

    @BeforeContainer
    static void open() throws IOException {
        folder = Files.createTempDirectory("flaky");
        POLICIES.forEach(policy -> IntStream.range(0, 2).forEach(mode -> SUBJECTS.add(new Subject(policy, mode))));
        SUBJECTS.add(new Subject(FailurePolicy.retry(1).thenDrop(), 2));
    }

    @AfterContainer
    static void close() throws IOException {
        SUBJECTS.forEach(subject -> subject.trainer.close());
        SUBJECTS.clear();
        try (var files = Files.walk(folder)) {
            files.sorted((a, b) -> b.compareTo(a)).forEach(file -> file.toFile().delete());
        }
    }

    /** How often each client of a round fails. */
    @Provide
    Arbitrary<List<Integer>> failures() {
        return Arbitraries.frequency(Tuple.of(6, 0), Tuple.of(2, 1), Tuple.of(1, 2), Tuple.of(1, 3))
                .list()
                .ofMinSize(1)
                .ofMaxSize(9);
    }

    @Property(tries = 60)
    void shouldGiveTheBitsOfARoundWithoutFailures(
            @ForAll("failures") List<Integer> failures, @ForAll boolean anyOrder) {
        SUBJECTS.stream()
                .filter(subject -> !subject.processes)
                .forEach(subject -> check(subject, failures, How.THROW, anyOrder));
    }

    @Property(tries = 8)
    void shouldGiveTheBitsOfARoundWithoutFailuresInProcesses(
            @ForAll("failures") List<Integer> failures, @ForAll How how, @ForAll boolean anyOrder) {
        SUBJECTS.stream()
                .filter(subject -> subject.processes)
                .forEach(subject -> check(subject, failures, how, anyOrder));
    }

    private static void check(Subject subject, List<Integer> failures, How how, boolean anyOrder) {
        List<Integer> cids = IntStream.range(0, failures.size())
                .map(i -> failures.size() - 1 - i)
                .boxed()
                .toList();
        Map<Integer, Integer> plan = cids.stream().collect(Collectors.toMap(cid -> cid, failures::get));
        subject.clients.plan(plan, how);
        int limit = subject.policy.retries();
        List<Integer> lost = cids.stream().filter(cid -> plan.get(cid) > limit).toList();
        if (lost.isEmpty() || subject.policy.drops() && lost.size() < cids.size()) {
            checkRound(subject, plan, cids, lost, anyOrder);
        } else {
            checkFailure(subject, cids, lost, anyOrder);
        }
    }

    private static void checkRound(
            Subject subject, Map<Integer, Integer> plan, List<Integer> cids, List<Integer> lost, boolean anyOrder) {
        int round = subject.trainer.round();
        try (Tensors tensors = new Tensors(FlakyClients.down(round))) {
            Map<Integer, float[]> taken = new LinkedHashMap<>();
            FlakyClients.process(subject.trainer, tensors.down(), cids, anyOrder, taken);

            List<Integer> survivors =
                    cids.stream().filter(cid -> !lost.contains(cid)).toList();
            assertThat(taken.keySet()).hasSize(survivors.size()).containsAll(survivors);
            if (!anyOrder) {
                assertThat(taken.keySet()).containsExactlyElementsOf(survivors);
            }
            for (int cid : survivors) {
                int before = subject.accepted.merge(cid, 1, Integer::sum) - 1;
                assertThat(taken.get(cid)).isEqualTo(FlakyClients.expected(tensors.down(), cid, round, before));
            }
            assertThat(subject.trainer.dropped())
                    .extracting(ClientFailedException::clientId)
                    .containsExactlyElementsOf(lost);
            List<Integer> madeGood = subject.trainer.retried().stream()
                    .filter(failure -> !failure.getMessage().contains("lost with its worker"))
                    .map(ClientFailedException::clientId)
                    .toList();
            assertThat(madeGood)
                    .containsExactlyElementsOf(survivors.stream()
                            .flatMap(cid -> IntStream.range(0, plan.get(cid)).mapToObj(attempt -> cid))
                            .toList());
        }
    }

    private static void checkFailure(Subject subject, List<Integer> cids, List<Integer> lost, boolean anyOrder) {
        int round = subject.trainer.round();
        int retries = subject.policy.retries();
        try (Tensors tensors = new Tensors(FlakyClients.down(round))) {
            Map<Integer, float[]> taken = new HashMap<>();
            ClientFailedException failure = catchThrowableOfType(
                    ClientFailedException.class,
                    () -> FlakyClients.process(subject.trainer, tensors.down(), cids, anyOrder, taken));
            subject.trainer.uplinkPackage().forEach(up -> {
                try (up) {
                    taken.put(up.cid(), floats(up.value()));
                }
            });

            assertThat(failure.clientId()).isIn(lost);
            assertThat(failure.attempts()).isEqualTo(retries + 1);
            assertThat(taken.keySet()).doesNotContainAnyElementsOf(lost);
            taken.forEach((cid, values) -> {
                int before = subject.accepted.merge(cid, 1, Integer::sum) - 1;
                assertThat(values).isEqualTo(FlakyClients.expected(tensors.down(), cid, round, before));
            });
        }
    }

    /** Closes a payload. */
    private record Tensors(Down down) implements AutoCloseable {
        @Override
        public void close() {
            down.value().close();
        }
    }
}
