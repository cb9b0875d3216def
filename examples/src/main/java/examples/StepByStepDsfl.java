package examples;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.blazefl4j.contrib.common.Evaluation;
import org.blazefl4j.contrib.dsfl.DsflOpenSplit;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.core.ServerHandler;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.data.Batch;
import org.blazefl4j.data.DataLoader;
import org.blazefl4j.data.Dataset;
import org.blazefl4j.data.FilteredDataset;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.data.Partitioner;
import org.blazefl4j.model.Model;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.reproducibility.DefaultGenerator;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * The tutorial of BlazeFL in Python, {@code examples/step-by-step-dsfl}, step by step: an algorithm from scratch, whose
 * clients keep models of their own and send what these predict for open images (DS-FL; Itahara et al., IEEE TMC 2023).
 * Parts come in the tutorial's order and have its names. The library has this algorithm as {@code contrib.dsfl}.
 *
 * <p>BlazeFL's 100 clients have 500 images of CIFAR-10 each, and its 10 000 open images are from CIFAR-100; here the
 * Fashion-MNIST in the jar gives 2 000 open images, and 400 to each of 20 clients. All other settings are the same.
 *
 * <pre>java -cp examples/target/examples.jar examples.StepByStepDsfl MULTI_THREADED 2</pre>
 */
public final class StepByStepDsfl {

    // The defaults of BlazeFL's main
    private static final DsflModelName MODEL_NAME = DsflModelName.CNN;
    private static final int NUM_CLIENTS = 20;
    private static final double DIR_ALPHA = 1.0;
    private static final long SEED = 42;
    private static final int EPOCHS = 5;
    private static final int BATCH_SIZE = 50;
    private static final double LR = 0.1;
    private static final int OPEN_SIZE = 2_000;
    private static final int OPEN_SIZE_PER_ROUND = 1_000;
    private static final int KD_EPOCHS = 5;
    private static final int KD_BATCH_SIZE = 50;
    private static final double KD_LR = 0.1;
    private static final double ERA_TEMPERATURE = 0.1;

    private static final int CLASSES = 10;
    private static final long SUM = 2; // at::Reduction::Sum

    private StepByStepDsfl() {}

    /**
     * Fails if the server's model has not learnt. The arguments are the {@link ExecutionMode} and the number of rounds,
     * 5 as in BlazeFL.
     */
    public static void main(String[] args) {
        ExecutionMode mode = args.length > 0 ? ExecutionMode.valueOf(args[0]) : ExecutionMode.MULTI_THREADED;
        int globalRound = args.length > 1 ? Integer.parseInt(args[1]) : 5;
        LibTorch.tune();
        var modelSelector = new DsflModelSelector(CLASSES, SEED);
        try (var images = ImageData.fashionMnist();
                var dataset = partitioned(images);
                var handler = new DsflServerHandler(modelSelector, MODEL_NAME, dataset, globalRound);
                var trainer = mode.trainer(
                        new DsflClients(modelSelector, MODEL_NAME, dataset),
                        TrainerOptions.builder().seed(SEED).build())) {
            new DsflPipeline(handler, trainer).main();
            double accuracy = (double) handler.getSummary().get("server_acc");
            if (accuracy < 0.3) {
                throw new IllegalStateException("model has not learnt: accuracy=" + accuracy + ", limit=0.3");
            }
        }
    }

    // Implementing a PartitionedDataset: InMemoryPartitionedDataset is one, for types of your own

    enum DsflPartitionType {
        TRAIN,
        OPEN,
        TEST
    }

    /** Gives each client a mix of classes by Dirichlet, and test images of the same mix. */
    private static InMemoryPartitionedDataset<DsflPartitionType> partitioned(ImageData images) {
        var dataset = new InMemoryPartitionedDataset<DsflPartitionType>();
        var split = DsflOpenSplit.of(images.train().size(), OPEN_SIZE, SEED);
        var parts = split.divide(images.trainLabels(), Partitioner.balancedDirichlet(DIR_ALPHA), NUM_CLIENTS, SEED);
        var mixes = parts.stream().map(part -> mix(images, part)).toArray(double[][]::new);
        dataset.setCommon(DsflPartitionType.OPEN, images.train(), split.open());
        dataset.setClients(DsflPartitionType.TRAIN, images.train(), parts);
        dataset.setClients(
                DsflPartitionType.TEST,
                images.test(),
                Partitioner.classShares(mixes).partition(images.testLabels(), NUM_CLIENTS, SEED));
        dataset.setDataset(DsflPartitionType.TEST, images.test());
        return dataset;
    }

