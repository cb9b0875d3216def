package org.blazefl4j.contrib.scaffold;

import org.blazefl4j.contrib.common.AbstractServerHandler;
import org.blazefl4j.contrib.common.GlobalModel;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.WeightedSum;
import org.blazefl4j.contrib.common.Weighting;
import org.blazefl4j.contrib.support.Partitions;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.core.SelectedModel;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Arguments;

/**
 * The server of SCAFFOLD (S. P. Karimireddy et al.: SCAFFOLD: Stochastic Controlled Averaging for Federated Learning,
 * ICML 2020, algorithm 1): a global model {@code x} and a control variate {@code c}.
 *
 * <p>After a round of the clients {@code S}, of {@code N} in the whole federation, with the weights {@code w_i},
 *
 * <pre>{@code
 * x += global_lr * (sum over S of w_i * y_i / sum over S of w_i - x)
 * c += sum over S of w_i * delta c_i / sum over all N of w_i
 * }</pre>
 *
 * <p>{@link Weighting#UNIFORM}, all weights 1, is the paper's algorithm. The default weighs clients by their samples in
 * both updates, which is the same if all have equally many. So {@code c} is always the weighted mean of all clients'
 * control variates. Weighted by samples and at a {@code global_lr} of 1, {@code x} becomes FedAvg's mean bit for bit.
 * Buffers, such as BatchNorm's, are averaged with the same weights at any {@code global_lr}.
 *
 * <p>{@link #load} adds each package to exact sums, whose order changes no bit, so memory does not grow with the number
 * of clients.
 *
 * <pre>{@code
 * var options = ScaffoldServerOptions.of(ServerOptions.of(15, 100).withSampleRatio(0.1));
 * try (var handler = new ScaffoldServerHandler(selector, ModelName.CNN, data, options)) {
 *     ...
 * }
 * }</pre>
 *
 * <p>A client that is {@link #drop}ped keeps its control variate on both sides. If a round fails after it has accepted
 * packages, their clients keep new control variates that this server does not know: load the packages of
 * {@code uplinkPackage()} and drop the other clients, or resume from a checkpoint. A stopped round leaves clients as
 * they were.
 *
 * <p>Owns the global model, the control variate and the packages that {@link #downlinkPackage()} returns; the data
 * stays the caller's.
 */
public final class ScaffoldServerHandler extends AbstractServerHandler<ScaffoldDownlinkPackage, ScaffoldUplinkPackage> {

    private static final String WEIGHTING = "weighting";

    private final ScaffoldServerOptions options;
    private final PartitionedDataset<PartitionType> dataset;
    private final WeightedSum sum;
    private final ServerControl control;

    /**
     * Makes a server before its first round.
     *
     * @param selector makes the model
     * @param dataset holds the common samples to evaluate on as {@link PartitionType#TEST}, and each client's as
     *     {@link PartitionType#TRAIN}, whose sizes are weights
     * @throws IllegalArgumentException if there are no test samples, a client has no samples, or the CUDA device does
     *     not exist
     */
    public <N extends Enum<N>> ScaffoldServerHandler(
            ModelSelector<N> selector,
            N modelName,
            PartitionedDataset<PartitionType> dataset,
            ScaffoldServerOptions options) {
        super(
                options.common(),
                model(new SelectedModel<>(selector, modelName), dataset, options.common()),
                ScaffoldUplinkPackage::cid);
        this.options = options;
        this.dataset = dataset;
        this.sum = new WeightedSum("parameters", options.common(), global().numel());
        this.control = new ServerControl(options.common(), global().numel(), totalWeight());
    }

    private static GlobalModel model(
            SelectedModel<?> selected, PartitionedDataset<PartitionType> dataset, ServerOptions options) {
        Partitions.requireOfClients(dataset, PartitionType.TRAIN, options.numClients());
        return new GlobalModel(selected, dataset, options);
    }

    private long totalWeight() {
        int numClients = options.common().numClients();
        return options.weighting() == Weighting.UNIFORM
                ? numClients
                : Partitions.totalSize(dataset, PartitionType.TRAIN, numClients);
    }

    @Override
    public ScaffoldDownlinkPackage downlinkPackage() {
        requireOpen();
        return new ScaffoldDownlinkPackage(global().lend(), control.lend());
    }

    @Override
    protected void add(ScaffoldUplinkPackage uplink) {
        checkSize(uplink);
        long weight = options.weighting().of(uplink.dataSize());
        sum.check(uplink.cid(), weight, uplink.parameters());
        control.changes().check(uplink.cid(), weight, uplink.controlDelta());
        sum.stage(uplink.cid(), weight, uplink.parameters());
        control.changes().stage(uplink.cid(), weight, uplink.controlDelta());
    }

    @Override
    protected void fold() {
        sum.fold();
        control.changes().fold();
    }

    /** The sum over all rounds needs a client's weight to stay the same. */
    private void checkSize(ScaffoldUplinkPackage uplink) {
        long size = dataset.size(PartitionType.TRAIN, uplink.cid());
        if (uplink.dataSize() != size) {
            throw new IllegalArgumentException("data size of another client: client=" + uplink.cid() + ", data_size="
                    + uplink.dataSize() + ", expected=" + size + "; give server and clients the same data");
        }
    }

    @Override
    protected void update() {
        sum.mean(global().next());
        global().advance(options.globalLr());
        control.advance();
    }

    @Override
    protected boolean isFinite() {
        return super.isFinite() && Tensors.isFinite(control.vector());
    }

    @Override
    protected void forget() {
        sum.clear();
        control.changes().clear();
    }

    /** Writes the number of completed rounds, the weighting, the global model and the control variate. */
    @Override
    public void save(CheckpointWriter out) {
        super.save(out);
        out.put(WEIGHTING, options.weighting().toString());
        global().save(out);
        control.save(out);
    }

    @Override
    public void restore(CheckpointReader in) {
        checkWeighting(
                in.names().contains(WEIGHTING) ? in.get(WEIGHTING, String.class) : Weighting.BY_SAMPLES.toString());
        super.restore(in);
        global().restore(in);
        control.restore(in);
    }

    /** The saved sum contains the weights. Earlier versions weighted by samples only. */
    private void checkWeighting(String saved) {
        Arguments.require(
                saved.equals(options.weighting().toString()),
                "control variate of another weighting: weighting=" + options.weighting() + ", expected=" + saved
                        + "; resume with the weighting that was saved");
    }

    @Override
    protected void free() {
        sum.close();
        control.close();
    }
}
