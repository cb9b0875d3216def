package org.blazefl4j.contrib.dsfl;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.blazefl4j.codec.TensorWalk;
import org.blazefl4j.contrib.common.AbstractServerHandler;
import org.blazefl4j.contrib.common.GlobalModel;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.support.LentTensors;
import org.blazefl4j.contrib.support.Partitions;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.core.SelectedModel;
import org.blazefl4j.data.Dataset;
import org.blazefl4j.reproducibility.RandomStreams;
import org.blazefl4j.torch.IntraOpThreads;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Arguments;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The server of DS-FL (S. Itahara, T. Nishio, Y. Koda, M. Morikura and K. Yamamoto: Distillation-Based Semi-Supervised
 * Federated Learning for Communication-Efficient Collaborative Training with Non-IID Private Data, IEEE Transactions on
 * Mobile Computing 22(1), 2023). Server and clients exchange soft labels of open samples, never models: clients may
 * have models of different kinds, and the server has its own.
 *
 * <p>In each round the server takes the mean of the clients' soft labels of each open sample, from an exact sum, and
 * sharpens it by entropy reduction aggregation, {@code softmax(mean / temperature)}. It distils the result into its own
 * model by SGD on the Kullback-Leibler divergence, with an optimizer that lives as long as the server. The clients
 * receive the result in the next round, with the open samples to label in it: the first of a random permutation of the
 * open set, in ascending order, from the stream (seed, server, round, {@code "open"}).
 *
 * <pre>{@code
 * var options = DsflServerHandler.Options.of(ServerOptions.of(15, 100));
 * try (DsflServerHandler handler = new DsflServerHandler(selector, ModelName.CNN, data, options)) {
 *     ...
 * }
 * }</pre>
 *
 * <p>Owns its model and the packages that {@link #downlinkPackage()} returns; the data stays the caller's.
 */
public final class DsflServerHandler extends AbstractServerHandler<DsflDownlinkPackage, DsflUplinkPackage> {

    private static final String LEARNER = "learner";
    private static final String SOFT_LABELS = "soft_labels";
    private static final String INDICES = "indices";

    private final Options options;
    private final PartitionedDataset<PartitionType> dataset;
    private final DistillationModel learner;
    private final SoftLabelMean mean;
    private final ClientScores scores = new ClientScores();
    private final LentTensors lent = new LentTensors();
    private final FlatteningWarning flattening = new FlatteningWarning();
    private DsflDownlinkPackage downlink;

    /**
     * Makes a server before its first round.
     *
     * @param selector makes the model
     * @param modelName the server's model; clients may have others
     * @param dataset holds the common open samples as {@link PartitionType#OPEN} and the common samples to evaluate on
     *     as {@link PartitionType#TEST}
     * @throws IllegalArgumentException if there are no test samples or fewer open ones than a round needs, the CUDA
     *     device does not exist, or the model does not fit the samples or fails on a batch of one that distillation has
     */
    public <N extends Enum<N>> DsflServerHandler(
            ModelSelector<N> selector, N modelName, PartitionedDataset<PartitionType> dataset, Options options) {
        super(
                options.federation(),
                model(new SelectedModel<>(selector, modelName), dataset, options),
                DsflUplinkPackage::cid);
        this.options = options;
        this.dataset = dataset;
        try {
            this.learner = new DistillationModel(
                    new SelectedModel<>(selector, modelName),
                    options.federation().device());
        } catch (RuntimeException | Error e) {
            global().close();
            throw e;
        }
        this.mean = newMean();
        this.downlink = new DsflDownlinkPackage(null, null, nextIndices(0));
    }

    /** Makes the model to evaluate, after a check of what the server needs besides. */
    private static GlobalModel model(
            SelectedModel<?> selected, PartitionedDataset<PartitionType> dataset, Options options) {
        Partitions.requireCommon(dataset, PartitionType.OPEN);
        long openSize = dataset.size(PartitionType.OPEN, null);
        Arguments.require(
                options.openSizePerRound() <= openSize,
                "too many open samples a round: open_size_per_round="
                        + options.openSizePerRound() + ", limit=" + openSize
                        + ", the size of the open set; lower open_size_per_round or raise open_size");
        DsflClients.requireDistillable(
                selected, dataset.getDataset(PartitionType.OPEN), options.openSizePerRound(), options.distillation());
        return new GlobalModel(selected, dataset, options.federation());
    }

    private SoftLabelMean newMean() {
        try {
            return new SoftLabelMean(
                    Math.toIntExact(open().size()), learner.classes(open(), surroundings()), options.federation());
        } catch (RuntimeException | Error e) {
            learner.close();
            global().close();
            throw e;
        }
    }

    private Dataset open() {
        return dataset.getDataset(PartitionType.OPEN);
    }

    private TrainingContext surroundings() {
        return TrainingContext.ofServer(options.federation().seed(), round());
    }

    private Tensor nextIndices(int round) {
        List<Integer> drawn = RandomStreams.sample(
                Math.toIntExact(open().size()),
                options.openSizePerRound(),
                RandomStreams.random(options.federation().seed(), RandomStreams.SERVER, round, "open"));
        return Tensors.of(drawn.stream().mapToLong(Integer::longValue).toArray())
                .retainReference();
    }

    @Override
    public DsflDownlinkPackage downlinkPackage() {
        requireOpen();
        return new DsflDownlinkPackage(
                lendIfAny(downlink.softLabels()), lendIfAny(downlink.indices()), lent.lend(downlink.nextIndices()));
    }

    private @Nullable Tensor lendIfAny(@Nullable Tensor tensor) {
        return tensor == null ? null : lent.lend(tensor);
    }

    /**
     * {@inheritDoc}
     *
     * <p>Soft labels may be of any open samples, in any order.
     */
    @Override
    protected void add(DsflUplinkPackage uplink) {
        mean.add(uplink);
        scores.add(uplink.metadata());
    }

    @Override
    protected void update() {
        scores.update();
        Tensor indices = mean.indices();
        Tensor softLabels = mean.sharpened(options.eraTemperature());
        flattening.check(round(), mean, softLabels, options.eraTemperature());
        distil(new OpenSamples(open(), indices, softLabels));
        publish(new DsflDownlinkPackage(softLabels, indices, nextIndices(round() + 1)));
    }

    @Override
    protected boolean isFinite() {
        Tensor softLabels = downlink.softLabels();
        return (softLabels == null || Tensors.isFinite(softLabels)) && super.isFinite();
    }

    @Override
    protected void forget() {
        mean.clear();
        scores.forget();
    }

    private void distil(OpenSamples labelled) {
        try (IntraOpThreads threads = IntraOpThreads.scope(options.federation().intraOpThreads());
                AutoGradMode gradients = new AutoGradMode(true);
                PointerScope scope = new PointerScope()) {
            learner.distil(labelled, options.distillation(), options.momentum(), surroundings());
        }
        showModel();
    }

    /** Makes what the learner has learnt the model to evaluate. */
    private void showModel() {
        learner.copyTo(global().next());
        global().advance();
    }

    /** Replaces the package; clients that still read it have references of their own. */
    private void publish(DsflDownlinkPackage next) {
        downlink.close();
        downlink = next;
        lent.advance();
    }

    /**
     * If clients evaluate ({@link DsflClients.Options#evaluate}), returns {@code client_accuracy} and
     * {@code client_loss}: unweighted means over the round's clients of their own models on their own test samples.
     */
    @Override
    protected Map<String, Object> ownSummary() {
        return scores.summary();
    }

    @Override
    public void save(CheckpointWriter out) {
        super.save(out);
        try (PointerScope scope = new PointerScope()) {
            out.put(LEARNER, learner.state());
        }
        scores.save(out);
        out.put(SOFT_LABELS, downlink.softLabels());
        out.put(INDICES, downlink.indices());
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException if it is of another model, open set or number of rounds; the server is then as
     *     before
     */
    @Override
    public void restore(CheckpointReader in) {
        @Nullable Tensor softLabels = in.get(SOFT_LABELS, Tensor.class);
        @Nullable Tensor indices = in.get(INDICES, Tensor.class);
        try (DistillationModelState learnt = in.get(LEARNER, DistillationModelState.class)) {
            learner.requireFits(learnt);
            requireFit(softLabels, indices);
            super.restore(in);
            learner.load(learnt);
            showModel();
            scores.restore(in);
        } catch (RuntimeException e) {
            TensorWalk.closeAll(Arrays.asList(softLabels, indices));
            throw e;
        }
        publish(new DsflDownlinkPackage(softLabels, indices, nextIndices(round())));
    }

    private void requireFit(@Nullable Tensor softLabels, @Nullable Tensor indices) {
        if (softLabels != null && indices != null) {
            mean.checkedRows("source=checkpoint", softLabels, indices);
            softLabels.retainReference();
            indices.retainReference();
        }
    }

    @Override
    protected void free() {
        mean.close();
        learner.close();
        downlink.close();
        lent.close();
    }

    /**
     * How a DS-FL server runs a federation, besides its model and data. Each {@code with} method returns a copy with
     * one other value.
     *
     * <pre>{@code
     * var options = DsflServerHandler.Options.of(ServerOptions.of(15, 100)).withOpenSizePerRound(500);
     * }</pre>
     *
     * @param federation rounds, clients, evaluation, seed and device
     * @param openSizePerRound the number of open samples that clients label in each round, above 0 and at most the size
     *     of the open set
     * @param eraTemperature the temperature {@code T} of entropy reduction aggregation, above 0 and finite. It is a
     *     softmax of probabilities: with a mean {@code p_max} of one class and {@code p_rest} of each other class it
     *     sharpens if {@code T < (p_max - p_rest) / ln(p_max / p_rest)}, and flattens otherwise. The bound is about 0.1
     *     to 0.2 with 10 classes and 0.01 to 0.13 with 100, where the default of 0.1 flattens means with a
     *     {@code p_max} below 0.4. A server whose labels become flatter logs one warning
     * @param distillation how the server's model learns the global soft labels
     * @param momentum of distillation, in [0, 1); 0 for plain SGD. Otherwise its velocity is kept between rounds
     */
    public record Options(
            ServerOptions federation,
            int openSizePerRound,
            double eraTemperature,
            SgdOptions distillation,
            double momentum) {

        public Options {
            Objects.requireNonNull(federation, "federation");
            Objects.requireNonNull(distillation, "distillation");
            Arguments.require(
                    openSizePerRound >= 1,
                    "too few open samples: open_size_per_round=" + openSizePerRound + ", limit=1 or more");
            Arguments.require(
                    eraTemperature > 0 && eraTemperature < Double.POSITIVE_INFINITY,
                    "temperature out of range: era_temperature=" + eraTemperature
                            + ", limit=above 0 and finite; sharpens below (p_max - p_rest) / ln(p_max / p_rest)");
            Arguments.requireShare("momentum", momentum);
        }

        /** Returns 1 000 open samples a round, temperature 0.1, and plain SGD with {@link SgdOptions#defaults()}. */
        public static Options of(ServerOptions federation) {
            return new Options(federation, 1_000, 0.1, SgdOptions.defaults(), 0);
        }

        public Options withOpenSizePerRound(int openSizePerRound) {
            return new Options(federation, openSizePerRound, eraTemperature, distillation, momentum);
        }

        public Options withEraTemperature(double eraTemperature) {
            return new Options(federation, openSizePerRound, eraTemperature, distillation, momentum);
        }

        public Options withDistillation(SgdOptions distillation) {
            return new Options(federation, openSizePerRound, eraTemperature, distillation, momentum);
        }

        public Options withMomentum(double momentum) {
            return new Options(federation, openSizePerRound, eraTemperature, distillation, momentum);
        }
    }
}
