package org.blazefl4j.example;

import java.util.List;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.fedavg.FedAvgClients;
import org.blazefl4j.contrib.fedavg.FedAvgServerHandler;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.SeededModelSelector;
import org.blazefl4j.data.FashionMnist;
import org.blazefl4j.data.IidPartitioner;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.trainer.ProcessPoolClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;

/** FedAvg on the embedded data, with the round loop in the caller's hands. */
final class CustomLoop {

    private CustomLoop() {}

    // begin docs/guide.md
    static void run(int rounds, int clients, SgdOptions options) {
        LibTorch.tune();
        var models = new SeededModelSelector(42, 1, 28, 28, 10);
        var server = ServerOptions.of(rounds, clients);
        try (var raw = FashionMnist.embedded();
                var images = raw.normalised();
                var data = partition(images, clients);
                var handler = new FedAvgServerHandler(models, ModelName.CNN, data, server);
                var trainer = new ProcessPoolClientTrainer<>(
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
        }
    }

    private static InMemoryPartitionedDataset<PartitionType> partition(ImageData images, int clients) {
        var data = new InMemoryPartitionedDataset<PartitionType>();
        data.setClients(
                PartitionType.TRAIN, images.train(), new IidPartitioner().partition(images.trainLabels(), clients, 42));
        data.setDataset(PartitionType.TEST, images.test());
        return data;
    }
    // end docs/guide.md
}
