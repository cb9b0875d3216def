package org.blazefl4j.lab;

import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.blazefl4j.binding.Native;
import org.blazefl4j.contrib.fedavg.FedAvgDownlinkPackage;
import org.blazefl4j.contrib.fedavg.FedAvgUplinkPackage;
import org.blazefl4j.core.ServerHandler;
import org.blazefl4j.trainer.ProcessOptions;
import org.blazefl4j.util.ResourceStack;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Rounds without training, which cost what the framework costs. Each client copies the global parameters once. The
 * server checks the packages, but neither sums nor evaluates. The bare loop makes the same copies.
 *
 * @param floats the number of parameters
 */
public record EmptyWork(int floats) implements Work {

    @Override
    public String kind() {
        return "empty";
    }

    @Override
    public String size() {
        return floats + " floats";
    }

    @Override
    public Subject<?, ?> open(LabCase which, int rounds, ProcessOptions process, ResourceStack resources) {
        FedAvgDownlinkPackage payload = resources.add(new FedAvgDownlinkPackage(torch.ones(floats)));
        Tensor parameters = payload.parameters();
        return new Subject<>(
                new Server(payload, which.clients(), rounds),
                which.start(new EmptyClients(floats), process, resources),
                resources.add(new BareLoops(
                        which.workers(), () -> new BareCopies(parameters, torch.empty_like(parameters)))));
    }

    /**
     * Copies the same parameters once for each client.
     *
     * @param source contiguous; the caller closes it
     * @param target closed with the loop
     */
    private record BareCopies(Tensor source, Tensor target) implements BareLoop {

        @Override
        public void trainClient(BooleanSupplier stop) {
            try (Pointer to = target.data_ptr();
                    Pointer from = source.data_ptr()) {
                Native.copy(to.address(), from.address(), source.nbytes());
            }
        }

        @Override
        public void close() {
            target.close();
        }
    }

    /** Sends the same parameters in every round and checks what comes back. */
    private static final class Server implements ServerHandler<FedAvgDownlinkPackage, FedAvgUplinkPackage> {

        private final FedAvgDownlinkPackage payload;
        private final List<Integer> clients;
        private final int rounds;
        private int round;
        private int loaded;

        Server(FedAvgDownlinkPackage payload, int clients, int rounds) {
            this.payload = payload;
            this.clients = IntStream.range(0, clients).boxed().toList();
            this.rounds = rounds;
        }

        @Override
        public FedAvgDownlinkPackage downlinkPackage() {
            return payload;
        }

        @Override
        public List<Integer> sampleClients() {
            return clients;
        }

        @Override
        public boolean isStopped() {
            return round >= rounds;
        }

        @Override
        public boolean load(FedAvgUplinkPackage uplink) {
            EmptyClients.check(uplink);
            loaded = (loaded + 1) % clients.size();
            if (loaded == 0) {
                round++;
            }
            return loaded == 0;
        }
    }
}
