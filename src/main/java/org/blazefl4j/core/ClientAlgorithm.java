package org.blazefl4j.core;

import java.util.Map;
import java.util.OptionalInt;
import org.blazefl4j.torch.Unbounded;

/**
 * The client side of an algorithm, apart from how it is run: give it to a serial, thread-pool or process-pool trainer.
 *
 * @param <C> the client's configuration
 * @param <D> the downlink package
 * @param <U> the uplink package
 */
public interface ClientAlgorithm<C, D, U> {

    /**
     * What the worker needs to know of one client. Called in the parent, once per client and round.
     *
     * <p>In process mode it is encoded once where it does not change: where the same object is returned as in the
     * client's last round, and it is made of records, lists, sets and maps as {@code of}, {@code copyOf} and
     * {@code Stream.toList} make them, strings, numbers, enums and tensors that were shared, and takes less than 4 KB.
     * Anything else is encoded in each round. What is shared is not written to, nor given another shape.
     */
    C getClientConfig(int cid);

    /** The function that trains one client. Called once, when the trainer is made. */
    ClientWorker<C, D, U> worker();

    /**
     * A package whose tensors have the dtype and shape of one client's result; the contents do not matter. What differs
     * in size from client to client is given at its largest in dimension 0, or declared {@link Unbounded}.
     *
     * <p>The caller owns its tensors. Called once where results lie in memory that is used again, which is in process
     * mode and, for large ones, in the others; else for each client.
     */
    U prepareUplinkPackageBuffer();

    /**
     * A last step in the parent on each package before it is handed over, in the order of the clients.
     *
     * @param uplink the package as it arrived
     * @return the package to hand over; by default the same
     */
    default U convertBufferToUplink(U uplink) {
        return uplink;
    }

    /**
     * What all clients read, by name: tensors, or anything else that a package may hold, such as a list of data sets.
     * By default nothing. Called once, when the trainer is made.
     *
     * <p>In process mode the tensors are copied to shared memory once, for all workers and rounds, and a configuration
     * or payload that refers to one of them crosses without copying it; in the other modes clients see the caller's
     * memory. A worker finds a tensor by {@link WorkerContext#shared}; of anything else the name is only for messages.
     * The tensors stay the caller's, who neither writes to them nor uses their memory for others while the trainer
     * lives.
     */
    default Map<String, ?> shared() {
        return Map.of();
    }

    /**
     * The number of clients, whose ids are 0, 1, ...; empty where any id is one. A trainer refuses others before it
     * trains any.
     */
    default OptionalInt numClients() {
        return OptionalInt.empty();
    }

    /** The number of samples that client {@code cid} trains on, or 0 where it is not known: larger ones go first. */
    default long dataSize(int cid) {
        return 0;
    }
}