    private static double[] mix(ImageData images, long[] part) {
        double[] counts = new double[CLASSES];
        for (long i : part) {
            counts[(int) images.trainLabels().data_ptr_long().get(i)]++;
        }
        return counts;
    }

    // Implementing a ModelSelector

    enum DsflModelName {
        CNN,
        RESNET18
    }

    /** Makes models with the same initial parameters each time, whatever was drawn before. */
    record DsflModelSelector(int numClasses, long seed) implements ModelSelector<DsflModelName> {

        @Override
        public Model selectModel(DsflModelName name) {
            ModelName network = name == DsflModelName.CNN ? ModelName.CNN : ModelName.RESNET18;
            return DefaultGenerator.seeded(seed, () -> network.create(1, 28, 28, numClasses));
        }
    }

    // Defining DownlinkPackage and UplinkPackage

    /** What a client sends: probabilities of classes for open images; {@code loss} and {@code acc} on its own. */
    record DsflUplinkPackage(int cid, Tensor softLabels, Tensor indices, Map<String, Double> metadata)
            implements AutoCloseable {

        @Override
        public void close() {
            softLabels.close();
            indices.close();
        }
    }

    /** What clients receive: the last round's labels, of which there are none at first, and what to label next. */
    record DsflDownlinkPackage(
            @Nullable Tensor softLabels, @Nullable Tensor indices, Tensor nextIndices) {}

    /** A network whose parameters are one vector, which is what clients keep of it. */
    private static final class Network implements AutoCloseable {

        private final Model model;
        private final FlatParameters parameters;
        private final Tensor flat;
        private final Tensor initial;

        Network(DsflModelSelector modelSelector, DsflModelName modelName) {
            model = modelSelector.selectModel(modelName);
            parameters = FlatParameters.of(model);
            flat = parameters.flatten().retainReference(); // it outlives the scope of the client that makes it
            initial = flat.clone().retainReference();
            parameters.bind(flat);
        }

        /** Takes steps of SGD on a loss of each batch. */
        void descend(DataLoader loader, int epochs, double lr, Runnable stopCheck, Loss loss) {
            model.train();
            for (int epoch = 0; epoch < epochs; epoch++) {
                long row = 0;
                for (Batch batch : loader) {
                    stopCheck.run(); // BlazeFL looks at its stop event once an epoch
                    try (PointerScope step = new PointerScope();
                            batch) {
                        parameters.zeroGradients();
                        loss.of(model.output(batch.x()), batch, row).backward();
                        parameters.sgdStep(lr);
                        row += batch.x().size(0);
                    }
                }
            }
        }

        /** Learns soft labels, in the order of the samples. */
        void distill(Dataset samples, Tensor softLabels, Runnable stopCheck) {
            DataLoader openLoader = new DataLoader(samples, KD_BATCH_SIZE);
            descend(openLoader, KD_EPOCHS, KD_LR, stopCheck, (output, batch, row) -> {
                long count = output.size(0);
                Tensor sum = torch.kl_div(output.log_softmax(1), softLabels.narrow(0, row, count), SUM, false);
                return sum.div(new Scalar((double) count)); // reduction="batchmean"
            });
        }

        void train(Dataset samples, Generator generator, Runnable stopCheck) {
            DataLoader trainLoader = new DataLoader(samples, BATCH_SIZE, true, generator);
            descend(trainLoader, EPOCHS, LR, stopCheck, (output, batch, row) -> torch.cross_entropy(output, batch.y()));
        }

        void predict(Dataset samples, Tensor out) {
            model.eval();
            long row = 0;
            for (Batch batch : new DataLoader(samples, BATCH_SIZE)) {
                try (NoGradGuard guard = new NoGradGuard();
                        PointerScope scope = new PointerScope();
                        batch) {
                    long count = batch.x().size(0);
                    out.narrow(0, row, count).copy_(model.output(batch.x()).softmax(1));
                    row += count;
                }
            }
        }

