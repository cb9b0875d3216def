package org.blazefl4j.contrib.dsfl;

import java.util.LinkedHashMap;
import java.util.Map;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.Checkpointable;

/** The mean accuracy and loss of clients' own models, over those that evaluated, in the order in which they come. */
final class ClientScores implements Checkpointable {

    private static final String ENTRY = "client_scores";

    /** Of the last completed round; null where no client evaluated. */
    private Mean last;

    private Mean sum = Mean.ZERO;

    private record Mean(double accuracy, double loss, int clients) {

        static final Mean ZERO = new Mean(0, 0, 0);
    }

    /** Adds what is in a package's metadata, if anything. */
    void add(Map<String, Object> metadata) {
        if (metadata.get(DsflClients.ACCURACY) instanceof Number accuracy
                && metadata.get(DsflClients.LOSS) instanceof Number loss) {
            sum = new Mean(sum.accuracy + accuracy.doubleValue(), sum.loss + loss.doubleValue(), sum.clients + 1);
        }
    }

    /** Makes what was added the last round's. */
    void update() {
        last = sum.clients == 0 ? null : sum;
    }

    void forget() {
        sum = Mean.ZERO;
    }

    /** {@code client_accuracy} and {@code client_loss}; empty where no client evaluated. */
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

    /** None are in what earlier versions have saved. */
    @Override
    public void restore(CheckpointReader in) {
        last = in.names().contains(ENTRY) ? in.get(ENTRY, Mean.class) : null;
    }
}
