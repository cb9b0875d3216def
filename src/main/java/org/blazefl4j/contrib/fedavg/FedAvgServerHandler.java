package org.blazefl4j.contrib.fedavg;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.core.ServerHandler;
import org.blazefl4j.data.DataLoader;
import org.blazefl4j.model.Model;
import org.blazefl4j.reproducibility.RandomStreams;
import org.blazefl4j.reproducibility.Sampling;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.IntraOpThreads;
import org.blazefl4j.torch.Tensors;
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
 *         new FedAvgServerHandler(selector, ModelName.CNN, data, FedAvgServerOptions.of(15, 100))) {
 *     ...
 * }
 * }</pre>
 *
 * <p>Owns the global model and what it hands out by {@link #downlinkPackage()}; the data stays the caller's.
 */
public final class FedAvgServerHandler
        implements ServerHandler<FedAvgUplinkPackage, FedAvgDownlinkPackage>, AutoCloseable {

    private static final int SERVER = -1;

    private final FedAvgServerOptions options;
    private final PartitionedDataset<FedAvgPartitionType> dataset;
    private final Model model;
    private final FlatParameters state;
    private final WeightedSum sum;
    private final Set<Integer> loaded = new HashSet<>();
    private final Set<Integer> dropped = new HashSet<>();
    private Tensor global;
    private Tensor next;
    private int round;

    /**
     * A server before its first round.
     *
     * @param selector makes the model
     * @param modelName which model
     * @param dataset holds the samples to evaluate on, common to all, as {@link FedAvgPartitionType#TEST}
     * @param options the rest
     * @param <N> the models' names
     * @throws IllegalArgumentException if there are no test samples, or the device is a CUDA device that there is not
     */
    public <N extends Enum<N>> FedAvgServerHandler(
            ModelSelector<N> selector,
            N modelName,
            PartitionedDataset<FedAvgPartitionType> dataset,
            FedAvgServerOptions options) {
        this.options = options;
        this.dataset = dataset;
        options.device().requireThere();
        checkTestSamples(dataset);
        this.model = new FedAvgModel<>(selector, modelName).make(options.device());
        this.state = FlatParameters.of(model);
        this.sum = new WeightedSum(state.numel());
        try (Tensor flat = state.flatten()) {
            this.global = owned(flat.cpu());
            this.next = owned(global.clone());
        }
    }

    private static void checkTestSamples(PartitionedDataset<FedAvgPartitionType> dataset) {
        if (dataset.size(FedAvgPartitionType.TEST, null) == 0) {
            throw new IllegalArgumentException(
                    "no test samples: size=0, limit=1 or more; set the common TEST data set to some");
        }
    }

    private static Tensor owned(Tensor tensor) {
        tensor.retainReference();
        return tensor;
    }

    /** The number of completed rounds. */
    public int round() {
        return round;
    }

    @Override
    public FedAvgDownlinkPackage downlinkPackage() {
        return new FedAvgDownlinkPackage(global);
    }

    /**
     * Starts a round: forgets what was loaded of one that was not completed, and draws clients without replacement from
     * the stream (seed, server, round, {@code "sample"}), so a second call in the same round draws the same.
     */
    @Override
    public List<Integer> sampleClients() {
        startRound();
        return Sampling.withoutReplacement(
                options.numClients(),
                options.clientsPerRound(),
                RandomStreams.random(options.seed(), SERVER, round, "sample"));
    }

    @Override
    public boolean isStopped() {
        return round >= options.globalRound();
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
        checkClient(uplink.cid());
        sum.add(uplink);
        loaded.add(uplink.cid());
        return completeIfAllCame();
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
        checkClient(cid);
        if (dropped.size() + 1 == options.clientsPerRound()) {
            throw new IllegalStateException("no client left: cid=" + cid + ", round=" + round + ", limit=1 or more of "
                    + options.clientsPerRound() + " that are not dropped; call sampleClients() to start a round again");
        }
        dropped.add(cid);
        return completeIfAllCame();
    }

    private boolean completeIfAllCame() {
        boolean all = loaded.size() + dropped.size() >= options.clientsPerRound();
        if (all) {
            completeRound();
        }
        return all;
    }

    private void checkClient(int cid) {
        if (cid < 0 || cid >= options.numClients()) {
            throw new IllegalArgumentException("no such client: cid=" + cid + ", limit=0 to "
                    + (options.numClients() - 1) + "; send the id that the client was given");
        }
        if (loaded.contains(cid)) {
            throw new IllegalArgumentException("client loaded twice: cid=" + cid + ", round=" + round
                    + ", limit=once a round; call sampleClients() to start a round again");
        }
        if (dropped.contains(cid)) {
            throw new IllegalArgumentException("client was dropped: cid=" + cid + ", round=" + round
                    + ", limit=either loaded or dropped, once a round; call sampleClients() to start a round again");
        }
    }

    @Override
    public void globalUpdate(List<FedAvgUplinkPackage> uplinks) {
        checkNotEmpty(uplinks);
        startRound();
        try {
            uplinks.forEach(sum::add);
        } catch (RuntimeException e) {
            startRound();
            throw e;
        }
        completeRound();
    }

    private void startRound() {
        sum.clear();
        loaded.clear();
        dropped.clear();
    }

    /** Into the other tensor, for clients of this round may still read the one that they were sent. */
    private void completeRound() {
        sum.mean(next);
        Tensor sent = global;
        global = next;
        next = sent;
        state.load(global);
        round++;
        startRound();
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
        try (WeightedSum sum = new WeightedSum(first.numel())) {
            uplinks.forEach(sum::add);
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
    public FedAvgEvaluation evaluate() {
        try (IntraOpThreads threads = IntraOpThreads.scope(options.intraOpThreads())) {
            DataLoader loader = dataset.getDataLoader(FedAvgPartitionType.TEST, null, options.batchSize());
            return FedAvgEvaluation.of(model, loader, options.device());
        }
    }

    /** The SHA-256 of the global model's state, as 64 hexadecimal digits. */
    public String sha256() {
        return Tensors.sha256(global);
    }

    /**
     * Evaluates the global model.
     *
     * @return {@code round} (completed rounds), {@code accuracy}, {@code loss} and {@code sha256}, in this order
     */
    @Override
    public Map<String, Object> getSummary() {
        FedAvgEvaluation evaluation = evaluate();
        Map<String, Object> summary = new LinkedHashMap<>();
        summary.put("round", round);
        summary.put("accuracy", evaluation.accuracy());
        summary.put("loss", evaluation.loss());
        summary.put("sha256", sha256());
        return summary;
    }

    @Override
    public void close() {
        sum.close();
        state.close();
        model.close();
        global.close();
        next.close();
    }
}
