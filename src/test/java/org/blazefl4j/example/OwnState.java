package org.blazefl4j.example;

import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.example.OwnAlgorithm.Down;
import org.blazefl4j.example.OwnAlgorithm.Up;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Clients with state: each returns the sum of the vectors received so far. */
record OwnState(long length) implements ClientAlgorithm<Integer, Down, Up> {

    // begin docs/guide.md
    record Memory(int rounds, Tensor sum) {}

    static Up train(Integer cid, Down payload, WorkerContext context) {
        Memory before = context.state(Memory.class).orElseGet(() -> new Memory(0, torch.zeros_like(payload.vector())));
        Memory after = new Memory(before.rounds() + 1, before.sum().add(payload.vector()));
        context.keepState(after);
        return new Up(cid, after.sum());
    }
    // end docs/guide.md

    @Override
    public Integer getClientConfig(int cid) {
        return cid;
    }

    @Override
    public ClientWorker<Integer, Down, Up> worker() {
        return OwnState::train;
    }

    @Override
    public Up prepareUplinkPackageBuffer() {
        return new Up(0, torch.empty(length));
    }
}
