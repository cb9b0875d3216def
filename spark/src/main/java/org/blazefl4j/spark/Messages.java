package org.blazefl4j.spark;

import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.PackageSum;
import org.blazefl4j.torch.NumericEnvironment;
import org.blazefl4j.worker.RemoteError;
import org.blazefl4j.worker.SideWork;
import org.blazefl4j.worker.WorkerSettings;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** What crosses between driver and executors. All but the last three are in {@link Parcel}s. */
final class Messages {

    private Messages() {}

    /**
     * What all executors need to know about a round.
     *
     * @param settings of all workers
     * @param function the worker function, as it crosses
     * @param pattern a package with the layout of results, as an encoded message
     * @param graceMillis how long clients may continue that are told to stop
     * @param environment the driver's numeric environment
     * @param shared the shared tensors by name
     * @param round the number of the round, from 0
     * @param side the work between rounds, or null if clients are trained
     * @param sideFunction its function, as it crosses, or null if clients are trained
     * @param refuseNonFinite whether results that are not finite are failures
     * @param continues whether the round may go on after a failure
     * @param sum adds packages up, or null if each is sent
     */
    record Round(
            WorkerSettings settings,
            Object function,
            byte[] pattern,
            long graceMillis,
            NumericEnvironment environment,
            Map<String, Tensor> shared,
            int round,
            @Nullable Object payload,
            @Nullable SideWork side,
            @Nullable Object sideFunction,
            boolean refuseNonFinite,
            boolean continues,
            @Nullable PackageSum<Object> sum) {}

    /** The clients of a task. */
    record Jobs(List<Job> jobs) {}

    /**
     * A client or shard.
     *
     * @param index its position in the round
     * @param state the state that it starts from, or null if it has none
     * @param stateFailure why the state cannot be read, else null
     */
    record Job(
            int index,
            int client,
            Device device,
            @Nullable Object config,
            @Nullable Tensor state,
            @Nullable String stateFailure) {}

    /**
     * Why a client failed.
     *
     * @param reason what happened, or null if the error says all
     */
    record Failure(@Nullable String reason, @Nullable RemoteError error) {}

    /**
     * What became of one client.
     *
     * @param index its position in the round
     * @param uplink its package as a {@link Parcel}; null if it failed
     * @param state the state that it kept, if it kept one
     * @param failure a {@link Failure} as a {@link Parcel}; null if it did not fail
     */
    record Outcome(
            int index,
            int worker,
            @Nullable PooledBytes uplink,
            byte @Nullable [] state,
            boolean finite,
            byte @Nullable [] failure)
            implements Serializable {}

    /**
     * What became of a task.
     *
     * @param outcomes those of its clients that have ended
     * @param total the sum of their packages as a {@link Parcel}; null if each is sent, there is none, or it is cut
     * @param cut whether the sum is on its way to other tasks, in ranges; only if no client failed
     * @param refusal why the executor must not train clients; else null
     * @param error a {@link RemoteError} as a {@link Parcel}, if the task failed apart from its clients; else null
     */
    record TaskResult(
            int task,
            String executor,
            List<Outcome> outcomes,
            @Nullable PooledBytes total,
            boolean cut,
            @Nullable String refusal,
            byte @Nullable [] error)
            implements Serializable {}

    /**
     * A range of the elements of the sum of tasks.
     *
     * @param tasks whose sums are in it
     * @param total as a {@link Parcel}; null if there is none
     * @param error a {@link RemoteError} as a {@link Parcel}, if the sums cannot be added up; else null
     */
    record RangeResult(
            int range,
            String executor,
            Set<Integer> tasks,
            @Nullable PooledBytes total,
            byte @Nullable [] error) implements Serializable {}
}
