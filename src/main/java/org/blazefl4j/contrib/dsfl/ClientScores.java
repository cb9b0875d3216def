package org.blazefl4j.contrib.dsfl;

import java.util.LinkedHashMap;
import java.util.Map;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.Checkpointable;
import org.jspecify.annotations.Nullable;

/** The mean accuracy and loss of clients' own models over the clients that evaluated, summed in load order. */
final class ClientScores implements Checkpointable {

    private static final String ENTRY = "client_scores";

    /** The last completed round's; null if no client evaluated. */
    private @Nullable Mean last;

    private Mean sum = Mean.ZERO;

    private record Mean(double accuracy, double loss, int clients) {

        static final Mean ZERO = new Mean(0, 0, 0);
    }

    /** Adds the scores in a package's metadata, if any. */
    void add(Map<String, Object> metadata) {
        if (metadata.get(DsflClients.ACCURACY) instanceof Number accuracy
                && metadata.get(DsflClients.LOSS) instanceof Number loss) {
            sum = new Mean(sum.accuracy + accuracy.doubleValue(), sum.loss + loss.doubleValue(), sum.clients + 1);
        }
    }

    /** Makes the added scores those of the last round. */
    void update() {
        last = sum.clients == 0 ? null : sum;
    }

    void forget() {
        sum = Mean.ZERO;
    }

    /** Returns {@code client_accuracy} and {@code client_loss}; nothing if no client evaluated. */
    Map<String, Object> summary() {
        Map<String, Object> summary = new LinkedHashMap<>();
        if (last != null) {
            summary.put("client_accuracy", last.accuracy / last.clients);
            summary.put("client_loss", last.loss / last.clients);
        }
        return summary;
    }

    @Override
    public void save(CheckpointWriter out) {
        out.put(ENTRY, last);
    }

    /** Checkpoints of earlier versions have no scores. */
    @Override
    public void restore(CheckpointReader in) {
        last = in.names().contains(ENTRY) ? in.get(ENTRY, Mean.class) : null;
    }
}
