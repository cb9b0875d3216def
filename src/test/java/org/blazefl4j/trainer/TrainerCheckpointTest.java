package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.blazefl4j.checkpoint.Checkpoints;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.StoppedException;
import org.blazefl4j.trainer.StatefulClients.Action;
import org.blazefl4j.trainer.StatefulClients.Down;
import org.blazefl4j.trainer.StatefulClients.Order;
import org.blazefl4j.trainer.StatefulClients.Up;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A trainer continues from a checkpoint as the saved one would have, in any mode. */
@Slow
final class TrainerCheckpointTest {

    private static final List<Integer> CLIENTS = List.of(0, 1, 2, 3, 4);

    @TempDir
    private Path folder;

    /** Makes a trainer for clients. */
    private interface Maker extends Function<StatefulClients, AbstractClientTrainer<Order, Down, Up>> {}

    private static final Maker SERIAL = clients -> Clients.trainer(ExecutionMode.SINGLE_THREADED, clients);
    private static final Maker THREADS = clients -> Clients.trainer(ExecutionMode.MULTI_THREADED, clients);
    private static final Maker PROCESSES = clients -> new ProcessPoolClientTrainer<>(
            clients, TrainerOptions.builder().numParallels(3).build());

    /** The numbers that clients return; each follows from its state and the round's payload. */
    private static List<Long> round(AbstractClientTrainer<Order, Down, Up> trainer) {
        List<Long> numbers = new ArrayList<>();
        trainer.localProcess(new Down(trainer.round()), CLIENTS, up -> {
            try (up) {
                numbers.add(up.number());
            }
        });
        return numbers;
    }

    private static List<List<Long>> rounds(AbstractClientTrainer<Order, Down, Up> trainer, int until) {
        List<List<Long>> rounds = new ArrayList<>();
        while (trainer.round() < until) {
            rounds.add(round(trainer));
        }
        return rounds;
    }

    private static List<List<Long>> undisturbed(int rounds) {
        try (var trainer = SERIAL.apply(new StatefulClients(4))) {
            return rounds(trainer, rounds);
        }
    }

    private void save(Path to, AbstractClientTrainer<Order, Down, Up> trainer) {
        try (Checkpoints checkpoints = Checkpoints.in(to).add("trainer", trainer)) {
            checkpoints.save(trainer.round());
        }
    }

    private void resume(Path from, AbstractClientTrainer<Order, Down, Up> trainer) {
        try (Checkpoints checkpoints = Checkpoints.in(from).add("trainer", trainer)) {
            assertThat(checkpoints.resume()).isPresent();
        }
    }

    @Test
    void shouldContinueInAnyModeFromACheckpointOfAnother() {
        List<List<Long>> expected = undisturbed(4);
        List<Maker> modes = List.of(SERIAL, THREADS, PROCESSES);
        for (int at = 0; at < modes.size(); at++) {
            Path own = folder.resolve("at " + at);
            try (var trainer = modes.get(at).apply(new StatefulClients(4))) {
                rounds(trainer, at + 1);
                save(own, trainer);
            }
            try (var trainer = modes.get((at + 1) % modes.size()).apply(new StatefulClients(4))) {
                resume(own, trainer);
                assertThat(trainer.round()).isEqualTo(at + 1);
                assertThat(rounds(trainer, 4)).isEqualTo(expected.subList(at + 1, 4));
            }
        }
    }

    @Test
    void shouldForgetTheStatesThatItHadBeforeItWasRestored() {
        try (var trainer = SERIAL.apply(new StatefulClients(4))) {
            save(folder, trainer);
        }
        try (var trainer = SERIAL.apply(new StatefulClients(4))) {
            rounds(trainer, 2);
            resume(folder, trainer);
            assertThat(trainer.round()).isZero();
            assertThat(rounds(trainer, 2)).isEqualTo(undisturbed(2));
        }
    }

    @Test
    void shouldRepeatARoundThatWasStopped() {
        try (var trainer = SERIAL.apply(new StatefulClients(4))) {
            rounds(trainer, 1);
            assertThatThrownBy(() -> trainer.localProcess(new Down(1), CLIENTS, up -> {
                        up.close();
                        trainer.stopEvent().set();
                    }))
                    .isInstanceOf(StoppedException.class);
            save(folder, trainer);
        }
        try (var trainer = SERIAL.apply(new StatefulClients(4))) {
            resume(folder, trainer);
            assertThat(trainer.round()).isEqualTo(1);
            assertThat(rounds(trainer, 3)).isEqualTo(undisturbed(3).subList(1, 3));
        }
    }

    @Test
    void shouldContinueAfterAFailedRoundAsTheSavedTrainerDoes() {
        StatefulClients clients = new StatefulClients(4).order(4, Action.KEEP_AND_THROW);
        List<Long> expected;
        try (var trainer = SERIAL.apply(clients)) {
            assertThatThrownBy(() -> round(trainer)).isInstanceOf(ClientFailedException.class);
            save(folder, trainer);
            clients.order(4, Action.KEEP);
            expected = round(trainer);
        }
        try (var trainer = SERIAL.apply(clients)) {
            resume(folder, trainer);
            assertThat(trainer.round()).isEqualTo(1);
            assertThat(round(trainer)).isEqualTo(expected);
        }
    }

    @Test
    void shouldNotBeSavedInARound() {
        try (var trainer = SERIAL.apply(new StatefulClients(4))) {
            assertThatThrownBy(() -> trainer.localProcess(new Down(0), CLIENTS, up -> {
                        up.close();
                        save(folder, trainer);
                    }))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith(
                            "a round is running: round=1, expected=one call at a time; this is called from its"
                                    + " own sink");
        }
    }
}
