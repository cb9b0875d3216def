package org.blazefl4j.contrib.scaffold;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.blazefl4j.contrib.common.ClientConfig;
import org.blazefl4j.contrib.common.Evaluation;
import org.blazefl4j.contrib.common.LocalModel;
import org.blazefl4j.contrib.common.LocalOptions;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.SgdClients;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.core.ClientEvaluator;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.torch.StepRule;
import org.blazefl4j.util.Arguments;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The clients of SCAFFOLD (S. P. Karimireddy et al., ICML 2020, algorithm 1, option II). Each starts from the global
 * model {@code x} and takes {@code K} steps of SGD on the cross-entropy of its own samples, in shuffled batches.
 * Control variates correct each gradient {@code g} for the client's drift:
 *
 * <pre>{@code
 * y -= lr * (g(y) - c_i + c)                    K times, from y = x
 * delta c_i = (x - y) / (K * lr) - c           with momentum or a schedule: / LocalOptions.distance
 * c_i += delta c_i                              kept for the client's next round, zero before its first
 * }</pre>
 *
 * <p>Control variates are zero at buffers and frozen parameters. While they are all zero, as in the first round, the
 * steps are those of {@link org.blazefl4j.contrib.fedavg.FedAvgClients} bit for bit. Random streams and metadata are
 * the same.
 *
 * <p>The control variate {@code c_i} is the client's state (see {@link WorkerContext#state}), replaced when the package
 * with its change is accepted.
 */
public final class ScaffoldClients extends SgdClients<ScaffoldDownlinkPackage, ScaffoldUplinkPackage> {

    /**
     * Checks that clients can train the model, as the constructor of {@link SgdClients} does.
     *
     * @throws IllegalArgumentException also if the optimizer is not SGD, or keeps its state
     */
    public <N extends Enum<N>> ScaffoldClients(
            ModelSelector<N> selector,
            N modelName,
            PartitionedDataset<PartitionType> dataset,
            int numClients,
            LocalOptions options) {
        super(selector, modelName, dataset, numClients, requireSgd(options));
    }

    /** Checks that clients can train the model by plain SGD, as the other constructor does. */
    public <N extends Enum<N>> ScaffoldClients(
            ModelSelector<N> selector,
            N modelName,
            PartitionedDataset<PartitionType> dataset,
            int numClients,
            SgdOptions options) {
        this(selector, modelName, dataset, numClients, LocalOptions.of(options));
    }

    /** Control variates are mean gradients, which are known from SGD's steps only, and are all that a client keeps. */
    private static LocalOptions requireSgd(LocalOptions options) {
        Arguments.require(
                options.rule() instanceof StepRule.Sgd && !options.keepState(),
                "optimizer does not suit SCAFFOLD: rule=" + options.rule() + ", keep_state=" + options.keepState()
                        + ", expected=SGD that starts anew in each round; choose such an optimizer, or FedAvg");
        return options;
    }

    /**
     * Returns the evaluator of the model that clients receive, each on its own samples of a type, for
     * {@link org.blazefl4j.core.ClientTrainer#evaluate} with {@link #clientsWith} these.
     */
    public static ClientEvaluator<ClientConfig, ScaffoldDownlinkPackage, Evaluation> evaluator(PartitionType type) {
        return (config, payload, context) -> LocalModel.evaluate(config, type, payload.parameters(), context);
    }

    @Override
    public ClientWorker<ClientConfig, ScaffoldDownlinkPackage, ScaffoldUplinkPackage> worker() {
        return ScaffoldClients::train;
    }

    @Override
    public ScaffoldUplinkPackage prepareUplinkPackageBuffer() {
        return new ScaffoldUplinkPackage(0, torch.empty(numel()), torch.empty(numel()), 0, Map.of());
    }

    /** Trains one client in the uplink buffer. */
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
        writeDelta(buffer, payload, local, config.options().distance(context.round(), steps));
        keepVariate(own, buffer.controlDelta(), context);
        return new ScaffoldUplinkPackage(
                context.clientId(),
                buffer.parameters(),
                buffer.controlDelta(),
                config.dataset().size(),
                metadata(context, start));
    }

    /** LibTorch would silently broadcast a vector of one element. */
    private static void checkControl(ScaffoldDownlinkPackage payload) {
        long[] shape = payload.control().shape();
        long[] expected = payload.parameters().shape();
        if (!Arrays.equals(shape, expected)) {
            throw new IllegalArgumentException("control variate of the wrong shape: shape=" + Arrays.toString(shape)
                    + ", expected=" + Arrays.toString(expected) + "; send one as long as the global model's state");
        }
    }

    /** Returns {@code c - c_i} on the device; the caller closes it. */
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

    /** Writes {@code delta c_i} on the CPU, where package and result are: zero if the client could not move. */
    private static void writeDelta(
            ScaffoldUplinkPackage result, ScaffoldDownlinkPackage sent, LocalModel local, double distance) {
        try (PointerScope scope = new PointerScope()) {
            Tensor delta = result.controlDelta();
            if ((float) distance > 0) {
                delta.copy_(sent.parameters()).sub_(result.parameters()).div_(new Scalar(distance));
                local.zeroFixed(delta);
                delta.sub_(sent.control());
            } else {
                delta.zero_();
            }
        }
    }

    private static void keepVariate(Optional<Tensor> own, Tensor delta, WorkerContext context) {
        try (Tensor kept = own.map(variate -> variate.add(delta)).orElseGet(delta::clone)) {
            context.keepState(kept);
        }
    }
}
