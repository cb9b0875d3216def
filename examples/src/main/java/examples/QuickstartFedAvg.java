package examples;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.fedavg.FedAvgClients;
import org.blazefl4j.contrib.fedavg.FedAvgDownlinkPackage;
import org.blazefl4j.contrib.fedavg.FedAvgServerHandler;
import org.blazefl4j.contrib.fedavg.FedAvgUplinkPackage;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.data.Partitioner;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;

/**
 * The quickstart of BlazeFL in Python, {@code examples/quickstart-fedavg}, step by step: its settings, its pipeline and
 * its order, with our counterpart of each. {@link RoundLoop} is the loop that one would write here.
 *
 * <p>It trains on the Fashion-MNIST in the jar; a second argument names a folder with the binary archives of CIFAR-10,
 * on which BlazeFL's trains.
 *
 * <pre>java -cp examples/target/examples.jar examples.QuickstartFedAvg MULTI_PROCESS</pre>
 */
public final class QuickstartFedAvg {

    // The defaults of BlazeFL's config
    private static final ModelName MODEL_NAME = ModelName.CNN;
    private static final int NUM_CLIENTS = 100;
    private static final int GLOBAL_ROUND = 5;
    private static final double SAMPLE_RATIO = 1.0;
    private static final int NUM_SHARDS = 200;
    private static final long SEED = 42;
    private static final int EPOCHS = 5;
    private static final double LR = 0.1;
    private static final int BATCH_SIZE = 50;

    private QuickstartFedAvg() {}

    /** Fails if the model has not learnt. The arguments are the {@link ExecutionMode} and a folder with CIFAR-10. */
    public static void main(String[] args) throws IOException {
        ExecutionMode executionMode = args.length > 0 ? ExecutionMode.valueOf(args[0]) : ExecutionMode.MULTI_PROCESS;
        // setup_reproducibility: nothing to do, since clients draw from streams of their own
        LibTorch.tune();
        // PartitionedCIFAR10: samples in memory, which worker processes share; nothing is written to files
        try (var images = args.length > 1 ? ImageData.cifar10(Path.of(args[1])) : ImageData.fashionMnist();
                var dataset = partitioned(images)) {
            // FedAvgModelSelector, whose models have the shape of the images
            long[] shape = images.trainImages().shape();
            var modelSelector =
                    ModelSelector.seeded(SEED, (int) shape[1], (int) shape[2], (int) shape[3], images.classes());
            // FedAvgBaseServerHandler
            var server = ServerOptions.of(GLOBAL_ROUND, NUM_CLIENTS)
                    .withSampleRatio(SAMPLE_RATIO)
                    .withSeed(SEED);
            // FedAvg...ClientTrainer: one object trains clients in every mode
            var clients = new FedAvgClients(
                    modelSelector, MODEL_NAME, dataset, NUM_CLIENTS, new SgdOptions(EPOCHS, BATCH_SIZE, LR));
            var options = TrainerOptions.builder().seed(SEED).build(); // num_parallels: one worker per core
            try (var handler = new FedAvgServerHandler(modelSelector, MODEL_NAME, dataset, server);
                    var trainer = executionMode.trainer(clients, options)) {
                new FedAvgPipeline(handler, trainer).main();
                double accuracy = handler.evaluate().accuracy();
                if (accuracy < 0.25) {
                    throw new IllegalStateException("model has not learnt: accuracy=" + accuracy + ", limit=0.25");
                }
            }
        }
    }

    /** {@code partition="shards"}: sorted by class, cut into pieces, and two of them for each client. */
    private static InMemoryPartitionedDataset<PartitionType> partitioned(ImageData images) {
        var dataset = new InMemoryPartitionedDataset<PartitionType>();
        var parts = Partitioner.shards(NUM_SHARDS).partition(images.trainLabels(), NUM_CLIENTS, SEED);
        dataset.setClients(PartitionType.TRAIN, images.train(), parts);
        dataset.setDataset(PartitionType.TEST, images.test());
        return dataset;
    }

    /** {@code FedAvgPipeline}. */
    private record FedAvgPipeline(
            FedAvgServerHandler handler, ClientTrainer<FedAvgDownlinkPackage, FedAvgUplinkPackage> trainer) {

        void main() {
            while (!handler.isStopped()) {
                int round = handler.round();
                // server side
                List<Integer> sampledClients = handler.sampleClients();
                FedAvgDownlinkPackage broadcast = handler.downlinkPackage();
                // client side
                trainer.localProcess(broadcast, sampledClients);
                List<FedAvgUplinkPackage> uploads = trainer.uplinkPackage();
                // server side
                for (FedAvgUplinkPackage pack : uploads) {
                    try (pack) { // tensors are native memory, which nothing else frees
                        handler.load(pack);
                    }
                }
                Map<String, Object> summary = handler.getSummary();
                System.out.println("round: " + round + ", " + summary);
            }
            System.out.println("done!");
        }
    }
}
