package org.blazefl4j.trainer;

import java.util.List;
import java.util.stream.IntStream;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientWorker;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Clients for tests of trainers: what they do is a lambda. */
class Clients implements ClientAlgorithm<Integer, Clients.Down, Clients.Up> {

    /** What a client returns. */
    record Up(int cid, Tensor value) implements AutoCloseable {
        @Override
        public void close() {
            value.close();
        }

        double number() {
            return value.item_double();
        }
    }

    /** What a client receives. */
    record Down(Tensor value) {
        static Down of(double number) {
            return new Down(torch.full(new long[] {1}, new Scalar(number)));
        }
    }

    private final ClientWorker<Integer, Down, Up> worker;

    Clients(ClientWorker<Integer, Down, Up> worker) {
        this.worker = worker;
    }

    /** Clients that return the payload's number plus their id. */
    static Clients adding() {
        return new Clients((cid, down, context) -> plus(cid, down));
    }

    /** The payload's number plus the client's id. */
    static Up plus(int cid, Down down) {
        return new Up(cid, down.value().add(new Scalar(cid)));
    }

    /** Opens a trainer of two workers, in modes that have more than one. */
    static <C, D, U> AbstractClientTrainer<C, D, U> trainer(ExecutionMode mode, ClientAlgorithm<C, D, U> clients) {
        return mode.trainer(clients, TrainerOptions.builder().numParallels(2).build());
    }

    static List<Integer> ids(int count) {
        return IntStream.range(0, count).boxed().toList();
    }

    @Override
    public Integer getClientConfig(int cid) {
        return cid;
    }

    @Override
    public ClientWorker<Integer, Down, Up> worker() {
        return worker;
    }

    @Override
    public Up prepareUplinkPackageBuffer() {
        return new Up(0, torch.empty(new long[] {1}));
    }

    @Override
    public long dataSize(int cid) {
        return cid % 3;
    }
}
