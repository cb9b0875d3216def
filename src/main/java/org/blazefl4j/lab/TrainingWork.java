package org.blazefl4j.lab;

import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.fedavg.FedAvgClients;
import org.blazefl4j.contrib.fedavg.FedAvgServerHandler;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.data.FilteredDataset;
import org.blazefl4j.data.TensorDataset;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.trainer.ProcessOptions;
import org.blazefl4j.util.ResourceStack;
import org.bytedeco.pytorch.Tensor;

/**
 * Federated averaging of one epoch on random images of 3 × 32 × 32, with an evaluation on 500 of them. The bare loop
 * takes the same steps on the same images.
 *
 * @param samples the number of images of a client
 * @param batch the number of images in a step
 */
public record TrainingWork(ModelName model, int samples, int batch) implements Work {

    private static final double RATE = 0.01;
    private static final ModelSelector<ModelName> MODELS =
            ModelSelector.seeded(42, RandomImages.CHANNELS, RandomImages.SIDE, RandomImages.SIDE, RandomImages.CLASSES);

    @Override
    public String kind() {
        return "training";
    }

    @Override
    public String size() {
        return model.toString();
    }

    @Override
    public Subject<?, ?> open(LabCase which, int rounds, ProcessOptions process, ResourceStack resources) {
        RandomImages images = resources.add(RandomImages.create());
        InMemoryPartitionedDataset<PartitionType> data = resources.add(new InMemoryPartitionedDataset<>());
        TensorDataset whole = new TensorDataset(images.images(), images.labels());
        for (int client = 0; client < which.clients(); client++) {
            Tensor indices = resources.add(images.indices(client, samples));
            data.setDataset(PartitionType.TRAIN, client, new FilteredDataset(indices, whole));
        }
        data.setDataset(PartitionType.TEST, new FilteredDataset(resources.add(images.testIndices()), whole));
        FedAvgServerHandler handler =
                resources.add(new FedAvgServerHandler(MODELS, model, data, ServerOptions.of(rounds, which.clients())));
        FedAvgClients clients = new FedAvgClients(MODELS, model, data, which.clients(), new SgdOptions(1, batch, RATE));
        return new Subject<>(
                handler,
                which.start(clients, process, resources),
                resources.add(new BareLoops(
                        which.workers(),
                        () -> new BareTraining(
                                MODELS.selectModel(model), images.images(), images.labels(), samples, batch))));
    }
}
