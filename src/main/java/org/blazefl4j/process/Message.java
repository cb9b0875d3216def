package org.blazefl4j.process;

import java.util.Map;
import java.util.Objects;
import org.blazefl4j.shm.SegmentHandle;
import org.blazefl4j.torch.NumericEnvironment;
import org.blazefl4j.worker.RemoteError;
import org.blazefl4j.worker.SideWork;
import org.blazefl4j.worker.SlotLayout;
import org.blazefl4j.worker.WorkerSettings;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** The messages between a pool and its workers. */
final class Message {

    private Message() {}

    /**
     * What a worker process that starts needs to know.
     *
     * @param function the worker function as {@link WorkerFunction#of} returned it
     * @param layout the layout of results in slots
     * @param settings the settings of workers in all modes
     * @param deviceTensors whether results may have tensors on devices
     * @param environment the parent's numeric environment, with the intra-op threads of clients
     */
    record Setup(
            Object function,
            SlotLayout layout,
            WorkerSettings settings,
            boolean deviceTensors,
            NumericEnvironment environment) {}

    /**
     * What all workers need to know about a round.
     *
     * @param number the number of this message, unique in the pool, because a round may be repeated with another
     *     payload
     * @param environment the parent's numeric environment, which may have changed since the last round
     * @param shared the shared tensors by name
     * @param payload the downlink package, or the payload of shards
     * @param side the work between rounds, or null if clients are trained
     * @param function its function as {@link WorkerFunction#of} returned it, or null if clients are trained
     */
    record Round(
            int number,
            NumericEnvironment environment,
            Map<String, Tensor> shared,
            @Nullable Object payload,
            @Nullable SideWork side,
            @Nullable Object function) {}

    /**
     * A job of a client or shard, beside its {@link JobHeader}. That of a client without a state crosses as the
     * configuration alone.
     *
     * @param config the configuration of the client, or the shard
     * @param state the encoded state of the client, or null if it has none
     * @param room the segment to which the client's next state goes if it fits, or null if none is reserved
     * @param stateFailure why the state cannot be read, else null
     */
    record Job(
            @Nullable Object config,
            @Nullable Tensor state,
            @Nullable SegmentHandle room,
            @Nullable String stateFailure)
            implements AutoCloseable {

        /** Returns the job that was received as this message or as a configuration alone. */
        static Job of(@Nullable Object message) {
            return message instanceof Job job ? job : new Job(message, null, null, null);
        }

        /** Returns whether there is nothing but a configuration. */
        boolean isConfigOnly() {
            return state == null && room == null && stateFailure == null;
        }

        /** Closes the state. */
        @Override
        public void close() {
            if (state != null) {
                state.close();
            }
        }
    }

    /**
     * The result of a client that kept a state, whose package is not finite, or whose worker cannot open the memory of
     * its device. Others cross as the package alone.
     *
     * @param uplink the client's package
     * @param state the encoded state, if there is one
     * @param finite whether the package is finite
     * @param refusal why the worker could not open the slot on the device, or null if it could
     */
    record Result(
            Object uplink,
            @Nullable Tensor state,
            boolean finite,
            @Nullable String refusal) {

        private static final String UPLINK = "uplink";

        /** Converts a path in this record to one in the package. */
        static String pathInUplink(String path) {
            String rest = path.substring(UPLINK.length());
            return rest.isEmpty() ? "(root)" : rest.startsWith(".") ? rest.substring(1) : rest;
        }
    }

    /**
     * The result of a client that failed.
     *
     * @param error the exception
     * @param keepsSlot whether the client may still write to its slot, so that the worker must end once its results
     *     were taken
     * @param lostDevice whether CUDA works no more in the worker, which ends, too
     * @param refusal why the worker could not open the model's memory on the device, or null if that was not the reason
     */
    record Failure(
            RemoteError error,
            boolean keepsSlot,
            boolean lostDevice,
            @Nullable String refusal) {

        /** Checks the components. */
        Failure {
            Objects.requireNonNull(error, "error");
        }
    }
}
