package org.blazefl4j.process;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.cuda.GraphMode;
import org.blazefl4j.reproducibility.RngCheck;
import org.blazefl4j.shm.SharedMemoryMap;
import org.blazefl4j.shm.Slot;
import org.blazefl4j.util.FaultPoint;
import org.blazefl4j.worker.ClientJob;
import org.blazefl4j.worker.SlotLayout;
import org.blazefl4j.worker.WorkerSettings;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Trains an artificial client on a private board before the first real one, so that everything used for the first time
 * is loaded. Leaves nothing behind and draws no random numbers.
 */
final class WarmUp {

    private static final int FLOATS = 64;

    /** A package like those of federated averaging. */
    record Package(int cid, Tensor x, Map<String, Double> notes) {}

    private WarmUp() {}

    /** Trains the client. Does nothing if fault points are set, because tests count the clients of a worker. */
    static void run(Message.Setup real) throws Exception {
        if (FaultPoint.areSet()) {
            return;
        }
        ClientWorker<Integer, Package, Package> function = WarmUp::train;
        ClassLoader loader = WarmUp.class.getClassLoader();
        SharedMemoryMap map = new SharedMemoryMap();
        try (Tensor x = torch.ones(FLOATS);
                Board board = Board.create(1, 1, 0);
                BoardChannel channel = new BoardChannel(board, type -> {}, map, loader)) {
            Package prepared = new Package(0, x, Map.of());
            SlotLayout layout = SlotLayout.of(prepared);
            int threads = real.settings().intraOpThreads();
            WorkerSettings settings = new WorkerSettings(
                    0, threads, RngCheck.FAIL, false, WorkerSettings.NO_LIMIT, List.of(), 0, GraphMode.OFF);
            Message.Setup setup =
                    new Message.Setup(WorkerFunction.of(function), layout, settings, false, real.environment());
            channel.send(setup);
            channel.send(new Message.Round(1, real.environment(), Map.of(), prepared, null, null), null);
            try (SlotPool slots = new SlotPool(layout.slotBytes(), 1, 1, 1, map)) {
                Slot slot = Objects.requireNonNull(slots.take(), "one slot");
                channel.send(0, new ClientJob(0, 0, Device.CPU), slot, null, Message.Job.of(0));
                board.deal(0, 1, 0);
                Worker worker = new Worker(board, 0, setup, loader);
                worker.step();
                board.shutDown();
                worker.run();
                if (Board.state(board.word(0)) == Board.DONE) {
                    long pid = ProcessHandle.current().pid();
                    channel.result(0, new ResultSegments(slot, null, null, pid)).close();
                }
            }
        }
    }

    private static Package train(Integer cid, Package payload, WorkerContext context) {
        Package buffer = context.uplinkBuffer();
        Tensor weight = payload.x().clone().requires_grad_(true);
        Tensor loss = weight.mul(payload.x()).sum();
        loss.backward();
        buffer.x().copy_(payload.x()).add_(weight.grad(), new Scalar(-1.0));
        return new Package(cid, buffer.x(), Map.of("loss", loss.item_double()));
    }
}
