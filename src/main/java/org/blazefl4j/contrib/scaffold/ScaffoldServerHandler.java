package org.blazefl4j.contrib.scaffold;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.blazefl4j.contrib.common.Evaluation;
import org.blazefl4j.contrib.common.GlobalModel;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.Partitions;
import org.blazefl4j.contrib.common.RoundIntake;
import org.blazefl4j.contrib.common.SelectedModel;
import org.blazefl4j.contrib.common.WeightedSum;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.core.ServerHandler;

/**
 * The server of SCAFFOLD (S. P. Karimireddy et al.: SCAFFOLD: Stochastic Controlled Averaging for Federated Learning,
 * ICML 2020, algorithm 1): a global model {@code x} and a control variate {@code c}.
 *
 * <p>After a round of the clients {@code S}, with {@code n_i} samples each and {@code n} in the whole federation,
 *
 * <pre>{@code
 * x += global_lr * (sum over S of n_i * y_i / sum over S of n_i - x)
 * c += sum over S of n_i * delta c_i / n
 * }</pre>
 *
 * <p>Where all clients have equally many samples this is the paper's; else clients weigh as much as their data, in
 * both. So {@code c} is at all times the weighted mean of all clients' control variates. At a {@code global_lr} of 1,
 * {@code x} becomes FedAvg's mean bit for bit. Control variates cover parameters; buffers, such as BatchNorm's, are
 * averaged as by FedAvg whatever {@code global_lr} is.
 *
 * <p>Memory does not grow with the number of clients: {@link #load} adds each package to running FP64 sums at once; a
 * round of {@code load} calls and {@link #globalUpdate} of the same packages in the same order give the same bits.
 *
 * <pre>{@code
 * var options = ScaffoldServerOptions.of(ServerOptions.of(15, 100).withSampleRatio(0.1));
 * try (var handler = new ScaffoldServerHandler(selector, ModelName.CNN, data, options)) {
 *     ...
 * }
 * }</pre>
 *
 * <p>Owns the global model, the control variate and what it hands out by {@link #downlinkPackage()}; the data stays the
 * caller's.
 */
public final class ScaffoldServerHandler
        implements ServerHandler<ScaffoldUplinkPackage, ScaffoldDownlinkPackage>, Checkpointable, AutoCloseable {

    private final ScaffoldServerOptions options;
    private final PartitionedDataset<PartitionType> dataset;
    private final RoundIntake intake;
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
        this.options = options;
        this.dataset = dataset;
        Partitions.requireOfClients(
                dataset, PartitionType.TRAIN, options.common().numClients());
        this.intake = new RoundIntake(options.common());
        this.global = new GlobalModel(new SelectedModel<>(selector, modelName), dataset, options.common());
        this.sum = new WeightedSum("parameters", global.numel());
        this.control = new ServerControl(
                global.numel(), totalSize(dataset, options.common().numClients()));
    }

    private static long totalSize(PartitionedDataset<PartitionType> dataset, int numClients) {
        return IntStream.range(0, numClients)
                .mapToLong(cid -> dataset.size(PartitionType.TRAIN, cid))
                .sum();
    }

    /** The number of completed rounds. */
    public int round() {
        return intake.round();
    }

    @Override
    public ScaffoldDownlinkPackage downlinkPackage() {
        return new ScaffoldDownlinkPackage(global.parameters(), control.vector());
    }

    /**
     * Starts a round: forgets what was loaded of one that was not completed, and draws clients without replacement from
     * the stream (seed, server, round, {@code "sample"}), so a second call in the same round draws the same.
     *
     * <p>If a round failed that had accepted some clients' packages, those clients keep their new control variates, of
     * which this server then knows nothing: load the packages of {@code uplinkPackage()} and {@link #drop} the rest, or
     * go on from a checkpoint. A round that was stopped leaves clients as they were.
     */
    @Override
    public List<Integer> sampleClients() {
        restart();
        return intake.sample();
    }

    @Override
    public boolean isStopped() {
        return intake.isStopped();
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException if the client is none of the federation, or was loaded or dropped before in this
     *     round, or its package has another number of samples than its data, or a tensor of another length or dtype
     *     than the global model's state; the round is then as before
     */
    @Override
    public boolean load(ScaffoldUplinkPackage uplink) {
        return completeIf(take(uplink));
    }

    /**
     * {@inheritDoc}
     *
     * <p>The model is then the mean of the others; the client's control variate stays as it is, on both sides.
     *
     * @throws IllegalArgumentException if the client is none of the federation, or was loaded or dropped before in this
     *     round; the round is then as before
     * @throws IllegalStateException if it is the last client and all others were dropped; the round is then as before
     */
    @Override
    public boolean drop(int cid) {
        return completeIf(intake.drop(cid));
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException if the list is empty, or as {@link #load} of one of them; model and control
     *     variate are then as before
     */
    @Override
    public void globalUpdate(List<ScaffoldUplinkPackage> uplinks) {
        if (uplinks.isEmpty()) {
            throw new IllegalArgumentException("nothing to aggregate: packages=0, limit=1 or more");
        }
        restart();
        try {
            uplinks.forEach(this::take);
        } catch (RuntimeException e) {
            restart();
            throw e;
        }
        completeRound();
    }

    private boolean take(ScaffoldUplinkPackage uplink) {
        intake.check(uplink.cid());
        checkSize(uplink);
        sum.check(uplink.cid(), uplink.dataSize(), uplink.parameters());
        control.check(uplink);
        sum.add(uplink.cid(), uplink.dataSize(), uplink.parameters());
        control.add(uplink);
        return intake.load(uplink.cid());
    }

    /** Weights that change from round to round would take from the sum what was never added to it. */
    private void checkSize(ScaffoldUplinkPackage uplink) {
        long size = dataset.size(PartitionType.TRAIN, uplink.cid());
        if (uplink.dataSize() != size) {
            throw new IllegalArgumentException("data size of another client: client=" + uplink.cid() + ", data_size="
                    + uplink.dataSize() + ", limit=" + size + "; give server and clients the same data");
        }
    }

    private boolean completeIf(boolean all) {
        if (all) {
            completeRound();
        }
        return all;
    }

    private void completeRound() {
        sum.mean(global.next());
        global.advance(options.globalLr());
        control.advance();
        sum.clear();
        intake.complete();
    }

    private void restart() {
        sum.clear();
        control.restart();
        intake.restart();
    }

    /** Evaluates the global model on the common test samples. */
    public Evaluation evaluate() {
        return global.evaluate();
    }

    /** The SHA-256 of the global model's state, as 64 hexadecimal digits. */
    public String sha256() {
        return global.sha256();
    }

    /**
     * Evaluates the global model.
     *
     * @return {@code round} (completed rounds), {@code accuracy}, {@code loss} and {@code sha256}, in this order
     */
    @Override
    public Map<String, Object> getSummary() {
        return global.summary(intake.round());
    }

    /** Writes the number of completed rounds, the global model and the control variate. */
    @Override
    public void save(CheckpointWriter out) {
        intake.save(out);
        global.save(out);
        control.save(out);
    }

    @Override
    public void restore(CheckpointReader in) {
        intake.restore(in);
        global.restore(in);
        control.restore(in);
        sum.clear();
    }

    @Override
    public void close() {
        sum.close();
        control.close();
        global.close();
    }
}
