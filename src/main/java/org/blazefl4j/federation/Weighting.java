package org.blazefl4j.federation;

import java.util.Map;

/**
 * How much each client counts in a mean over clients. Crosses into worker processes, so it is best a record, whose text
 * a checkpoint of SCAFFOLD compares, too. Without {@code equals}, as a lambda, it makes executors on Spark allocate
 * sums in each round.
 *
 * <pre>{@code
 * record SquareRoot() implements Weighting {
 *     public double of(long dataSize, Map<String, Double> numbers) {
 *         return (float) Math.sqrt(dataSize);
 *     }
 * }
 * }</pre>
 */
@FunctionalInterface
public interface Weighting {

    /** Counts a client by its number of samples. */
    Weighting BY_SAMPLES = new BySamples();

    /** Counts a client as much as any other. */
    Weighting UNIFORM = new Uniform();

    /**
     * Returns the weight of a client, between 2<sup>-64</sup> and 2<sup>63</sup>, or 2<sup>-30</sup> and 2<sup>30</sup>
     * for FedNova, where its first 29 bits count. Elsewhere all do, but more than 29 take twice as long, so that a
     * float is better.
     *
     * @param dataSize its number of samples
     * @param numbers what it has sent by name; empty for SCAFFOLD and FedDyn, which need weights before clients train
     */
    double of(long dataSize, Map<String, Double> numbers);

    /** Counts a client by a number that it sends, such as by {@link LocalRun#send}. */
    static Weighting byNumber(String name) {
        return new ByNumber(name);
    }

    /** {@link #BY_SAMPLES}. */
    record BySamples() implements Weighting {

        @Override
        public double of(long dataSize, Map<String, Double> numbers) {
            return dataSize;
        }

        @Override
        public String toString() {
            return "by-samples";
        }
    }

    /** {@link #UNIFORM}. */
    record Uniform() implements Weighting {

        @Override
        public double of(long dataSize, Map<String, Double> numbers) {
            return 1;
        }

        @Override
        public String toString() {
            return "uniform";
        }
    }

    /** {@link #byNumber}. */
    record ByNumber(String name) implements Weighting {

        @Override
        public double of(long dataSize, Map<String, Double> numbers) {
            Double weight = numbers.get(name);
            if (weight == null) {
                throw new IllegalArgumentException("no number to weigh by: number=" + name + ", sent="
                        + numbers.keySet() + ", expected=" + name
                        + " of each client; send it by LocalRun.send, or weigh by samples");
            }
            return weight;
        }
    }
}
