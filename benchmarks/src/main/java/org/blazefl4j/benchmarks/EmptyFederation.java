package org.blazefl4j.benchmarks;

import java.util.List;
import java.util.stream.IntStream;
import org.blazefl4j.contrib.fedavg.FedAvgDownlinkPackage;
import org.blazefl4j.contrib.fedavg.FedAvgUplinkPackage;
import org.blazefl4j.lab.EmptyClients;
import org.blazefl4j.trainer.AbstractClientTrainer;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;
import org.bytedeco.pytorch.global.torch;

/** Rounds of {@link EmptyClients} whose packages stream into a sink that checks and closes them. */
final class EmptyFederation implements AutoCloseable {

    private final FedAvgDownlinkPackage payload;
    private final AbstractClientTrainer<EmptyClients.Config, FedAvgDownlinkPackage, FedAvgUplinkPackage> trainer;

    EmptyFederation(ExecutionMode mode, int floats, int workers) {
        payload = new FedAvgDownlinkPackage(torch.rand(floats));
        trainer = mode.trainer(
                new EmptyClients(floats),
                TrainerOptions.builder().numParallels(workers).build());
    }

    AbstractClientTrainer<?, ?, ?> trainer() {
        return trainer;
    }

    /** Runs a round and returns its nanoseconds. */
    long round(int clients) {
        return round(clients, () -> {});
    }

    /** Runs a round, with the action after each client, and returns its nanoseconds. */
    long round(int clients, Runnable afterClient) {
        List<Integer> cids = IntStream.range(0, clients).boxed().toList();
        long start = System.nanoTime();
        trainer.localProcess(payload, cids, uplink -> {
            try (uplink) {
                EmptyClients.check(uplink);
            }
            afterClient.run();
        });
        return System.nanoTime() - start;
    }

    @Override
    public void close() {
        trainer.close();
        payload.close();
    }
}
