package examples;

import java.util.List;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.fedavg.FedAvgClients;
import org.blazefl4j.contrib.fedavg.FedAvgServerHandler;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.data.Partitioner;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;

/**
 * Runs FedAvg on the embedded Fashion-MNIST, with the round loop written out. Shows what a handler and a trainer do in
 * a round, and that the execution mode is an argument: the code and the results are the same in all three.
 *
 * <pre>java -cp examples/target/examples.jar examples.RoundLoop MULTI_PROCESS</pre>
 */
public final class RoundLoop {

    private RoundLoop() {}

    /** Fails if the model has not learnt. The argument names the {@link ExecutionMode}. */
    public static void main(String[] args) {
        ExecutionMode mode = args.length > 0 ? ExecutionMode.valueOf(args[0]) : ExecutionMode.MULTI_PROCESS;
        double accuracy = run(mode, 2, 20, SgdOptions.defaults().withEpochs(1));
        if (accuracy < 0.3) {
            throw new IllegalStateException("model has not learnt: accuracy=" + accuracy + ", limit=0.3");
        }
    }

    // begin docs/guide.md
    /** Returns the accuracy after the last round. */
    public static double run(ExecutionMode mode, int rounds, int clients, SgdOptions options) {
        LibTorch.tune();
        var models = ModelSelector.seeded(42, 1, 28, 28, 10);
        try (var raw = ImageData.fashionMnist();
                var images = raw.normalised();
                var data = partition(images, clients);
                var handler = new FedAvgServerHandler(models, ModelName.CNN, data, ServerOptions.of(rounds, clients));
                var trainer = mode.trainer(
                        new FedAvgClients(models, ModelName.CNN, data, clients, options), TrainerOptions.defaults())) {
            // begin README.md
            while (!handler.isStopped()) {
                List<Integer> cids = trainer.order(handler.sampleClients());
                trainer.localProcess(handler.downlinkPackage(), cids, uplink -> {
                    try (uplink) {
                        handler.load(uplink);
                    }
                });
                System.out.println(handler.getSummary(trainer.workers()));
            }
            // end README.md
            return handler.evaluate().accuracy();
        }
    }

    private static InMemoryPartitionedDataset<PartitionType> partition(ImageData images, int clients) {
        var data = new InMemoryPartitionedDataset<PartitionType>();
        data.setClients(
                PartitionType.TRAIN, images.train(), Partitioner.iid().partition(images.trainLabels(), clients, 42));
        data.setDataset(PartitionType.TEST, images.test());
        return data;
    }
    // end docs/guide.md
}
