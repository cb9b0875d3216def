package org.blazefl4j.cli;

import java.nio.file.Path;
import org.blazefl4j.cli.run.Algorithm;
import org.blazefl4j.cli.run.DatasetName;
import org.blazefl4j.cli.run.FailureSettings;
import org.blazefl4j.cli.run.FedAvg;
import org.blazefl4j.cli.run.OnClientFailure;
import org.blazefl4j.cli.run.Partitioning;
import org.blazefl4j.cli.run.RunSettings;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.NonFinitePolicy;
import org.blazefl4j.data.LastBatch;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.model.Numerics;
import org.blazefl4j.trainer.ExecutionMode;

/** Settings of a run of ten clients without workers. */
public final class SmallRun {

    private SmallRun() {}

    public static RunSettings of(Algorithm algorithm, int rounds) {
        return of(algorithm, rounds, ExecutionMode.SINGLE_THREADED, 1, null, Device.CPU);
    }

    /** One that deals so with clients that fail. */
    public static RunSettings of(FailureSettings failures, int rounds) {
        return of(new FedAvg(), rounds, ExecutionMode.SINGLE_THREADED, 1, null, Device.CPU, failures);
    }

    public static RunSettings of(
            Algorithm algorithm, int rounds, ExecutionMode mode, int numParallels, Path dataDir, Device device) {
        FailureSettings none = new FailureSettings(0, OnClientFailure.FAIL, NonFinitePolicy.WARN, null);
        return of(algorithm, rounds, mode, numParallels, dataDir, device, none);
    }

    private static RunSettings of(
            Algorithm algorithm,
            int rounds,
            ExecutionMode mode,
            int numParallels,
            Path dataDir,
            Device device,
            FailureSettings failures) {
        return new RunSettings(
                algorithm,
                ModelName.CNN,
                10,
                rounds,
                1.0,
                Partitioning.IID,
                1,
                1.0,
                42,
                1,
                0.1,
                50,
                LastBatch.KEEP,
                Numerics.DEFAULT,
                numParallels,
                mode,
                DatasetName.FASHION_MNIST,
                dataDir,
                device,
                failures,
                null);
    }
}
