package org.blazefl4j.contrib.common;

import java.util.Locale;
import org.blazefl4j.core.PartitionedDataset;

/** Whether a partitioned data set has what an algorithm needs. */
public final class Partitions {

    private Partitions() {}

    /**
     * Makes sure that every client has samples of its own.
     *
     * @param dataset the data
     * @param type which samples
     * @param numClients the number of clients, with the ids 0, 1, ...
     * @param <P> the partition types
     * @throws IllegalArgumentException if there is no client, or one has no samples
     */
    public static <P extends Enum<P>> void requireOfClients(PartitionedDataset<P> dataset, P type, int numClients) {
        requireClients(numClients);
        for (int cid = 0; cid < numClients; cid++) {
            if (dataset.size(type, cid) == 0) {
                throw new IllegalArgumentException("no samples: cid=" + cid
                        + ", size=0, limit=1 or more; partition the data so that each client has some");
            }
        }
    }

    /**
     * How many samples all clients have together.
     *
     * @param dataset the data
     * @param type which samples
     * @param numClients the number of clients, with the ids 0, 1, ...
     * @param <P> the partition types
     * @throws IllegalArgumentException if there are 2<sup>63</sup> or more
     */
    public static <P extends Enum<P>> long totalSize(PartitionedDataset<P> dataset, P type, int numClients) {
        long sum = 0;
        for (int cid = 0; cid < numClients; cid++) {
            sum = addSizes(cid, sum, dataset.size(type, cid));
        }
        return sum;
    }

    /** The sum with one client's data size, or a refusal by the client's name. */
    static long addSizes(int cid, long sum, long dataSize) {
        if (dataSize > Long.MAX_VALUE - sum) {
            throw new IllegalArgumentException(
                    "data sizes add up to too much: client=" + cid + ", data_size=" + dataSize
                            + ", sum of those before=" + sum + ", limit=" + Long.MAX_VALUE
                            + " in all; a data size is a number of samples");
        }
        return sum + dataSize;
    }

    /**
     * Makes sure that there are clients at all.
     *
     * @param numClients the number of clients
     * @throws IllegalArgumentException if there is none
     */
    public static void requireClients(int numClients) {
        if (numClients < 1) {
            throw new IllegalArgumentException("too few clients: num_clients=" + numClients + ", limit=1 or more");
        }
    }

    /**
     * Makes sure that a client is one of the federation.
     *
     * @param cid the client
     * @param numClients the number of clients, with the ids 0, 1, ...
     * @throws IllegalArgumentException if it is not
     */
    public static void requireClient(int cid, int numClients) {
        if (cid < 0 || cid >= numClients) {
            throw new IllegalArgumentException("no such client: client=" + cid + ", limit=0 to " + (numClients - 1)
                    + "; sample clients of the federation, or make it larger");
        }
    }

    /**
     * Makes sure that there are samples common to all.
     *
     * @param dataset the data
     * @param type which samples
     * @param <P> the partition types
     * @throws IllegalArgumentException if there are none
     */
    public static <P extends Enum<P>> void requireCommon(PartitionedDataset<P> dataset, P type) {
        if (dataset.size(type, null) == 0) {
            throw new IllegalArgumentException("no " + type.name().toLowerCase(Locale.ROOT)
                    + " samples: size=0, limit=1 or more; set the common " + type + " data set to some");
        }
    }
}
