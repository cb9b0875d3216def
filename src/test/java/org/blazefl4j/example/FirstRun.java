package org.blazefl4j.example;

import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.data.Partitioner;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.algorithm.Algorithms;
import org.blazefl4j.metrics.ConsoleMetrics;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;

/** The whole program on the start page of the Javadoc. */
final class FirstRun {

    private FirstRun() {}

    // begin src/main/java/module-info.java
    public static void main(String[] args) {
        var models = ModelSelector.seeded(42, 1, 28, 28, 10);
        try (var images = ImageData.fashionMnist(); // a subset that comes with the library
                var data = new InMemoryPartitionedDataset<PartitionType>()) {
            var parts = Partitioner.dirichlet(0.5).partition(images.trainLabels(), 20, 42);
            data.setClients(PartitionType.TRAIN, images.train(), parts);
            data.setDataset(PartitionType.TEST, images.test());
            var federation = Federation.of(models, ModelName.CNN, data, ServerOptions.of(3, 20))
                    .with(Algorithms.fedProx(0.01));
            try (var handler = federation.handler();
                    var trainer =
                            ExecutionMode.MULTI_PROCESS.trainer(federation.clients(), TrainerOptions.defaults())) {
                new Simulation<>(handler, trainer)
                        .addListener(new ConsoleMetrics(System.out, 3))
                        .run();
            }
        }
    }
    // end src/main/java/module-info.java
}
