package org.blazefl4j.cli.run;

import java.util.List;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.SeededModelSelector;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.model.ModelName;

/** A run's images, how they are spread over the clients, and the models that fit them. */
final class RunData implements AutoCloseable {

    private final RunSettings settings;
    private final ImageData images;

    /**
     * Reads the images.
     *
     * @throws UsageException if they cannot be read
     */
    RunData(RunSettings settings) {
        this.settings = settings;
        this.images = Datasets.read(settings.dataset(), settings.dataDir());
    }

    ImageData images() {
        return images;
    }

    /** In words. */
    String describe() {
        return images.name() + " (" + images.train().size() + " training and "
                + images.test().size() + " test images)";
    }

    /** Makes models for these images, with the initial parameters that the run's seed gives. */
    ModelSelector<ModelName> models() {
        long[] shape = images.trainImages().shape();
        return new SeededModelSelector(
                        settings.seed(), (int) shape[1], (int) shape[2], (int) shape[3], images.classes())
                .with(settings.numerics());
    }

    /**
     * Spreads the training images over the clients; the test images are common to all.
     *
     * @return refers to the images; the caller closes it before them
     * @throws IllegalArgumentException if there are too few images for the clients
     */
    InMemoryPartitionedDataset<PartitionType> partitions() {
        List<long[]> parts =
                settings.partitioner().partition(images.trainLabels(), settings.numClients(), settings.seed());
        InMemoryPartitionedDataset<PartitionType> partitions = new InMemoryPartitionedDataset<>();
        partitions.setClients(PartitionType.TRAIN, images.train(), parts);
        partitions.setDataset(PartitionType.TEST, images.test());
        return partitions;
    }

    @Override
    public void close() {
        images.close();
    }
}
