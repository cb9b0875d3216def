package org.blazefl4j.worker;

import java.util.List;
import org.blazefl4j.cuda.GraphMode;
import org.blazefl4j.reproducibility.RngCheck;

/**
 * The settings of all workers of a trainer. Crosses to worker processes.
 *
 * @param seed the experiment's seed
 * @param intraOpThreads LibTorch's threads within one operation, at least 1
 * @param rngCheck the reaction to clients that draw from the default generator
 * @param refuseNonFinite whether a client with a non-finite result fails, or is only reported
 * @param clientNanos the time limit of a client in nanoseconds, or {@link #NO_LIMIT}
 * @param devices the CUDA devices that clients compute on, by index; empty for the CPU
 * @param deviceDataShare the most of a device's free memory that data sets may take there, from 0 to 1
 * @param stepGraphs whether the steps of clients' models on devices are captured
 */
public record WorkerSettings(
        long seed,
        int intraOpThreads,
        RngCheck rngCheck,
        boolean refuseNonFinite,
        long clientNanos,
        List<Integer> devices,
        double deviceDataShare,
        GraphMode stepGraphs) {

    /** No time limit for clients. */
    public static final long NO_LIMIT = 0;
}
