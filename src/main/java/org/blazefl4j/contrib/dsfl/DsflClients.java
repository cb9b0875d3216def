package org.blazefl4j.contrib.dsfl;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.blazefl4j.contrib.common.Evaluation;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.support.ModelFit;
import org.blazefl4j.contrib.support.Partitions;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.core.SelectedModel;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.data.Dataset;
import org.blazefl4j.util.Arguments;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * The clients of DS-FL. Each has its own model, possibly of its own kind, that never leaves it. In a round it distils
 * the global soft labels of the round before into the model, trains it on its private samples, and sends the model's
 * class probabilities for the requested open samples. Model and optimizers' velocities are the client's state.
 *
 * <p>A client draws from three random streams: {@code shuffle} for the order of samples, {@code augment} for random
 * transforms, {@code dropout} for the model.
 *
 * <p>The metadata of a package are {@code pid}, the process that trained it, {@code worker}, the worker's index,
 * {@code seconds}, the time that it took, and, if clients evaluate, {@code accuracy} and {@code loss} on the client's
 * own test samples.
 *
 * <pre>{@code
 * List<ModelName> models = List.of(ModelName.CNN, ModelName.MLP, ModelName.CNN);
 * DsflClients clients = new DsflClients(selector, models, data, DsflClients.Options.defaults());
 * }</pre>
 */
public final class DsflClients implements ClientAlgorithm<DsflClients.Config, DsflDownlinkPackage, DsflUplinkPackage> {

    static final String ACCURACY = "accuracy";
    static final String LOSS = "loss";

    private final List<? extends SelectedModel<?>> models;
    private final PartitionedDataset<PartitionType> dataset;
    private final Options options;
    private final long openSize;
    private final long classes;
    /** Each client's last configuration: a process-pool trainer encodes the same object once. */
    private final Map<Integer, Config> configs = new ConcurrentHashMap<>();

    /** Gives all clients, whose ids are 0, 1, ..., the same kind of model; the rest as the other constructor. */
    public <N extends Enum<N>> DsflClients(
            ModelSelector<N> selector,
            N modelName,
            PartitionedDataset<PartitionType> dataset,
            int numClients,
            Options options) {
        this(selector, sameForAll(modelName, numClients), dataset, options);
    }

    /**
     * Gives each client a model of its own kind.
     *
     * @param selector makes models; crosses into worker processes, so it is best a record
     * @param modelNames the models of the clients 0, 1, ...
     * @param dataset holds each client's private samples as {@link PartitionType#TRAIN}, the common open ones as
     *     {@link PartitionType#OPEN}, and, if clients evaluate, each client's test samples as
     *     {@link PartitionType#TEST}; the caller keeps it open while these clients train
     * @throws IllegalArgumentException if there is no client, one lacks samples, there are no open samples, models
     *     differ in the number of classes, or clients cannot train their models on their samples
     */
    public <N extends Enum<N>> DsflClients(
            ModelSelector<N> selector, List<N> modelNames, PartitionedDataset<PartitionType> dataset, Options options) {
        Partitions.requireOfClients(dataset, PartitionType.TRAIN, modelNames.size());
        Partitions.requireCommon(dataset, PartitionType.OPEN);
        if (options.evaluate()) {
            Partitions.requireOfClients(dataset, PartitionType.TEST, modelNames.size());
        }
        this.models = modelNames.stream()
                .map(name -> new SelectedModel<>(selector, name))
                .toList();
        this.dataset = dataset;
        this.options = options;
        this.openSize = dataset.size(PartitionType.OPEN, null);
        this.classes = checkedClasses();
    }

    private static <N> List<N> sameForAll(N modelName, int numClients) {
        Partitions.requireClients(numClients);
        return Collections.nCopies(numClients, modelName);
    }

