package org.blazefl4j.contrib.fedavg;

import java.util.List;
import java.util.Map;
import org.blazefl4j.contrib.common.Evaluation;
import org.blazefl4j.contrib.common.GlobalModel;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.RoundIntake;
import org.blazefl4j.contrib.common.SelectedModel;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.WeightedSum;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.core.ServerHandler;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The server of federated averaging (B. McMahan et al.: Communication-Efficient Learning of Deep Networks from
 * Decentralized Data, AISTATS 2017): the new global model is the mean of the clients' models, weighted by their data
 * sizes.
 *
 * <p>{@link #load} adds each package to a running FP64 sum at once, so memory does not grow with the number of clients;
 * a round of {@code load} calls and {@link #globalUpdate} of the same packages in the same order give the same bits.
 *
 * <pre>{@code
 * try (FedAvgServerHandler handler =
 *         new FedAvgServerHandler(selector, ModelName.CNN, data, ServerOptions.of(15, 100))) {
 *     ...
 * }
 * }</pre>
 *
 * <p>Owns the global model and what it hands out by {@link #downlinkPackage()}; the data stays the caller's.
 */
public final class FedAvgServerHandler
        implements ServerHandler<FedAvgUplinkPackage, FedAvgDownlinkPackage>, Checkpointable, AutoCloseable {

    private final RoundIntake intake;
    private final GlobalModel global;
    private final WeightedSum sum;

    /**
     * A server before its first round.
     *
     * @param selector makes the model
     * @param modelName which model
     * @param dataset holds the samples to evaluate on, common to all, as {@link PartitionType#TEST}
     * @param options the rest
     * @param <N> the models' names
     * @throws IllegalArgumentException if there are no test samples, or the device is a CUDA device that there is not
     */
    public <N extends Enum<N>> FedAvgServerHandler(
            ModelSelector<N> selector, N modelName, PartitionedDataset<PartitionType> dataset, ServerOptions options) {
        this.intake = new RoundIntake(options);
        this.global = new GlobalModel(new SelectedModel<>(selector, modelName), dataset, options);
        this.sum = newSum(global.numel());
    }

    private static WeightedSum newSum(long numel) {
        return new WeightedSum("parameters", numel);
    }

    /** The number of completed rounds. */
    public int round() {
        return intake.round();
    }

    @Override
    public FedAvgDownlinkPackage downlinkPackage() {
        return new FedAvgDownlinkPackage(global.parameters());
    }

    /**
     * Starts a round: forgets what was loaded of one that was not completed, and draws clients without replacement from
     * the stream (seed, server, round, {@code "sample"}), so a second call in the same round draws the same.
     */
    @Override
    public List<Integer> sampleClients() {
        sum.clear();
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
     *     round, or its package has no samples, another length or another dtype than the global model's state; the
     *     round is then as before
     */
    @Override
    public boolean load(FedAvgUplinkPackage uplink) {
        intake.check(uplink.cid());
        add(sum, uplink);
        return completeIf(intake.load(uplink.cid()));
    }

    /**
     * {@inheritDoc}
     *
     * <p>The mean is then over the others, with the bits of a round that had sampled no more than them.
     *
     * @throws IllegalArgumentException if the client is none of the federation, or was loaded or dropped before in this
     *     round; the round is then as before
     * @throws IllegalStateException if it is the last client and all others were dropped; the round is then as before
     */
    @Override
    public boolean drop(int cid) {
        return completeIf(intake.drop(cid));
    }

    private boolean completeIf(boolean all) {
        if (all) {
            completeRound();
        }
        return all;
    }

    private static void add(WeightedSum sum, FedAvgUplinkPackage uplink) {
        sum.add(uplink.cid(), uplink.dataSize(), uplink.parameters());
    }

    @Override
    public void globalUpdate(List<FedAvgUplinkPackage> uplinks) {
        checkNotEmpty(uplinks);
        startRound();
        try {
            uplinks.forEach(uplink -> add(sum, uplink));
        } catch (RuntimeException e) {
            startRound();
            throw e;
        }
        completeRound();
    }

    private void startRound() {
        sum.clear();
        intake.restart();
    }

    private void completeRound() {
        sum.mean(global.next());
        global.advance();
        sum.clear();
        intake.complete();
    }

    /**
     * The mean of clients' parameters, weighted by their data sizes, summed in FP64 in the order given.
     *
     * @param uplinks all of one length; they stay the caller's
     * @return float32, shape [numel]; the caller owns it
     * @throws IllegalArgumentException if the list is empty, or a package has no samples, another length or another
     *     dtype than float32
     */
    public static Tensor aggregate(List<FedAvgUplinkPackage> uplinks) {
        checkNotEmpty(uplinks);
        Tensor first = uplinks.get(0).parameters();
        try (WeightedSum sum = newSum(first.numel())) {
            uplinks.forEach(uplink -> add(sum, uplink));
            Tensor mean = torch.empty(first.numel());
            sum.mean(mean);
            return mean;
        }
    }

    private static void checkNotEmpty(List<FedAvgUplinkPackage> uplinks) {
        if (uplinks.isEmpty()) {
            throw new IllegalArgumentException("nothing to aggregate: packages=0, limit=1 or more");
        }
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

    /** Writes the number of completed rounds and the global model. */
    @Override
    public void save(CheckpointWriter out) {
        intake.save(out);
        global.save(out);
    }

    @Override
    public void restore(CheckpointReader in) {
        intake.restore(in);
        global.restore(in);
        sum.clear();
    }

    @Override
    public void close() {
        sum.close();
        global.close();
    }
}
