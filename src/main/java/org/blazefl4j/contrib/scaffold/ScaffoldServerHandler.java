package org.blazefl4j.contrib.scaffold;

import org.blazefl4j.contrib.common.AbstractServerHandler;
import org.blazefl4j.contrib.common.Evaluation;
import org.blazefl4j.contrib.common.GlobalModel;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.WeightedSum;
import org.blazefl4j.contrib.common.Weighting;
import org.blazefl4j.contrib.support.Partitions;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.core.SelectedModel;
import org.blazefl4j.core.Workers;
import org.blazefl4j.torch.Tensors;

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
 * <p>{@link Weighting#UNIFORM}, all weights 1, is the paper's algorithm. Unless told, clients weigh as much as they
 * have samples, in both; where all have equally many that is the same. So {@code c} is at all times the weighted mean
 * of all clients' control variates. Weighted by samples and at a {@code global_lr} of 1, {@code x} becomes FedAvg's
 * mean bit for bit. Control variates cover parameters; buffers, such as BatchNorm's, are averaged as by FedAvg, with
 * the same weights, whatever {@code global_lr} is.
 *
 * <p>Memory does not grow with the number of clients: {@link #load} adds each package to running FP64 sums at once.
 *
 * <pre>{@code
 * var options = ScaffoldServerOptions.of(ServerOptions.of(15, 100).withSampleRatio(0.1));
 * try (var handler = new ScaffoldServerHandler(selector, ModelName.CNN, data, options)) {
 *     ...
 * }
 * }</pre>
 *
 * <p>A client that is {@link #drop}ped keeps its control variate, on both sides. If a round failed that had accepted
 * some clients' packages, those clients keep their new control variates, of which this server then knows nothing: load
 * the packages of {@code uplinkPackage()} and drop the rest, or go on from a checkpoint. A round that was stopped
 * leaves clients as they were.
 *
 * <p>Owns the global model, the control variate and what it hands out by {@link #downlinkPackage()}; the data stays the
 * caller's.
 */
public final class ScaffoldServerHandler extends AbstractServerHandler<ScaffoldDownlinkPackage, ScaffoldUplinkPackage> {

    private static final String WEIGHTING = "weighting";

    private final ScaffoldServerOptions options;
    private final PartitionedDataset<PartitionType> dataset;
    private final GlobalModel global;
    private final WeightedSum sum;
    private final ServerControl control;

    /**
     * A server before its first round.
     *
     * @param selector makes the model
     * @param modelName which model
     * @param dataset holds the samples to evaluate on, common to all, as {@link PartitionType#TEST}, and the clients'
     *     as {@link PartitionType#TRAIN}, of which the sizes are taken
     * @param options the rest
     * @param <N> the models' names
     * @throws IllegalArgumentException if there are no test samples, a client has none, or the device is a CUDA device
     *     that there is not
     */
    public <N extends Enum<N>> ScaffoldServerHandler(
            ModelSelector<N> selector,
            N modelName,
            PartitionedDataset<PartitionType> dataset,
            ScaffoldServerOptions options) {
        super(options.common(), ScaffoldUplinkPackage::cid);
        this.options = options;
        this.dataset = dataset;
        Partitions.requireOfClients(
                dataset, PartitionType.TRAIN, options.common().numClients());
        this.global = new GlobalModel(new SelectedModel<>(selector, modelName), dataset, options.common());
        this.sum = new WeightedSum("parameters", options.common(), global.numel());
        this.control = new ServerControl(options.common(), global.numel(), totalWeight());
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
        return new ScaffoldDownlinkPackage(global.lend(), control.lend());
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException if it has another number of samples than its client's data, or a tensor of
     *     another length or dtype than the global model's state; all is then as before
     */
    @Override
    protected void add(ScaffoldUplinkPackage uplink) {
        checkSize(uplink);
        long weight = options.weighting().of(uplink.dataSize());
        sum.check(uplink.cid(), weight, uplink.parameters());
        control.check(uplink, weight);
        sum.stage(uplink.cid(), weight, uplink.parameters());
        control.stage(uplink, weight);
    }

    @Override
    protected void fold() {
        sum.fold();
        control.fold();
    }

    /** Weights that change from round to round would take from the sum what was never added to it. */
    private void checkSize(ScaffoldUplinkPackage uplink) {
        long size = dataset.size(PartitionType.TRAIN, uplink.cid());
        if (uplink.dataSize() != size) {
            throw new IllegalArgumentException("data size of another client: client=" + uplink.cid() + ", data_size="
                    + uplink.dataSize() + ", limit=" + size + "; give server and clients the same data");
        }
    }

    @Override
    protected void update() {
        sum.mean(global.next());
        global.advance(options.globalLr());
        control.advance();
    }

    @Override
    protected boolean isFinite() {
        return global.isFinite() && Tensors.isFinite(control.vector());
    }

    @Override
    protected void forget() {
        sum.clear();
        control.restart();
    }

    @Override
    protected Evaluation evaluateModel(Workers workers) {
        return global.evaluate(workers);
    }

    @Override
    protected String hashModel() {
        return global.sha256();
    }

    /** Writes the number of completed rounds, the weighting, the global model and the control variate. */
    @Override
    public void save(CheckpointWriter out) {
        super.save(out);
        out.put(WEIGHTING, options.weighting().toString());
        global.save(out);
        control.save(out);
    }

    @Override
    public void restore(CheckpointReader in) {
        checkWeighting(
                in.names().contains(WEIGHTING) ? in.get(WEIGHTING, String.class) : Weighting.BY_SAMPLES.toString());
        super.restore(in);
        global.restore(in);
        control.restore(in);
    }

    /** The sum of control variates has the weights in it; earlier versions knew those by samples alone. */
    private void checkWeighting(String saved) {
        if (!saved.equals(options.weighting().toString())) {
            throw new IllegalArgumentException("control variate of another weighting: weighting=" + options.weighting()
                    + ", limit=" + saved + "; resume with the weighting that was saved");
        }
    }

    @Override
    protected void free() {
        sum.close();
        control.close();
        global.close();
    }
}