    /** Checks the models, and returns the number of classes that all have. */
    private long checkedClasses() {
        Map<SelectedModel<?>, DistillationModel> learners = new LinkedHashMap<>();
        try {
            models.forEach(model -> learners.computeIfAbsent(model, kind -> new DistillationModel(kind, Device.CPU)));
            long classes = classes(learners.values().iterator().next());
            learners.forEach((model, learner) -> requireSameClasses(model, classes(learner), classes));
            learners.forEach((model, learner) -> ModelFit.requireTrainable(
                    learner.model(),
                    clientsOf(model),
                    cid -> dataset.getDataset(PartitionType.TRAIN, cid),
                    options.training().batchSize(),
                    options.training().lastBatch()));
            return classes;
        } finally {
            learners.values().forEach(DistillationModel::close);
        }
    }

    private long classes(DistillationModel learner) {
        return learner.classes(open(), TrainingContext.ofServer(0, 0));
    }

    private void requireSameClasses(SelectedModel<?> model, long classes, long first) {
        if (classes != first) {
            throw new IllegalArgumentException("models differ in classes: cid=" + clientsOf(model)[0] + ", model="
                    + model.name() + ", classes=" + classes + ", expected=" + first
                    + " as for client 0; give all clients models with the same classes");
        }
    }

    private int[] clientsOf(SelectedModel<?> model) {
        return IntStream.range(0, models.size())
                .filter(cid -> models.get(cid).equals(model))
                .toArray();
    }

    /**
     * Checks, before anything starts, that clients can distil so many open samples a round.
     *
     * @throws IllegalArgumentException if a batch has one sample and a client's model cannot be trained on one
     */
    public void requireDistillable(int openSizePerRound) {
        for (SelectedModel<?> model : new LinkedHashSet<>(models)) {
            requireDistillable(model, open(), openSizePerRound, options.distillation());
        }
    }

    static void requireDistillable(SelectedModel<?> model, Dataset open, int count, SgdOptions options) {
        ModelFit.requireDistillable(
                () -> model.make(Device.CPU), open, count, options.batchSize(), options.lastBatch());
    }

    private Dataset open() {
        return dataset.getDataset(PartitionType.OPEN);
    }

    @Override
    public Config getClientConfig(int cid) {
        Dataset samples = dataset.getDataset(PartitionType.TRAIN, cid);
        Dataset open = open();
        Dataset test = options.evaluate() ? dataset.getDataset(PartitionType.TEST, cid) : null;
        return configs.compute(
                cid,
                (id, last) -> last != null && last.dataset() == samples && last.open() == open && last.test() == test
                        ? last
                        : new Config(models.get(cid), samples, open, test, options));
    }

    @Override
    public ClientWorker<Config, DsflDownlinkPackage, DsflUplinkPackage> worker() {
        return DsflClients::train;
    }

    /** Makes room for the whole open set, because the server requests another part in each round. */
    @Override
    public DsflUplinkPackage prepareUplinkPackageBuffer() {
        try (TensorOptions longs = new TensorOptions(ScalarType.Long)) {
            Tensor indices = torch.empty(new long[] {openSize}, longs, null);
            return new DsflUplinkPackage(0, torch.empty(openSize, classes), indices, Map.of());
        }
    }

    @Override
    public OptionalInt numClients() {
        return OptionalInt.of(models.size());
    }

    @Override
    public long dataSize(int cid) {
        return dataset.size(PartitionType.TRAIN, cid);
    }

    /** Shares all data sets that clients read. */
    @Override
    public Map<String, ?> shared() {
        return Map.of(
                "datasets",
                IntStream.range(0, models.size())
                        .mapToObj(this::getClientConfig)
                        .flatMap(config -> Stream.of(config.dataset(), config.open(), config.test()))
                        .filter(Objects::nonNull)
                        .toList());
    }

