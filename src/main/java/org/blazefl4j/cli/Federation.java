package org.blazefl4j.cli;

import java.util.List;
import org.blazefl4j.contrib.fedavg.FedAvgClients;
import org.blazefl4j.contrib.fedavg.FedAvgDownlinkPackage;
import org.blazefl4j.contrib.fedavg.FedAvgPartitionType;
import org.blazefl4j.contrib.fedavg.FedAvgProcessPoolClientTrainer;
import org.blazefl4j.contrib.fedavg.FedAvgSerialClientTrainer;
import org.blazefl4j.contrib.fedavg.FedAvgServerHandler;
import org.blazefl4j.contrib.fedavg.FedAvgThreadPoolClientTrainer;
import org.blazefl4j.contrib.fedavg.FedAvgUplinkPackage;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.SeededModelSelector;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.model.ModelName;

/** A run's data, server and clients, as the settings want them. */
final class Federation implements AutoCloseable {

    private final RunSettings settings;
    private final ImageData data;
    private final InMemoryPartitionedDataset<FedAvgPartitionType> partitions = new InMemoryPartitionedDataset<>();
    private FedAvgServerHandler handler;
    private ClientTrainer<FedAvgUplinkPackage, FedAvgDownlinkPackage> trainer;

    private Federation(RunSettings settings) {
        this.settings = settings;
        this.data = Datasets.read(settings.dataset(), settings.dataDir());
    }

    /**
     * Reads the data, spreads it over the clients and starts the workers.
     *
     * @throws UsageException if the settings cannot be met
     */
    static Federation open(RunSettings settings) {
        Federation federation = new Federation(settings);
        try {
            federation.assemble();
            return federation;
        } catch (IllegalArgumentException e) {
            federation.close();
            UsageException refusal = new UsageException(OptionNames.in(e.getMessage()));
            refusal.addSuppressed(e); // not as its cause, which would say the same in the library's words
            throw refusal;
        } catch (RuntimeException | Error e) {
            federation.close();
            throw e;
        }
    }

    private void assemble() {
        partitions.setDataset(FedAvgPartitionType.TEST, data.test());
        List<long[]> parts = settings.partition()
                .partitioner(settings.numShards(), settings.dirAlpha())
                .partition(data.trainLabels(), settings.numClients(), settings.seed());
        partitions.setClients(FedAvgPartitionType.TRAIN, data.train(), parts);
        ModelSelector<ModelName> selector = selector();
        handler = new FedAvgServerHandler(selector, settings.modelName(), partitions, settings.server());
        trainer = trainer(new FedAvgClients(
                selector, settings.modelName(), partitions, settings.numClients(), settings.client()));
    }

    private ModelSelector<ModelName> selector() {
        long[] images = data.trainImages().shape();
        return new SeededModelSelector(
                settings.seed(), (int) images[1], (int) images[2], (int) images[3], data.classes());
    }

    private ClientTrainer<FedAvgUplinkPackage, FedAvgDownlinkPackage> trainer(FedAvgClients clients) {
        return switch (settings.executionMode()) {
            case SINGLE_THREADED -> new FedAvgSerialClientTrainer(clients, settings.trainer());
            case MULTI_THREADED -> new FedAvgThreadPoolClientTrainer(clients, settings.trainer());
            case MULTI_PROCESS -> new FedAvgProcessPoolClientTrainer(clients, settings.trainer());
        };
    }

    FedAvgServerHandler handler() {
        return handler;
    }

    ClientTrainer<FedAvgUplinkPackage, FedAvgDownlinkPackage> trainer() {
        return trainer;
    }

    /** The data in words. */
    String describeData() {
        return data.name() + " (" + data.train().size() + " training and "
                + data.test().size() + " test images)";
    }

    @Override
    public void close() {
        if (trainer != null) {
            trainer.close();
        }
        if (handler != null) {
            handler.close();
        }
        partitions.close();
        data.close();
    }
}
