package org.blazefl4j.trainer;

import java.util.concurrent.atomic.AtomicInteger;
import org.blazefl4j.process.ClientJob;
import org.blazefl4j.process.ClientRunner;
import org.blazefl4j.process.ClientState;
import org.blazefl4j.shm.TensorWalk;
import org.blazefl4j.torch.Denormals;
import org.bytedeco.pytorch.Tensor;

/** One client of a round in threads: made by the caller, trained by a worker, taken by the caller. */
final class ThreadJob<U, C> {

    private static final int PENDING = 0;
    private static final int DONE = 1;
    private static final int ABANDONED = 2;

    private final AtomicInteger state = new AtomicInteger(PENDING);
    private final ClientJob client;
    private final C config;
    private int worker;
    private U uplink;
    private Tensor keptState;
    private Throwable failure;

    ThreadJob(ClientJob client, C config) {
        this.client = client;
        this.config = config;
    }

    /** Trains the client; afterwards {@link #isDone}. Allocates nothing of its own, so that it cannot fail itself. */
    <D> void train(
            int index, Round<D, C> round, ClientRunner<C, D, U> runner, ThreadPoolClientTrainer<U, D, C> trainer) {
        worker = runner.index();
        Thread.interrupted(); // the last client's business
        try (ClientState state = new ClientState(() -> round.state(index))) {
            Denormals.flush(round.flushDenormal());
            uplink = runner.run(client, state, config, round.payload(), trainer::prepareUplinkPackageBuffer);
            keptState = state.takeKept();
        } catch (Throwable thrown) {
            failure = thrown;
        }
        if (!state.compareAndSet(PENDING, DONE)) {
            TensorWalk.closeAll(uplink);
            closeState();
        }
    }

    private void closeState() {
        if (keptState != null) {
            keptState.close();
        }
    }

    boolean isDone() {
        return state.get() != PENDING;
    }

    /** Gives the client up; its worker closes what it may yet return. False if it is done. */
    boolean abandon() {
        return state.compareAndSet(PENDING, ABANDONED);
    }

    /** The client. */
    ClientJob client() {
        return client;
    }

    /** The index of the worker that trained it; once done. */
    int worker() {
        return worker;
    }

    /** What the client threw, or null; once done. */
    Throwable failure() {
        return state.get() == ABANDONED ? null : failure;
    }

    /** The bytes of the state that the client left, now the caller's, or null if it left none; once done. */
    Tensor takeState() {
        return state.get() == ABANDONED ? null : keptState;
    }

    /** The client's package, or null if it failed or was given up; once done. */
    U uplink() {
        return state.get() == ABANDONED ? null : uplink;
    }
}
