package org.blazefl4j.contrib.support;

import java.util.Locale;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.util.Arguments;

/**
 * Checks that a partitioned data set has what an algorithm needs; throws an {@link IllegalArgumentException} if not.
 */
public final class Partitions {

    private Partitions() {}

    /** Requires at least one client, and samples of each of the clients 0, 1, ... */
    public static <P extends Enum<P>> void requireOfClients(PartitionedDataset<P> dataset, P type, int numClients) {
        requireClients(numClients);
        for (int cid = 0; cid < numClients; cid++) {
            if (dataset.size(type, cid) == 0) {
                throw new IllegalArgumentException("no samples: cid=" + cid
                        + ", size=0, limit=1 or more; partition the data so that each client has some");
            }
        }
    }

    /** Requires at least one client. */
    public static void requireClients(int numClients) {
        Arguments.require(numClients >= 1, "too few clients: num_clients=" + numClients + ", limit=1 or more");
    }

    /** Requires samples that all clients have in common. */
    public static <P extends Enum<P>> void requireCommon(PartitionedDataset<P> dataset, P type) {
        Arguments.require(
                dataset.size(type, null) > 0,
                "no " + type.name().toLowerCase(Locale.ROOT) + " samples: size=0, limit=1 or more; set the common "
                        + type + " data set to some");
    }
}
