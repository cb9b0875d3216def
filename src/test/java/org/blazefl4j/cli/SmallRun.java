package org.blazefl4j.cli;

import org.blazefl4j.core.Device;
import org.blazefl4j.model.ModelName;

/** Settings of a run of ten clients without workers. */
final class SmallRun {

    private SmallRun() {}

    static RunSettings of(Algorithm algorithm, int rounds) {
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
                1,
                ExecutionMode.SINGLE_THREADED,
                DatasetName.FASHION_MNIST,
                null,
                Device.CPU,
                new FailureSettings(0, OnClientFailure.FAIL, null));
    }
}
