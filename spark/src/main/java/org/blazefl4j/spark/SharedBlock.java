package org.blazefl4j.spark;

import java.io.Serializable;
import java.util.List;
import org.apache.spark.broadcast.Broadcast;

/**
 * Memory that every executor has.
 *
 * @param number from 1
 * @param pieces its bytes, in order
 */
record SharedBlock(long number, long bytes, List<Broadcast<byte[]>> pieces) implements Serializable {

    /** Makes executors forget the pieces that they have copied to native memory; others fetch them from the driver. */
    void unpersist() {
        pieces.forEach(piece -> piece.unpersist(false));
    }

    /** Frees the pieces on all machines. */
    void destroy() {
        pieces.forEach(Broadcast::destroy);
    }
}
