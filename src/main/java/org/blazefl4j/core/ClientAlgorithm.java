package org.blazefl4j.core;

import java.util.Map;
import java.util.OptionalInt;
import org.blazefl4j.torch.Unbounded;

/**
 * The client side of an algorithm. Trainers run it serially, in threads or in worker processes, with the same bits:
 *
 * <pre>{@code
 * record Config(int cid, float learningRate) {}
 * record Down(Tensor parameters) {}
 * record Up(Tensor parameters, long dataSize) {}
 *
 * final class MyClients implements ClientAlgorithm<Config, Down, Up> {
 *
 *     public Config getClientConfig(int cid) {
 *         return new Config(cid, 0.1f);
 *     }
 *
 *     public ClientWorker<Config, Down, Up> worker() {
 *         return MyClients::train;
 *     }
 *
 *     public Up prepareUplinkPackageBuffer() {
 *         return new Up(torch.empty(LENGTH), 0);
 *     }
 *
 *     static Up train(Config config, Down payload, WorkerContext context) { ... }
 * }
 * }</pre>
 *
 * @param <C> the client's configuration
 * @param <D> the downlink package
 * @param <U> the uplink package
 */
public interface ClientAlgorithm<C, D, U> {

    /**
     * Returns what the worker must know about one client. Called in the parent process, once per client and round.
     *
     * <p>In process mode a configuration is encoded only once if this returns the same object in every round, and it
     * takes less than 4 KB and consists of records, strings, numbers, enums, shared tensors, and lists, sets and maps
     * as made by {@code of}, {@code copyOf} and {@code Stream.toList}. Other configurations are encoded in each round.
     * Do not write to what is shared, nor change its shape.
     */
    C getClientConfig(int cid);

    /** Returns the function that trains one client. Called once, when the trainer is made. */
    ClientWorker<C, D, U> worker();

    /**
     * Returns a package whose tensors have the dtypes and shapes of one client's result; their contents do not matter.
     * Give a size that differs between clients as the largest in dimension 0, or declare it {@link Unbounded}.
     *
     * <p>The caller owns the tensors. Called once if results are in memory that is reused (in process mode, and in the
     * other modes for large results), else for each client.
     */
    U prepareUplinkPackageBuffer();

    /**
     * Returns whether clients can use uplink buffers, and payloads, on their own device. False by default: tensors are
     * then on the CPU. If true, a client on a CUDA device finds the tensors of its uplink buffer there, as long as the
     * device has memory ({@code TrainerOptions.deviceResultShare}), else on the CPU; so does the server its results.
     * The server may then send a payload from a device. Worker processes find a copy of it there if all clients of the
     * round are on that device, else on the CPU.
     *
     * <p>Buffers on a device are used again once their tensors are closed, after what was queued on the default stream
     * and in sums of the library: who reads them on other streams waits for those before the close.
     */
    default boolean acceptsDeviceTensors() {
        return false;
    }

    /**
     * Converts a package in the parent process before it is handed over, in the order of the clients. By default
     * returns the same package.
     */
    default U convertBufferToUplink(U uplink) {
        return uplink;
    }

    /**
     * Returns what all clients read, by name: tensors, or anything else that a package may hold, such as a list of data
     * sets. By default nothing. Called once, when the trainer is made.
     *
     * <p>In process mode tensors are copied to shared memory once; configurations and payloads that refer to them then
     * cross without a copy. In other modes clients see the caller's memory. A worker finds a tensor by
     * {@link WorkerContext#shared}; the names of other data appear in messages only. The tensors stay the caller's, who
     * must neither write to them nor free them while the trainer lives.
     */
    default Map<String, ?> shared() {
        return Map.of();
    }

    /** Returns the number of clients, whose ids are 0, 1, ...; empty if any id is valid. Trainers reject other ids. */
    default OptionalInt numClients() {
        return OptionalInt.empty();
    }

    /** Returns the number of samples of a client, or 0 if unknown. Clients with more samples are trained first. */
    default long dataSize(int cid) {
        return 0;
    }
}
