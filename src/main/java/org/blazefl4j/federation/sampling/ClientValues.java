package org.blazefl4j.federation.sampling;

import java.util.Map;
import java.util.TreeMap;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;

/** A number for each of some clients, which a checkpoint can hold. */
final class ClientValues {

    private final Map<Integer, Double> values = new TreeMap<>();

    private record Saved(int[] cids, double[] values) {}

    double get(int cid, double otherwise) {
        return values.getOrDefault(cid, otherwise);
    }

    boolean has(int cid) {
        return values.containsKey(cid);
    }

    void put(int cid, double value) {
        values.put(cid, value);
    }

    void save(CheckpointWriter out, String entry) {
        int[] cids = values.keySet().stream().mapToInt(Integer::intValue).toArray();
        double[] numbers =
                values.values().stream().mapToDouble(Double::doubleValue).toArray();
        out.put(entry, new Saved(cids, numbers));
    }

    void restore(CheckpointReader in, String entry) {
        Saved saved = in.get(entry, Saved.class);
        values.clear();
        for (int i = 0; i < saved.cids.length; i++) {
            values.put(saved.cids[i], saved.values[i]);
        }
    }
}
