package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.tuple;

import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.NonFinitePolicy;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.trainer.Clients.Down;
import org.blazefl4j.util.LogLines;
import org.blazefl4j.util.Slow;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Results that are not finite, of an algorithm outside the library, in every mode. */
@Slow
final class NonFiniteResultsTest {

    private static final List<Integer> CIDS = List.of(5, 4, 3, 2, 1, 0);
    private static final String REASON = "org.blazefl4j.worker.NonFiniteResultException: result is not finite:"
            + " tensor=more[0], expected=no NaN and no infinity; a smaller learning rate usually helps";

    private final Down down = Down.of(100);
    private final LogLines warnings = new LogLines(DivergenceWarning.class);

    /** A result with two tensors, one of them in a list. */
    record Up(int cid, Tensor value, List<Tensor> more) implements AutoCloseable {
        @Override
        public void close() {
            value.close();
            more.forEach(Tensor::close);
        }
    }

    /** Clients 1 and 4 return an infinity and NaN; clients count in their states how often they were accepted. */
    record Diverging() implements ClientAlgorithm<Integer, Down, Up> {

        @Override
        public Integer getClientConfig(int cid) {
            return cid;
        }

        @Override
        public ClientWorker<Integer, Down, Up> worker() {
            return Diverging::train;
        }

        @Override
        public Up prepareUplinkPackageBuffer() {
            return new Up(0, torch.empty(1), List.of(torch.empty(2)));
        }

        static Up train(Integer cid, Down down, WorkerContext context) {
            int before = context.<Integer>state().orElse(0);
            context.keepState(before + 1);
            Tensor more = torch.zeros(2);
            if (cid == 1 || cid == 4) {
                more.narrow(0, 1, 1).fill_(new Scalar(cid == 1 ? Double.NEGATIVE_INFINITY : Double.NaN));
            }
            return new Up(cid, torch.full(new long[] {1}, new Scalar((double) before)), List.of(more));
        }
    }

    @AfterEach
    void close() {
        warnings.close();
        down.value().close();
    }

    private static AbstractClientTrainer<Integer, Down, Up> trainer(
            ExecutionMode mode, TrainerOptions.Builder builder) {
        return mode.trainer(new Diverging(), builder.numParallels(2).build());
    }

    private static TrainerOptions.Builder options(NonFinitePolicy policy) {
        return TrainerOptions.builder().onNonFinite(policy);
    }

    /** Runs a round; returns how often each client that was handed over was accepted before. */
    private List<Integer> round(AbstractClientTrainer<Integer, Down, Up> trainer) {
        List<Integer> counts = new ArrayList<>();
        trainer.localProcess(down, CIDS, up -> {
            try (up) {
                counts.add((int) up.value().item_double());
            }
        });
        return counts;
    }

    @ParameterizedTest
    @EnumSource
    void shouldAcceptThemWithOneWarningByDefault(ExecutionMode mode) {
        try (var trainer = trainer(mode, TrainerOptions.builder())) {
            assertThat(round(trainer)).containsExactly(0, 0, 0, 0, 0, 0);
            assertThat(trainer.nonFinite()).containsExactly(4, 1);
            assertThat(trainer.dropped()).isEmpty();
            assertThat(round(trainer)).containsExactly(1, 1, 1, 1, 1, 1);
        }
        assertThat(warnings.lines())
                .containsExactly("results are not finite: round=1, results=2 of 6, the first of clients=[4, 1],"
                        + " expected=no NaN and no infinity; a smaller learning rate usually helps, or fewer local"
                        + " epochs; onNonFinite (--on-non-finite) says what becomes of such results");
    }

    @ParameterizedTest
    @EnumSource
    void shouldDropThemAndTheirStatesIfAsked(ExecutionMode mode) {
        try (var trainer = trainer(mode, options(NonFinitePolicy.DROP).onClientFailure(FailurePolicy.retry(3)))) {
            assertThat(round(trainer)).containsExactly(0, 0, 0, 0);
            assertThat(trainer.nonFinite()).containsExactly(4, 1);
            assertThat(trainer.dropped())
                    .extracting(ClientFailedException::clientId, ClientFailedException::attempts)
                    .containsExactly(tuple(4, 1), tuple(1, 1));
            assertThat(trainer.retried()).isEmpty();
            assertThat(round(trainer)).containsExactly(1, 1, 1, 1);
        }
        assertThat(warnings.lines()).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource
    void shouldFailTheRoundUnderAnyFailurePolicyIfAsked(ExecutionMode mode) {
        try (var trainer = trainer(
                mode,
                options(NonFinitePolicy.FAIL)
                        .onClientFailure(FailurePolicy.retry(3).thenDrop()))) {
            assertThatExceptionOfType(ClientFailedException.class)
                    .isThrownBy(() -> round(trainer))
                    .withMessageStartingWith("client failed: client=4, round=")
                    .withMessageContaining(REASON)
                    .satisfies(failure -> assertThat(failure.attempts()).isOne());
            assertThat(trainer.nonFinite()).contains(4);
        }
        assertThat(warnings.lines()).as("the failure says it").isEmpty();
    }

    @Test
    void shouldFollowTheFailurePolicyIfAsked() {
        TrainerOptions.Builder patient = options(NonFinitePolicy.RETRY)
                .onClientFailure(FailurePolicy.retry(1).thenDrop());
        try (var trainer = trainer(ExecutionMode.SINGLE_THREADED, patient)) {
            assertThat(round(trainer)).containsExactly(0, 0, 0, 0);
            assertThat(trainer.nonFinite()).containsExactly(4, 1);
            assertThat(trainer.dropped())
                    .extracting(ClientFailedException::clientId, ClientFailedException::attempts)
                    .containsExactly(tuple(4, 2), tuple(1, 2));
        }
    }
}