    /** Runs one client's round. */
    static DsflUplinkPackage train(Config config, DsflDownlinkPackage payload, WorkerContext context) {
        long start = System.nanoTime();
        DistillationModel learner = DistillationModel.of(config.model(), context);
        context.state(DistillationModelState.class).ifPresentOrElse(learner::load, learner::reset);
        learn(learner, config, payload, TrainingContext.of(context));
        DsflUplinkPackage labels = label(learner, config, payload, context);
        Map<String, Object> metadata = new LinkedHashMap<>();
        if (config.test() != null) {
            Evaluation evaluation = learner.evaluate(config.test());
            metadata.put(ACCURACY, evaluation.accuracy());
            metadata.put(LOSS, evaluation.loss());
        }
        context.keepState(learner.state());
        metadata.put("pid", ProcessHandle.current().pid());
        metadata.put("worker", context.worker());
        metadata.put("seconds", (System.nanoTime() - start) * 1e-9);
        return new DsflUplinkPackage(context.clientId(), labels.softLabels(), labels.indices(), metadata);
    }

    private static void learn(
            DistillationModel learner, Config config, DsflDownlinkPackage payload, TrainingContext around) {
        Options options = config.options();
        Tensor indices = payload.indices();
        if (indices != null) {
            OpenSamples labelled = new OpenSamples(config.open(), indices, payload.softLabels());
            learner.distil(labelled, options.distillation(), options.momentum(), around);
        }
        learner.train(config.dataset(), options.training(), options.momentum(), around);
    }

    /** Labels the open samples that the server requests, in the uplink buffer. */
    private static DsflUplinkPackage label(
            DistillationModel learner, Config config, DsflDownlinkPackage payload, WorkerContext context) {
        DsflUplinkPackage buffer = context.uplinkBuffer();
        long count = payload.nextIndices().numel();
        Tensor softLabels = buffer.softLabels().narrow(0, 0, count);
        Tensor indices = buffer.indices().narrow(0, 0, count);
        indices.copy_(payload.nextIndices());
        OpenSamples asked = new OpenSamples(config.open(), payload.nextIndices(), null);
        learner.predict(asked, config.options().distillation().batchSize(), TrainingContext.of(context), softLabels);
        return new DsflUplinkPackage(context.clientId(), softLabels, indices, Map.of());
    }

    /**
     * What a worker is told about one client.
     *
     * @param model the client's model
     * @param dataset its private samples
     * @param open the open set
     * @param test its own test samples; null if it does not evaluate
     * @param options how it trains and distils
     */
    public record Config(
            SelectedModel<?> model,
            Dataset dataset,
            Dataset open,
            @Nullable Dataset test,
            Options options) {}

    /**
     * How a client trains and distils. Crosses into worker processes. Each {@code with} method returns a copy with one
     * other value.
     *
     * @param training how it trains on its private samples
     * @param distillation how it first learns the global soft labels
     * @param momentum of both, in [0, 1); 0 for plain SGD. Otherwise each of the two optimizers has a velocity that the
     *     client keeps between rounds
     * @param evaluate whether it then evaluates its model on its own {@link PartitionType#TEST} samples
     */
    public record Options(SgdOptions training, SgdOptions distillation, double momentum, boolean evaluate) {

        public Options {
            Objects.requireNonNull(training, "training");
            Objects.requireNonNull(distillation, "distillation");
            Arguments.requireShare("momentum", momentum);
        }

        /** Returns plain SGD with {@link SgdOptions#defaults()} for training and distillation, without evaluation. */
        public static Options defaults() {
            return new Options(SgdOptions.defaults(), SgdOptions.defaults(), 0, false);
        }

        public Options withTraining(SgdOptions training) {
            return new Options(training, distillation, momentum, evaluate);
        }

        public Options withDistillation(SgdOptions distillation) {
            return new Options(training, distillation, momentum, evaluate);
        }

        public Options withMomentum(double momentum) {
            return new Options(training, distillation, momentum, evaluate);
        }

        public Options withEvaluate(boolean evaluate) {
            return new Options(training, distillation, momentum, evaluate);
        }
    }
}
