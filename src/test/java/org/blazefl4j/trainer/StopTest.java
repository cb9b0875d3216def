package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.blazefl4j.trainer.Clients.ids;
import static org.blazefl4j.trainer.Clients.plus;

import java.util.concurrent.atomic.AtomicReference;
import org.blazefl4j.core.StopEvent;
import org.blazefl4j.trainer.Clients.Down;
import org.junit.jupiter.api.AfterEach;

/** Clients of this process see a stop. */
final class StopTest {

    private final Down down = Down.of(100);

    @AfterEach
    void close() {
        Thread.interrupted();
        down.value().close();
    }

    static Thread start(Runnable action) {
        Thread thread = new Thread(action);
        thread.start();
        return thread;
    }

    static void join(Thread thread) {
        Conditions.await(thread + " ends", () -> !thread.isAlive());
    }

    @WithoutProcesses
    void shouldShowAStopToClientsOfARunningRound(ExecutionMode mode) {
        AtomicReference<StopEvent> seenByClients = new AtomicReference<>();
        Clients clients = new Clients((cid, payload, context) -> {
            seenByClients.set(context.stopEvent());
            return plus(cid, payload);
        });
        try (var trainer = Clients.trainer(mode, clients)) {
            trainer.localProcess(down, ids(3), uplink -> {
                uplink.close();
                if (uplink.cid() == 2) {
                    trainer.stopEvent().set();
                    assertThat(seenByClients.get().isSet()).isTrue();
                }
            });
        }
    }
}
