package org.blazefl4j.example;

import java.nio.file.Path;
import java.util.Map;
import org.blazefl4j.checkpoint.Checkpoints;
import org.blazefl4j.contrib.fedavg.FedAvgDownlinkPackage;
import org.blazefl4j.contrib.fedavg.FedAvgServerHandler;
import org.blazefl4j.contrib.fedavg.FedAvgUplinkPackage;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.metrics.CsvMetrics;
import org.blazefl4j.trainer.AbstractClientTrainer;

/** A run that resumes from its last checkpoint when started again. */
final class LongRun {

    private LongRun() {}

    // begin docs/guide.md
    static void run(
            FedAvgServerHandler handler,
            AbstractClientTrainer<?, FedAvgDownlinkPackage, FedAvgUplinkPackage> trainer,
            Map<String, ?> settings,
            Path folder) {
        try (var csv = CsvMetrics.resumable(folder.resolve("metrics.csv"));
                var checkpoints = Checkpoints.in(folder.resolve("checkpoints"))) {
            checkpoints.every(5).configuration(settings).mayChange("rounds");
            checkpoints.add("handler", handler).add("trainer", trainer).add("csv", csv);
            if (checkpoints.resume().isEmpty()) {
                checkpoints.save(0);
            }
            new Simulation<>(handler, trainer)
                    .addListener(csv)
                    .addListener(checkpoints)
                    .run();
        }
    }
    // end docs/guide.md
}
