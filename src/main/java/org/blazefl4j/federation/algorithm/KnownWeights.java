package org.blazefl4j.federation.algorithm;

import java.util.Map;
import java.util.stream.IntStream;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.federation.Weighting;
import org.blazefl4j.util.Arguments;

/**
 * Weighs clients by what is known before they train, so that a client has the same weight in all rounds.
 *
 * @param all how clients weigh
 */
record KnownWeights(Weighting all) implements Weighting {

    @Override
    public double of(long dataSize, Map<String, Double> numbers) {
        return all.of(dataSize, Map.of());
    }

    @Override
    public String toString() {
        return all.toString();
    }

    /** Returns the sum of the weights of the clients 0, 1, ... */
    static double total(Weighting weighting, PartitionedDataset<PartitionType> dataset, int clients) {
        return IntStream.range(0, clients)
                .mapToDouble(cid -> weight(weighting, cid, dataset.size(PartitionType.TRAIN, cid)))
                .sum();
    }

    private static double weight(Weighting weighting, int cid, long dataSize) {
        double weight = weighting.of(dataSize, Map.of());
        Arguments.require(
                weight > 0 && weight < Double.POSITIVE_INFINITY,
                () -> "weight out of range: client=" + cid + ", data_size=" + dataSize + ", weight=" + weight
                        + ", limit=above 0 and finite; weigh each client by a number above 0");
        return weight;
    }
}