        Evaluation evaluate(Dataset samples) {
            return Evaluation.of(model, new DataLoader(samples, BATCH_SIZE), Device.CPU);
        }

        @Override
        public void close() {
            parameters.close();
            flat.close();
            initial.close();
            model.close();
        }

        /** The loss of a batch that begins with a row of the data. */
        private interface Loss {
            Tensor of(Tensor output, Batch batch, long row);
        }
    }

    // Implementing a ServerHandler

    static final class DsflServerHandler
            implements ServerHandler<DsflDownlinkPackage, DsflUplinkPackage>, AutoCloseable {

        private final PartitionedDataset<DsflPartitionType> dataset;
        private final Network network;
        private final int globalRound;
        private final List<Map<String, Double>> metadata = new ArrayList<>();
        private final Tensor sum = torch.zeros(OPEN_SIZE_PER_ROUND, CLASSES);
        private @Nullable Tensor globalSoftLabels;
        private @Nullable Tensor globalIndices;
        private Tensor nextIndices;
        private int round;

        DsflServerHandler(
                DsflModelSelector modelSelector,
                DsflModelName modelName,
                PartitionedDataset<DsflPartitionType> dataset,
                int globalRound) {
            this.dataset = dataset;
            this.network = new Network(modelSelector, modelName);
            this.globalRound = globalRound;
            this.nextIndices = drawIndices();
        }

        /** All of them, as {@code sample_ratio} is 1. */
        @Override
        public List<Integer> sampleClients() {
            return IntStream.range(0, NUM_CLIENTS).boxed().toList();
        }

        /** {@code get_next_indices}: from a stream for each round, so that a round can be repeated. */
        private Tensor drawIndices() {
            return Tensors.of(new Random(SEED + round)
                    .ints(0, OPEN_SIZE)
                    .distinct()
                    .limit(OPEN_SIZE_PER_ROUND)
                    .sorted()
                    .asLongStream()
                    .toArray());
        }

        @Override
        public boolean isStopped() {
            return round >= globalRound;
        }

        /** Adds a package at once, where BlazeFL's keeps all until the last: memory does not grow with clients. */
        @Override
        public boolean load(DsflUplinkPackage payload) {
            if (metadata.size() == NUM_CLIENTS) {
                restartRound();
            }
            sum.add_(payload.softLabels());
            metadata.add(payload.metadata());
            if (metadata.size() < NUM_CLIENTS) {
                return false;
            }
            globalUpdate();
            round++;
            return true;
        }

        @Override
        public void restartRound() {
            sum.zero_();
            metadata.clear();
        }

        /** {@code global_update}: the mean label, sharpened (entropy reduction aggregation), teaches the model. */
        private void globalUpdate() {
            Tensor mean = sum.div_(new Scalar(NUM_CLIENTS));
            closeGlobals();
            globalSoftLabels = mean.div(new Scalar(ERA_TEMPERATURE)).softmax(1);
            globalIndices = nextIndices;
            Dataset open = dataset.getDataset(DsflPartitionType.OPEN);
            network.distill(new FilteredDataset(globalIndices, open), globalSoftLabels, () -> {});
            nextIndices = drawIndices();
        }

        @Override
        public Map<String, Object> getSummary() {
            Evaluation server = network.evaluate(dataset.getDataset(DsflPartitionType.TEST));
            return Map.of(
                    "server_acc", server.accuracy(),
                    "server_loss", server.loss(),
                    "client_acc", mean("acc"),
                    "client_loss", mean("loss"));
        }

        private double mean(String name) {
            return metadata.stream()
                    .mapToDouble(figures -> figures.get(name))
                    .average()
                    .orElse(Double.NaN);
        }

        @Override
        public DsflDownlinkPackage downlinkPackage() {
            return new DsflDownlinkPackage(globalSoftLabels, globalIndices, nextIndices);
        }

        private void closeGlobals() {
            if (globalSoftLabels != null && globalIndices != null) {
                globalSoftLabels.close();
                globalIndices.close();
            }
        }

        @Override
        public void close() {
            closeGlobals();
            nextIndices.close();
            sum.close();
            network.close();
        }
    }

