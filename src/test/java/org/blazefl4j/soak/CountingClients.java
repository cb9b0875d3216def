package org.blazefl4j.soak;

import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.WorkerContext;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Clients that train nothing: each counts its rounds in its state, and returns half of the global vector plus the
 * count. A round that a client counts twice, or not at all, changes every bit that follows.
 *
 * @param floats the length of the vector
 */
record CountingClients(int floats) implements ClientAlgorithm<Integer, CountingClients.Down, CountingClients.Up> {

    record Down(Tensor vector) {}

    record Up(int cid, long pid, Tensor vector) implements AutoCloseable {
        @Override
        public void close() {
            vector.close();
        }
    }

    /** A client's state: a tensor, so that leaks show. */
    public record Count(Tensor rounds) {}

    @Override
    public Integer getClientConfig(int cid) {
        return cid;
    }

    @Override
    public ClientWorker<Integer, Down, Up> worker() {
        return CountingClients::count;
    }

    @Override
    public Up prepareUplinkPackageBuffer() {
        return new Up(0, 0, torch.empty(floats));
    }

    private static Up count(Integer cid, Down down, WorkerContext context) {
        Up buffer = context.uplinkBuffer();
        try (PointerScope scope = new PointerScope()) {
            Tensor rounds = context.<Count>state().map(Count::rounds).orElseGet(() -> torch.zeros(1000));
            Tensor next = rounds.add(new Scalar(1f));
            context.keepState(new Count(next));
            buffer.vector().copy_(down.vector()).mul_(new Scalar(0.5f)).add_(next.select(0, cid));
        }
        return new Up(cid, ProcessHandle.current().pid(), buffer.vector());
    }
}
