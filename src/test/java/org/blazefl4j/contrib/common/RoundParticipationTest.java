package org.blazefl4j.contrib.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

final class RoundParticipationTest {

    private final RoundParticipation intake =
            new RoundParticipation(ServerOptions.of(2, 6).withSampleRatio(0.5));

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
        assertThat(intake.sample()).hasSize(3).isEqualTo(intake.sample());

        assertThat(intake.load(0)).isFalse();
        assertThat(intake.load(4)).isFalse();
        assertThat(intake.round()).isZero();
    }

    @Test
    void shouldNameMissingClients() {
        intake.requireBetweenRounds();
        List<Integer> cids = intake.sample();
        intake.load(cids.get(0));

        assertThatIllegalStateException()
                .isThrownBy(intake::requireBetweenRounds)
                .withMessage("clients of the last round were neither loaded nor dropped: round=1, clients="
                        + cids.subList(1, 3) + "; call handler.drop(cid) for each client of trainer.dropped() after"
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
        other.load(0);

        MemoryCheckpoint saved = new MemoryCheckpoint();
        intake.save(saved);
        other.restore(saved);

        assertThat(other.round()).isEqualTo(1);
        assertThat(other.sample()).isEqualTo(intake.sample());
        assertThat(other.load(0)).isFalse();
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
