package org.blazefl4j.core;

import java.util.function.Supplier;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;

/** What surrounds a client while it trains; the same in all execution modes. Used by the training thread alone. */
public interface WorkerContext {

    /** The client that is trained. */
    int clientId();

    /** The round, counted from 0. */
    int round();

    /** The worker's index, from 0 to the number of parallel workers less one. */
    int worker();

    /** The device that this client computes on. */
    Device device();

    /** Set when the client should end early: look at it once a batch, or call {@link StopEvent#throwIfSet()}. */
    StopEvent stopEvent();

    /**
     * A resource made once per worker and kept between clients and rounds: a model, a data set. Whoever gets it
     * overwrites all state that matters, for it is as the last client left it.
     *
     * <p>Native memory that the supplier allocates lives as long as the worker. What a resource allocates later, while
     * a client trains, is freed when that client ends, unless it keeps it with {@code retainReference()}.
     *
     * @param key the resource's name in this worker
     * @param supplier makes it at the first call; if it is {@link AutoCloseable} it is closed with the worker
     */
    <T> T get(String key, Supplier<? extends T> supplier);

    /**
     * What the parent shared under this name. Read-only; owned by the worker, not to be closed.
     *
     * @throws IllegalArgumentException if nothing was shared under the name
     */
    Tensor shared(String name);

    /**
     * The package to write the result into: in process mode its tensors are views of shared memory, so a result that is
     * trained there is not copied again. Laid out as {@link ClientAlgorithm#prepareUplinkPackageBuffer()}; contents are
     * undefined. The same object at every call for one client.
     *
     * @param <U> the uplink package
     */
    <U> U uplinkBuffer();

    /**
     * This client's random stream of this round: derived from (seed, client id, round, purpose), so equal in every mode
     * and after a retry. The same generator at every call with the same purpose for one client; owned by the context.
     *
     * @param purpose what the numbers are for, such as {@code "shuffle"}, {@code "dropout"} or {@code "augment"}
     */
    Generator generator(String purpose);
}
