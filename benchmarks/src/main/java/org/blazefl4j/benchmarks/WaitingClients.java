package org.blazefl4j.benchmarks;

import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.blazefl4j.contrib.fedavg.FedAvgDownlinkPackage;
import org.blazefl4j.contrib.fedavg.FedAvgUplinkPackage;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.WorkerContext;
import org.bytedeco.pytorch.global.torch;

/**
 * Clients that take given times and no processor: each waits, checks the stop event every millisecond, and returns the
 * id of its process as {@code pid}.
 *
 * @param floats the number of parameters
 * @param millis the milliseconds that each takes, by client and then from the first again
 */
record WaitingClients(int floats, List<Integer> millis)
        implements ClientAlgorithm<Integer, FedAvgDownlinkPackage, FedAvgUplinkPackage> {

    @Override
    public Integer getClientConfig(int cid) {
        return millis.get(cid % millis.size());
    }

    @Override
    public ClientWorker<Integer, FedAvgDownlinkPackage, FedAvgUplinkPackage> worker() {
        return WaitingClients::await;
    }

    @Override
    public FedAvgUplinkPackage prepareUplinkPackageBuffer() {
        return new FedAvgUplinkPackage(0, torch.empty(floats), 0, Map.of());
    }

    private static FedAvgUplinkPackage await(Integer millis, FedAvgDownlinkPackage payload, WorkerContext context) {
        FedAvgUplinkPackage buffer = context.uplinkBuffer();
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        while (System.nanoTime() < end) {
            context.stopEvent().throwIfSet();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
        buffer.parameters().copy_(payload.parameters());
        Map<String, Object> metadata = Map.of("pid", ProcessHandle.current().pid());
        return new FedAvgUplinkPackage(context.clientId(), buffer.parameters(), 1, metadata);
    }
}