    // Implementing a ThreadPoolClientTrainer: a ClientAlgorithm, for all trainers

    record DsflClientConfig(
            DsflModelSelector modelSelector, DsflModelName modelName, Dataset train, Dataset open, Dataset test) {}

    /** What a client keeps: streams are derived anew in each round, and plain SGD has no state. */
    record DsflClientState(Tensor model) {}

    record DsflClients(
            DsflModelSelector modelSelector, DsflModelName modelName, PartitionedDataset<DsflPartitionType> dataset)
            implements ClientAlgorithm<DsflClientConfig, DsflDownlinkPackage, DsflUplinkPackage> {

        @Override
        public DsflClientConfig getClientConfig(int cid) {
            return new DsflClientConfig(
                    modelSelector,
                    modelName,
                    dataset.getDataset(DsflPartitionType.TRAIN, cid),
                    dataset.getDataset(DsflPartitionType.OPEN),
                    dataset.getDataset(DsflPartitionType.TEST, cid));
        }

        /** Data that crosses into worker processes once, and not with each client. */
        @Override
        public Map<String, ?> shared() {
            return Map.of(
                    "configs",
                    IntStream.range(0, NUM_CLIENTS)
                            .mapToObj(this::getClientConfig)
                            .flatMap(config -> Arrays.asList(config.train(), config.open(), config.test()).stream())
                            .toList());
        }

        @Override
        public DsflUplinkPackage prepareUplinkPackageBuffer() {
            try (TensorOptions longs = new TensorOptions(ScalarType.Long)) {
                Tensor indices = torch.empty(new long[] {OPEN_SIZE_PER_ROUND}, longs, null);
                return new DsflUplinkPackage(0, torch.empty(OPEN_SIZE_PER_ROUND, CLASSES), indices, Map.of());
            }
        }

        @Override
        public ClientWorker<DsflClientConfig, DsflDownlinkPackage, DsflUplinkPackage> worker() {
            return DsflClients::work;
        }

        private static DsflUplinkPackage work(
                DsflClientConfig config, DsflDownlinkPackage payload, WorkerContext context) {
            // the worker's network serves one client after another
            Network network = context.get("network", () -> new Network(config.modelSelector(), config.modelName()));
            network.parameters.load(context.state(DsflClientState.class)
                    .map(DsflClientState::model)
                    .orElse(network.initial));
            // Distill
            if (payload.indices() != null && payload.softLabels() != null) {
                Dataset labelled = new FilteredDataset(payload.indices(), config.open());
                network.distill(labelled, payload.softLabels(), context.stopEvent()::throwIfSet);
            }
            // Train
            network.train(config.train(), context.generator("shuffle"), context.stopEvent()::throwIfSet);
            // Predict
            DsflUplinkPackage buffer = context.uplinkBuffer();
            network.predict(new FilteredDataset(payload.nextIndices(), config.open()), buffer.softLabels());
            buffer.indices().copy_(payload.nextIndices());
            // Evaluate
            Evaluation own = network.evaluate(config.test());
            context.keepState(new DsflClientState(network.flat));
            return new DsflUplinkPackage(
                    context.clientId(),
                    buffer.softLabels(),
                    buffer.indices(),
                    Map.of("loss", own.loss(), "acc", own.accuracy()));
        }
    }

    // Implementing a Pipeline

    private record DsflPipeline(
            DsflServerHandler handler, ClientTrainer<DsflDownlinkPackage, DsflUplinkPackage> trainer) {

        void main() {
            while (!handler.isStopped()) {
                int round = handler.round;
                // server side
                List<Integer> sampledClients = handler.sampleClients();
                DsflDownlinkPackage broadcast = handler.downlinkPackage();
                // client side
                trainer.localProcess(broadcast, sampledClients);
                List<DsflUplinkPackage> uploads = trainer.uplinkPackage();
                // server side
                for (DsflUplinkPackage pack : uploads) {
                    try (pack) {
                        handler.load(pack);
                    }
                }
                System.out.println("round: " + round + ", " + handler.getSummary());
            }
            System.out.println("done!");
        }
    }
}
