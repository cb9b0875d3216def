package org.blazefl4j.federation;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.blazefl4j.contrib.common.GlobalModel;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.core.PackageSum;
import org.blazefl4j.core.PartitionedDataset;
import org.bytedeco.pytorch.Tensor;

/** How a server combines its clients' packages into one model. Best a record; what it keeps is in its aggregators. */
@FunctionalInterface
public interface Aggregation extends FederationPart {

    /**
     * Returns a new aggregator for one server.
     *
     * @param numel the length of the model's state
     * @param dataset what the server was made with
     */
    Aggregator open(ServerOptions options, long numel, PartitionedDataset<PartitionType> dataset);

    /**
     * Returns whether aggregators give the same bits in whatever order packages are added, so that a server takes them
     * as they arrive. False by default: numbers that are added up as doubles depend on the order.
     */
    default boolean acceptsAnyOrder() {
        return false;
    }

    /**
     * Returns whether tensors of packages may lie on CUDA devices, as a {@link MeanAggregator} and its subclasses take
     * them. False by default: all are then on the CPU.
     */
    default boolean acceptsDeviceTensors() {
        return false;
    }

    /**
     * Returns how packages are added up where clients are trained, for {@link Aggregator#addSum}; empty, as by default,
     * if aggregators need each package.
     *
     * @param numel the length of the model's state
     */
    default Optional<PackageSum<ModelUplink>> packageSum(long numel) {
        return Optional.empty();
    }

    /** Returns the mean of clients' models, from an exact sum, in which clients weigh as told. */
    static Aggregation mean(Weighting weighting) {
        return new Mean(weighting);
    }

    /** {@link #mean}. */
    record Mean(Weighting weighting) implements Aggregation {

        @Override
        public Aggregator open(ServerOptions options, long numel, PartitionedDataset<PartitionType> dataset) {
            return new MeanAggregator(options, numel, weighting);
        }

        @Override
        public boolean acceptsAnyOrder() {
            return true;
        }

        @Override
        public boolean acceptsDeviceTensors() {
            return true;
        }

        @Override
        public Optional<PackageSum<ModelUplink>> packageSum(long numel) {
            return Optional.of(MeanAggregator.packageSum(numel, weighting, 0));
        }
    }

    /**
     * Combines the packages of a round after another. Packages may be models or changes of models, but all of a round
     * are of one kind. Used by one thread.
     */
    interface Aggregator extends Checkpointable, AutoCloseable {

        /**
         * Adds a package, now or at the next {@link #fold()}.
         *
         * @param uplink stays the caller's, and open until {@link #fold}, {@link #model} or {@link #clear} has returned
         * @throws IllegalArgumentException if it does not fit; the round is then as before
         */
        void add(ModelUplink uplink);

        /** Adds the packages that {@link #add} has not added yet. */
        void fold();

        /**
         * Adds the sum of several packages, of which there is at least one, if {@link Aggregation#packageSum} returns
         * how they are added up.
         *
         * @param total stays the caller's
         */
        default void addSum(Object total) {
            throw new UnsupportedOperationException("aggregator cannot add sums: aggregator="
                    + getClass().getName() + "; override addSum(Object), or add each package");
        }

        /**
         * Writes the combined model.
         *
         * @param sent the model that clients received, float32, shape [numel]
         * @param out float32, contiguous, shape [numel], on the CPU or {@link #device()}
         */
        void model(Tensor sent, Tensor out);

        /**
         * Returns the index of the CUDA device that the combined model is best written to, since all of the packages
         * lie there; empty, as by default, for the CPU.
         */
        default OptionalInt device() {
            return OptionalInt.empty();
        }

        /** Writes the combined model minus the one that clients received, rounded as late as can be. */
        void change(Tensor sent, Tensor out);

        /**
         * Returns whether {@link #change} is {@link #model} minus the received one, as by default. If not, parameters
         * move by the change; only buffers and frozen parameters take the model.
         */
        default boolean isMean() {
            return true;
        }

        /** Learns that the round is complete, before {@link #clear()}; does nothing by default. */
        default void complete() {}

        /** Discards what was added. */
        void clear();

        /** Returns new references to the vectors that clients receive besides the model; none by default. */
        default List<Tensor> lend() {
            return List.of();
        }

        /**
         * Learns of the server's model before the first round; does nothing by default.
         *
         * @param global the server's; read-only
         */
        default void begin(GlobalModel global) {}

        /**
         * Returns the server's models besides its own; none by default. They are in its SHA-256, and are not moved by
         * server optimizers and aggregate transforms, which are therefore refused if there are any.
         *
         * @return float32, shape [numel]; owned by this object
         */
        default List<Tensor> models() {
            return List.of();
        }

        /**
         * Returns how many clients each of the server's models counts for when the server is evaluated, its own first,
         * then {@link #models()}. If all are 0, models count the same. By default the server's own alone counts.
         */
        default int[] clients() {
            return new int[] {1};
        }

        /** Returns whether what is kept holds neither NaN nor infinities. */
        default boolean isFinite() {
            return true;
        }

        /** Writes what is kept between rounds; nothing by default. */
        @Override
        default void save(CheckpointWriter out) {}

        @Override
        default void restore(CheckpointReader in) {}

        @Override
        void close();
    }
}
