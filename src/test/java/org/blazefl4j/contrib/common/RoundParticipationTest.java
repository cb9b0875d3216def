package org.blazefl4j.contrib.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class RoundParticipationTest {

    private final RoundParticipation intake =
            new RoundParticipation(ServerOptions.of(2, 6).withSampleRatio(0.5));

    @BeforeEach
    void begin() {
        intake.begin(List.of(0, 2, 4));
    }

    @Test
    void shouldBeCompleteWithTheLastOfTheSampledClients() {
        assertThat(intake.load(0)).isFalse();
        assertThat(intake.load(4)).isFalse();
        assertThat(intake.load(2)).isTrue();
    }

    @Test
    void shouldNotWaitForADroppedClient() {
        assertThat(intake.load(0)).isFalse();
        assertThat(intake.drop(4)).isFalse();
        assertThat(intake.load(2)).isTrue();
    }

    @Test
    void shouldBeCompleteWhenTheLastClientIsDropped() {
        intake.load(0);
        intake.load(4);

        assertThat(intake.drop(2)).isTrue();
    }

    @Test
    void shouldForgetARestartedRound() {
        intake.load(0);
        intake.drop(4);

        intake.restart();
        assertThat(intake.isDrawn()).isFalse();
        begin();

        assertThat(intake.load(0)).isFalse();
        assertThat(intake.load(4)).isFalse();
        assertThat(intake.round()).isZero();
    }

    @Test
    void shouldDrawTheSameClientsUntilTheRoundIsComplete() {
        List<Integer> first = intake.uniform();
        assertThat(first).hasSize(3).isEqualTo(intake.uniform());

        intake.complete();
        assertThat(intake.uniform()).isNotEqualTo(first);
    }

    @Test
    void shouldBeCompleteAtOnceWithoutClients() {
        assertThat(intake.isComplete()).isFalse();
        intake.complete();
        assertThat(intake.isComplete()).isFalse();

        intake.begin(List.of());
        assertThat(intake.isComplete()).isTrue();
        assertThat(intake.isDrawn()).isTrue();
    }

    @Test
    void shouldTellWhoWasLoadedAndDroppedInThisOrder() {
        intake.load(4);
        intake.drop(0);
        intake.load(2);

        assertThat(intake.clients()).containsExactly(0, 2, 4);
        assertThat(intake.loaded()).containsExactly(4, 2);
        assertThat(intake.dropped()).containsExactly(0);
    }

    @Test
    void shouldRefuseToBeginWithClientsOutOfOrder() {
        String expected = ", expected=ascending ids from 0 to 5, none twice; correct what draws them";
        intake.restart();
        refusesToBegin(List.of(1, 1), "clients of a round: round=1, client=1 after 1" + expected);
        refusesToBegin(List.of(3, 2), "clients of a round: round=1, client=2 after 3" + expected);
        refusesToBegin(List.of(4, 6), "clients of a round: round=1, client=6 after 4" + expected);
        refusesToBegin(List.of(-1), "clients of a round: round=1, client=-1 after -1" + expected);
        assertThat(intake.isDrawn()).isFalse();
    }

    private void refusesToBegin(List<Integer> cids, String message) {
        assertThatIllegalStateException().isThrownBy(() -> intake.begin(cids)).withMessage(message);
    }

    @Test
    void shouldNameMissingClients() {
        intake.requireBetweenRounds();
        intake.load(0);

        assertThatIllegalStateException()
                .isThrownBy(intake::requireBetweenRounds)
                .withMessage("clients of the last round were neither loaded nor dropped: round=1, clients="
                        + "[2, 4]; call handler.drop(cid) for each client of trainer.dropped() after"
                        + " localProcess, or handler.restartRound() to repeat a round that failed");
    }

    @Test
    void shouldStopAfterTheLastRound() {
        intake.complete();
        assertThat(intake.isStopped()).isFalse();
        intake.complete();
        assertThat(intake.isStopped()).isTrue();
    }

    @Test
    void shouldResumeWithTheSameSample() {
        RoundParticipation other = new RoundParticipation(ServerOptions.of(2, 6).withSampleRatio(0.5));
        intake.complete();
        other.begin(List.of(0, 1));
        other.load(0);

        MemoryCheckpoint saved = new MemoryCheckpoint();
        intake.save(saved);
        other.restore(saved);

        assertThat(other.round()).isEqualTo(1);
        assertThat(other.uniform()).isEqualTo(intake.uniform());
        assertThat(other.isDrawn()).isFalse();
    }

    @Test
    void shouldRefuseAClientTwice() {
        String restart = ", round=1, expected=each client once a round; call restartRound() to repeat a round";
        intake.load(0);
        intake.drop(4);

        refuses(() -> intake.check(0), "client loaded twice: cid=0" + restart);
        refuses(() -> intake.check(4), "client loaded after it was dropped: cid=4" + restart);
        refuses(() -> intake.drop(0), "client dropped after it was loaded: cid=0" + restart);
        refuses(() -> intake.drop(4), "client dropped twice: cid=4" + restart);
        assertThat(intake.load(2)).isTrue();
    }

    @Test
    void shouldRefuseAClientOutsideTheFederation() {
        String limit = ", limit=0 to 5; send the id that the client was given";
        refuses(() -> intake.check(6), "no such client: cid=6" + limit);
        refuses(() -> intake.drop(-1), "no such client: cid=-1" + limit);
    }

    @Test
    void shouldRefuseAClientThatWasNotSampled() {
        String expected = ", round=1, expected=one that was sampled; train the clients of sampleClients()";
        refuses(() -> intake.check(1), "client is not in this round: cid=1" + expected);
        refuses(() -> intake.drop(5), "client is not in this round: cid=5" + expected);
    }

    @Test
    void shouldRefuseToDropAllClients() {
        intake.drop(0);
        intake.drop(2);

        assertThatIllegalStateException()
                .isThrownBy(() -> intake.drop(4))
                .withMessage("all clients dropped: cid=4, round=1, limit=1 or more of 3 that are not dropped; call"
                        + " restartRound() to repeat the round");
        assertThat(intake.load(4)).isTrue();
    }

    @Test
    void shouldRefuseToResumeAfterAnImpossibleNumberOfRounds() {
        refuses(
                () -> intake.restore(after(3)),
                "completed rounds out of range: rounds=3, limit=0 to 2; resume with the options of the saved run");
        refuses(
                () -> intake.restore(after(-1)),
                "completed rounds out of range: rounds=-1, limit=0 to 2; resume with the options of the saved run");
    }

    private static MemoryCheckpoint after(int rounds) {
        MemoryCheckpoint saved = new MemoryCheckpoint();
        saved.put("round", rounds);
        return saved;
    }

    private static void refuses(ThrowingCallable call, String message) {
        assertThatIllegalArgumentException().isThrownBy(call).withMessage(message);
    }
}
