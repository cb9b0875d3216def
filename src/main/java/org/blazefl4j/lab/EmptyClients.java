package org.blazefl4j.lab;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.blazefl4j.binding.Native;
import org.blazefl4j.contrib.fedavg.FedAvgDownlinkPackage;
import org.blazefl4j.contrib.fedavg.FedAvgUplinkPackage;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.WorkerContext;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Clients without training: each copies the global parameters into its uplink buffer, sets the first one to its id and
 * returns them with a data size and two metrics.
 */
public final class EmptyClients
        implements ClientAlgorithm<EmptyClients.Config, FedAvgDownlinkPackage, FedAvgUplinkPackage> {

    private static final long DATA_SIZE = 500;

    private final int floats;
    private final Map<Integer, Config> configs = new ConcurrentHashMap<>();

    /**
     * The configuration of a client.
     *
     * @param dataSize the number of samples that the client reports
     */
    public record Config(int cid, long dataSize) {}

    /**
     * Creates any number of clients.
     *
     * @param floats the number of parameters
     */
    public EmptyClients(int floats) {
        this.floats = floats;
    }

    @Override
    public Config getClientConfig(int cid) {
        return configs.computeIfAbsent(cid, id -> new Config(id, DATA_SIZE));
    }

    @Override
    public ClientWorker<Config, FedAvgDownlinkPackage, FedAvgUplinkPackage> worker() {
        return EmptyClients::copy;
    }

    @Override
    public FedAvgUplinkPackage prepareUplinkPackageBuffer() {
        return new FedAvgUplinkPackage(0, torch.empty(floats), 0, Map.of());
    }

    private static FedAvgUplinkPackage copy(Config config, FedAvgDownlinkPackage payload, WorkerContext context) {
        FedAvgUplinkPackage buffer = context.uplinkBuffer();
        Tensor parameters = buffer.parameters();
        try (FloatPointer from = payload.parameters().data_ptr_float();
                FloatPointer to = parameters.data_ptr_float()) {
            Native.copy(to.address(), from.address(), parameters.nbytes());
            to.put(0, config.cid());
        }
        return new FedAvgUplinkPackage(
                config.cid(), parameters, config.dataSize(), Map.of("loss", 0.5, "accuracy", 0.9));
    }

    /**
     * Checks that a package is the one its client returned.
     *
     * @throws IllegalStateException if it is not
     */
    public static void check(FedAvgUplinkPackage uplink) {
        try (FloatPointer first = uplink.parameters().data_ptr_float()) {
            if (first.get(0) != uplink.cid()) {
                throw new IllegalStateException(
                        "wrong package: parameters[0]=" + first.get(0) + ", expected=" + uplink.cid());
            }
        }
    }
}
