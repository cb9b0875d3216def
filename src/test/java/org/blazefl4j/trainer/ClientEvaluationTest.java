package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.blazefl4j.trainer.Clients.ids;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.blazefl4j.core.ClientEvaluator;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.PhaseTimes;
import org.blazefl4j.core.StoppedException;
import org.blazefl4j.reproducibility.RandomStreams;
import org.blazefl4j.trainer.Evaluators.Found;
import org.blazefl4j.trainer.FlakyClients.Down;
import org.blazefl4j.trainer.FlakyClients.How;
import org.blazefl4j.trainer.FlakyClients.Order;
import org.blazefl4j.trainer.FlakyClients.Up;
import org.blazefl4j.util.Slow;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that are evaluated between rounds, the same in all modes. */
@Slow
@ParameterizedClass
@EnumSource
final class ClientEvaluationTest {

    private static final List<Integer> SOME = List.of(4, 0, 2);

    @TempDir
    private static Path folder;

    private static FlakyClients clients;
    private static AbstractClientTrainer<Order, Down, Up> trainer;

    @Parameter
    private ExecutionMode mode;

    private final Down down = FlakyClients.down(3);

    @BeforeParameterizedClassInvocation
    static void openTrainer(ExecutionMode mode) throws IOException {
        clients = new FlakyClients(Files.createDirectory(folder.resolve(mode.name())));
        trainer = open(mode, 2, FailurePolicy.failFast());
    }

    private static AbstractClientTrainer<Order, Down, Up> open(ExecutionMode mode, int workers, FailurePolicy policy) {
        TrainerOptions options = TrainerOptions.builder()
                .numParallels(workers)
                .seed(FlakyClients.SEED)
                .onClientFailure(policy)
                .build();
        return mode.trainer(clients, options);
    }

    @AfterParameterizedClassInvocation
    static void closeTrainer() {
        trainer.close();
    }

    @AfterEach
    void close() {
        clients.plan(Map.of(), How.THROW);
        down.value().close();
    }

    private List<Found> find(AbstractClientTrainer<Order, Down, Up> trainer, List<Integer> cids) {
        return trainer.evaluate(down, cids, Evaluators::find);
    }

    private static Found found(int cid, int round, int state) {
        return new Found(cid, cid, round, 3, state, draw(cid, round));
    }

    private static double draw(int cid, int round) {
        try (PointerScope scope = new PointerScope();
                Generator stream =
                        RandomStreams.generator(FlakyClients.SEED, cid, round, "evaluation: " + FlakyClients.PURPOSE)) {
            return Evaluators.draw(stream);
        }
    }

