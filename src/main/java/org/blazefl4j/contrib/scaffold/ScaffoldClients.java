package org.blazefl4j.contrib.scaffold;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.blazefl4j.contrib.common.ClientConfig;
import org.blazefl4j.contrib.common.LocalModel;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.SgdClients;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.core.WorkerContext;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The clients of SCAFFOLD (S. P. Karimireddy et al., ICML 2020, algorithm 1, option II). Each starts from the global
 * model {@code x} and takes {@code K} steps of SGD on the cross-entropy of its own samples, in shuffled batches, that
 * the control variates correct for what this client's gradients {@code g} have apart from all others':
 *
 * <pre>{@code
 * y -= lr * (g(y) - c_i + c)                    K times, from y = x
 * delta c_i = (x - y) / (K * lr) - c
 * c_i += delta c_i                              kept for the client's next round, zero before its first
 * }</pre>
 *
 * <p>Control variates are zero at buffers and frozen parameters, which take no steps. While they are all zero, as in
 * the first round, the steps are those of {@link org.blazefl4j.contrib.fedavg.FedAvgClients} bit for bit, with the same
 * random streams and metadata.
 *
 * <p>The control variate {@code c_i} is this client's state (see {@link WorkerContext#state}); it is the new one as
 * soon as the package with its change was accepted.
 */
public final class ScaffoldClients extends SgdClients<ScaffoldDownlinkPackage, ScaffoldUplinkPackage> {

    /**
     * The clients of one federation.
     *
     * @param selector makes the model; it crosses into worker processes, so it is best a record
     * @param modelName which model
     * @param dataset holds each client's samples as {@link PartitionType#TRAIN}; stays the caller's and is kept open as
     *     long as these clients train
     * @param numClients the number of clients, with the ids 0, 1, ...
     * @param options how clients train
     * @param <N> the models' names
     * @throws IllegalArgumentException if there is no client, one has no samples, or clients cannot train the model on
     *     theirs: it takes other ones, has no output for a label, or fails on a batch of one sample that a client has
     */
    public <N extends Enum<N>> ScaffoldClients(
            ModelSelector<N> selector,
            N modelName,
            PartitionedDataset<PartitionType> dataset,
            int numClients,
            SgdOptions options) {
        super(selector, modelName, dataset, numClients, options);
    }

    @Override
    public ClientWorker<ClientConfig, ScaffoldDownlinkPackage, ScaffoldUplinkPackage> worker() {
        return ScaffoldClients::train;
    }

    @Override
    public ScaffoldUplinkPackage prepareUplinkPackageBuffer() {
        return new ScaffoldUplinkPackage(0, torch.empty(numel()), torch.empty(numel()), 0, Map.of());
    }

    /** Trains one client; its package is the uplink buffer's. */
    static ScaffoldUplinkPackage train(ClientConfig config, ScaffoldDownlinkPackage payload, WorkerContext context) {
        long start = System.nanoTime();
        checkControl(payload);
        ScaffoldUplinkPackage buffer = context.uplinkBuffer();
        LocalModel local = LocalModel.of(config.model(), context);
        Optional<Tensor> own = context.state(Tensor.class);
        long steps;
        try (Tensor correction = correction(payload.control(), own, context.device())) {
            steps = local.train(config, payload.parameters(), correction, buffer.parameters(), context);
        }
        writeDelta(buffer, payload, local, steps * config.options().lr());
        keep(own, buffer.controlDelta(), context);
        Map<String, Object> metadata = Map.of(
                "pid", ProcessHandle.current().pid(),
                "worker", context.worker(),
                "seconds", (System.nanoTime() - start) * 1e-9);
        return new ScaffoldUplinkPackage(
                context.clientId(),
                buffer.parameters(),
                buffer.controlDelta(),
                config.dataset().size(),
                metadata);
    }

    /** A vector of one element, say, would be spread over the whole state without a word. */
    private static void checkControl(ScaffoldDownlinkPackage payload) {
        long[] shape = payload.control().shape();
        long[] limit = payload.parameters().shape();
        if (!Arrays.equals(shape, limit)) {
            throw new IllegalArgumentException("control variate of the wrong shape: shape=" + Arrays.toString(shape)
                    + ", limit=" + Arrays.toString(limit) + "; send one as long as the global model's state");
        }
    }

    /** What every gradient lacks: {@code c - c_i}, on the device; the caller closes it. */
    private static Tensor correction(Tensor control, Optional<Tensor> own, Device device) {
        try (PointerScope scope = new PointerScope()) {
            Tensor correction = own.map(variate -> control.sub(variate)).orElseGet(control::clone);
            if (!device.isCpu()) {
                correction =
                        correction.to(device.toTorch(), correction.scalar_type().intern());
            }
            return correction.retainReference();
        }
    }

    /** On the CPU, where package and result are. */
    private static void writeDelta(
            ScaffoldUplinkPackage result, ScaffoldDownlinkPackage sent, LocalModel local, double way) {
        try (PointerScope scope = new PointerScope()) {
            Tensor delta = result.controlDelta();
            delta.copy_(sent.parameters()).sub_(result.parameters()).div_(new Scalar(way));
            local.zeroFixed(delta);
            delta.sub_(sent.control());
        }
    }

    private static void keep(Optional<Tensor> own, Tensor delta, WorkerContext context) {
        try (Tensor kept = own.map(variate -> variate.add(delta)).orElseGet(delta::clone)) {
            context.keepState(kept);
        }
    }
}
