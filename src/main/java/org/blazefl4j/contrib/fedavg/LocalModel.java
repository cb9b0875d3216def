package org.blazefl4j.contrib.fedavg;

import java.util.Arrays;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.StopEvent;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.data.Batch;
import org.blazefl4j.data.DataLoader;
import org.blazefl4j.data.Epoch;
import org.blazefl4j.model.Model;
import org.blazefl4j.torch.FlatParameters;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A worker's model, trained by one client after another. Each overwrites the whole state with the global model, so
 * nothing of the client before is left.
 */
final class LocalModel implements AutoCloseable {

    private final Device device;
    private final Model model;
    private final FlatParameters state;
    /** Where the state is while training; null where that is the uplink buffer itself. */
    private final Tensor resident;

    LocalModel(FedAvgModel<?> selected, Device device) {
        this.device = device;
        this.model = selected.make(device);
        this.state = FlatParameters.of(model);
        this.resident = device.isCpu() ? null : state.flatten().retainReference();
    }

    /**
     * Trains one client.
     *
     * @param global the global model's state, which stays unchanged
     * @param result where the client's state goes; nothing refers to it after the return
     */
    void train(FedAvgClientConfig config, Tensor global, Tensor result, WorkerContext context) {
        checkLength(global);
        Tensor flat = resident == null ? result : resident;
        flat.copy_(global);
        state.bind(flat);
        try {
            model.train(true);
            model.setGenerator(context.generator("dropout"));
            runEpochs(config, context);
            state.writeBuffers();
        } finally {
            model.setGenerator(null);
            state.unbind();
        }
        if (resident != null) {
            result.copy_(resident);
        }
    }

    /** A vector of one element, say, would be spread over the whole state without a word. */
    private void checkLength(Tensor global) {
        if (global.dim() != 1 || global.numel() != state.numel()) {
            throw new IllegalArgumentException("global model of the wrong shape: shape="
                    + Arrays.toString(global.shape()) + ", limit=[" + state.numel()
                    + "]; server and clients must select the same model");
        }
    }

    private void runEpochs(FedAvgClientConfig config, WorkerContext context) {
        FedAvgClientOptions options = config.options();
        DataLoader loader = new DataLoader(config.dataset(), options.batchSize(), true, context.generator("shuffle"))
                .augmentWith(context.generator("augment"));
        for (int i = 0; i < options.epochs(); i++) {
            try (Epoch epoch = loader.iterator()) {
                run(epoch, options.lr(), context.stopEvent());
            }
        }
    }

    private void run(Epoch epoch, double lr, StopEvent stop) {
        while (epoch.hasNext()) {
            stop.throwIfSet();
            try (PointerScope scope = new PointerScope();
                    Batch batch = Batches.move(epoch.next(), device)) {
                state.zeroGradients();
                torch.cross_entropy(model.forward(batch.x()), batch.y()).backward();
                state.sgdStep(lr);
            }
        }
    }

    @Override
    public void close() {
        state.close();
        model.close();
        if (resident != null) {
            resident.close();
        }
    }
}
