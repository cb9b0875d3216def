package org.blazefl4j.cli.run;

import java.util.List;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.SeededModelSelector;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.model.ModelName;

/** The images of a run, their distribution over the clients, and models for them. */
record RunData(RunOptions options, ImageData images) implements AutoCloseable {

    /**
     * Reads the images.
     *
     * @throws UsageException if they cannot be read
     */
    RunData(RunOptions options) {
        this(options, options.data.dataset.read(options.data.dataDir));
    }

    /** Describes the images. */
    String describe() {
        return images.name() + " (" + images.train().size() + " training and "
                + images.test().size() + " test images)";
    }

    /** Returns a selector of models for these images, with initial parameters drawn from the run's seed. */
    ModelSelector<ModelName> models() {
        long[] shape = images.trainImages().shape();
        return new SeededModelSelector(
                        options.federation.seed, (int) shape[1], (int) shape[2], (int) shape[3], images.classes())
                .with(options.numerics());
    }

    /**
     * Distributes the training images over the clients, which share the test images.
     *
     * @return views of the images; the caller closes it before them
     * @throws IllegalArgumentException if there are too few images for the clients
     */
    InMemoryPartitionedDataset<PartitionType> partitions() {
        List<long[]> parts =
                options.partitioner().partition(images.trainLabels(), options.numClients(), options.federation.seed);
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