    private ClientFailedException failure(ClientEvaluator<Order, Down, ?> evaluator) {
        return catchThrowableOfType(ClientFailedException.class, () -> trainer.evaluate(down, List.of(1), evaluator));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void shouldGiveEachClientItsConfigurationStateAndStreams(int workers) {
        try (var other = open(mode, workers, FailurePolicy.failFast())) {
            assertThat(find(other, List.of(1, 5))).containsExactly(found(1, 0, -1), found(5, 0, -1));
            FlakyClients.round(other, down, SOME);
            FlakyClients.round(other, down, List.of(2));

            assertThat(find(other, List.of(2, 9, 4, 0)))
                    .containsExactly(found(2, 2, 2), found(9, 2, -1), found(4, 2, 1), found(0, 2, 1));
            assertThat(find(other, List.of())).isEmpty();
            assertThat(find(other, ids(100))).extracting(Found::cid).isEqualTo(ids(100));
        }
    }

    @Test
    void shouldChangeNothing() {
        try (var other = open(mode, 2, FailurePolicy.failFast())) {
            other.localProcess(down, SOME);
            List<Up> packages = other.cache();
            PhaseTimes phases = other.phases();
            StateUsage states = other.stateUsage();

            List<Found> first = find(other, SOME);

            assertThat(find(other, SOME)).isEqualTo(first);
            assertThat(other.round()).isEqualTo(1);
            assertThat(other.cache()).isEqualTo(packages).hasSize(SOME.size());
            assertThat(other.phases()).isSameAs(phases);
            assertThat(other.stateUsage()).isEqualTo(states);
            Map<Integer, float[]> next = FlakyClients.round(other, down, SOME);
            SOME.forEach(cid -> assertThat(next.get(cid)).isEqualTo(FlakyClients.expected(down, cid, 1, 1)));
        }
    }

    @Test
    void shouldTakeLambdasAndObjects() {
        int captured = 5;
        assertThat(trainer.<Order, Integer>evaluate(down, SOME, (order, payload, context) -> order.cid() + captured))
                .containsExactly(9, 5, 7);
        assertThat(trainer.evaluate(down, SOME, new Evaluators.Adding(10))).containsExactly(14, 10, 12);
    }

    @Test
    void shouldRefuseToChangeClientsAndToReturnTensors() {
        assertThat(failure(Evaluators::keeping))
                .hasMessageContaining("not in an evaluation: client=1, method=keepState, expected=a client that is"
                        + " trained; evaluations only read states: return what they find");
        assertThat(failure(Evaluators::buffered))
                .hasMessageContaining("not in an evaluation: client=1, method=uplinkBuffer, expected=");
        assertThat(failure(Evaluators::tensor))
                .hasMessageContaining(
                        "client's result holds a tensor: work=evaluation, client=1, path=(root), expected=no tensors");
        assertThat(failure((order, payload, context) -> null))
                .hasMessageContaining("no result: work=evaluation, client=1; the worker function returned null");
        assertThat(failure((order, payload, context) -> torch.randn(1).item_double()))
                .hasMessageContaining("default generator moved: clients=[1]");
        assertThat(find(trainer, List.of(1))).containsExactly(found(1, trainer.round(), -1));
        assertThat(trainer.nonFinite()).isEmpty();
    }

    @Test
    void shouldFailClientsThatWriteToThePayload() {
        String expected = mode == ExecutionMode.MULTI_PROCESS
                ? "client wrote to the payload, which is read-only: tensor=payload.value"
                : "payload or data were written to: work=evaluation, client=1, round=";

        assertThat(failure(Evaluators::writing)).hasMessageContaining(expected);
    }

    @Test
    void shouldSayWhichClientFailed() {
        clients.plan(Map.of(1, 1), How.THROW);
        ClientFailedException failure = failure(Evaluators::failing);

        assertThat(failure.clientId()).isEqualTo(1);
        assertThat(failure)
                .hasMessage("evaluation failed: client=1, round=" + (trainer.round() + 1) + ", worker="
                        + failure.worker()
                        + ": java.lang.IllegalStateException: no 1");
        assertThat(trainer.evaluate(down, List.of(1), Evaluators::failing))
                .containsExactly(found(1, trainer.round(), -1));
        ClientEvaluator<String, Down, Integer> wrong = Evaluators::wrongConfig;
        assertThatThrownBy(() -> trainer.evaluate(down, List.of(1), wrong))
                .isInstanceOf(ClientFailedException.class)
                .hasMessageContaining("java.lang.ClassCastException");
    }

    @ParameterizedTest
    @ValueSource(strings = {"retry", "drop"})
    void shouldTryAFailedClientAgain(String policy) {
        How how = mode == ExecutionMode.MULTI_PROCESS ? How.DIE : How.THROW;
        try (var other = open(mode, 2, policy.equals("drop") ? FailurePolicy.drop() : FailurePolicy.retry(1))) {
            FlakyClients.round(other, down, SOME);
            clients.plan(Map.of(2, 1), how);

            assertThat(other.evaluate(down, SOME, Evaluators::failing))
                    .containsExactly(found(4, 1, 1), found(0, 1, 1), found(2, 1, 1));

            assertThat(other.retried()).isEmpty();
            clients.plan(Map.of(2, 2), How.THROW);
            assertThatThrownBy(() -> other.evaluate(down, SOME, Evaluators::failing))
                    .isInstanceOfSatisfying(ClientFailedException.class, failure -> {
                        assertThat(failure.attempts()).isEqualTo(2);
                        assertThat(failure).hasMessageStartingWith("evaluation failed: client=2, round=2, worker=");
                    });
            assertThat(other.dropped()).isEmpty();
        }
    }

    @Test
    void shouldStopByTheStopEvent() {
        clients.plan(Map.of(0, 1, 2, 1, 4, 1), How.THROW);
        Thread stopper = StopTest.start(() -> {
            Conditions.awaitFile(Path.of(clients.getClientConfig(4).attempts() + "polls"));
            trainer.stopEvent().set();
        });

        assertThatThrownBy(() -> trainer.evaluate(down, SOME, Evaluators::polling))
                .isInstanceOf(StoppedException.class)
                .hasMessage("stopped: stop event set, round=" + (trainer.round() + 1));

        StopTest.join(stopper);
        assertThat(find(trainer, SOME)).hasSize(3);
    }

    @Test
    void shouldRefuseWrongArguments() {
        assertThatThrownBy(() -> find(trainer, List.of(3, 1, 3)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("client listed twice: client=3, expected=each client once; remove the repetition");
        assertThatThrownBy(() -> find(trainer, Arrays.asList(1, null)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("client id out of range: client=null, limit=0 or more; ids are not negative");
        assertThatThrownBy(() -> find(trainer, null)).hasMessage("cids");
        assertThatThrownBy(() -> trainer.evaluate(null, SOME, Evaluators::find)).hasMessage("payload");
        assertThatThrownBy(() -> trainer.evaluate(down, SOME, null)).hasMessage("evaluator");
    }

    @Test
    void shouldRefuseDuringARound() {
        assertThatThrownBy(() -> trainer.localProcess(down, SOME, up -> {
                    up.close();
                    find(trainer, SOME);
                }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("a round is running: round=");
    }
}
