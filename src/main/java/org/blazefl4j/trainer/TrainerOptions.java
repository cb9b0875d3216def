package org.blazefl4j.trainer;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.NonFinitePolicy;
import org.blazefl4j.reproducibility.RngCheck;
import org.blazefl4j.util.Arguments;

/**
 * How a trainer runs its clients. Immutable.
 *
 * <pre>{@code
 * TrainerOptions options = TrainerOptions.builder().numParallels(4).seed(7).build();
 * }</pre>
 *
 * <p>Results depend on the seed, the device and the intra-op threads, and on no other option, as long as no client is
 * dropped or stopped by its time limit.
 */
public final class TrainerOptions {

    /** Whether steps on CUDA devices are captured as graphs, and replayed. */
    public enum StepGraphs {
        /** Never. */
        OFF,
        /** Where it can be. Other steps are queued one operation at a time, with the same results. */
        AUTO,
        /** A client fails whose model's steps cannot be captured. */
        REQUIRED;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final Builder set;

    private TrainerOptions(Builder set) {
        this.set = set;
    }

    /** Returns the defaults, which {@link Builder} lists. */
    public static TrainerOptions defaults() {
        return builder().build();
    }

    /** Returns a builder with the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** Returns a builder with these options. */
    public Builder toBuilder() {
        return set.copy();
    }

    /** Returns the number of clients to train at the same time. A serial trainer ignores it. */
    public int numParallels() {
        return set.numParallels;
    }

    /** Returns where clients compute. */
    public Device device() {
        return set.device;
    }

    /** Returns the number of CUDA devices to spread clients over; empty for those that LibTorch finds. */
    public OptionalInt deviceCount() {
        return set.deviceCount;
    }

    /** Returns the most of a CUDA device's free memory that data sets may take there, as a share. */
    public double deviceDataShare() {
        return set.deviceDataShare;
    }

    /** Returns whether steps on CUDA devices are captured. */
    public StepGraphs stepGraphs() {
        return set.stepGraphs;
    }

    /** Returns the most of a CUDA device's free memory that clients' results may take there, as a share. */
    public double deviceResultShare() {
        return set.deviceResultShare;
    }

    /** Returns the number of CUDA devices, once the device is known to be among them; asks only for a CUDA device. */
    int checkedDeviceCount() {
        if (set.deviceCount.isEmpty()) {
            set.device.requireAvailable();
            return set.device.isCpu() ? 0 : Device.cudaDevices();
        }
        int count = set.deviceCount.getAsInt();
        set.device.requireAmong(count, "TrainerOptions.deviceCount=" + count);
        return count;
    }

    /** Returns the experiment's seed. */
    public long seed() {
        return set.seed;
    }

    /** Returns the number of LibTorch's threads within one operation, for clients and for arithmetic in a sink. */
    public int intraOpThreads() {
        return set.intraOpThreads;
    }

    /** Returns what happens if a client draws from LibTorch's default generator. */
    public RngCheck rngCheck() {
        return set.rngCheck;
    }

    /** Returns the most packages between dealing and hand-over when results stream into a sink. */
    public int slots() {
        return set.slots.orElse(set.numParallels + 2);
    }

    /** Returns {@link #slots()} if it was set. Otherwise trainers choose by the size of the packages. */
    OptionalInt slotsIfSet() {
        return set.slots;
    }

    /** Returns the number of slots to which the pool may grow in process mode if the caller keeps packages. */
    public int maxSlots() {
        return Math.max(set.maxSlots, set.slots.orElse(0));
    }

    /**
     * Returns how long a client that is told to stop may continue before it is interrupted or killed: when the trainer
     * is closed, its round is stopped (in process mode) or its time limit has passed.
     */
    public Duration grace() {
        return set.grace;
    }

    /** Returns what happens to a client that failed. */
    public FailurePolicy onClientFailure() {
        return set.failurePolicy;
    }

    /** Returns what happens to a result that is not finite. */
    public NonFinitePolicy onNonFinite() {
        return set.nonFinitePolicy;
    }

    /** Returns how long one client may train; empty for no limit. */
    public Optional<Duration> clientTimeLimit() {
        return set.clientTimeLimit;
    }

    /** Returns the most bytes of clients' states to keep in memory. */
    public long stateMemory() {
        return set.stateMemory;
    }

    /** Returns the folder for states that do not fit in memory; empty for {@code java.io.tmpdir}. */
    public Optional<Path> stateFolder() {
        return set.stateFolder;
    }

    @Override
    public String toString() {
        return "TrainerOptions[numParallels=" + numParallels() + ", device=" + device() + ", deviceCount="
                + deviceCount() + ", deviceDataShare=" + deviceDataShare() + ", deviceResultShare="
                + deviceResultShare() + ", stepGraphs=" + stepGraphs() + ", seed="
                + seed() + ", intraOpThreads=" + intraOpThreads() + ", rngCheck="
                + rngCheck() + ", slots=" + slots() + ", maxSlots=" + maxSlots() + ", grace=" + grace()
                + ", onClientFailure=" + onClientFailure() + ", onNonFinite=" + onNonFinite() + ", clientTimeLimit="
                + clientTimeLimit().map(Duration::toString).orElse("none") + ", stateMemory=" + stateMemory()
                + ", stateFolder=" + stateFolder().map(Path::toString).orElse("java.io.tmpdir") + "]";
    }

    static <T extends Comparable<T>> T within(String name, T value, T least, T most) {
        Objects.requireNonNull(value, name);
        if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
            throw new IllegalArgumentException("option out of range: " + name + "=" + value + ", limit=[" + least + ", "
                    + most + "]; choose a value within the limit");
        }
        return value;
    }

    /** Collects options; each is checked when it is set. */
    public static final class Builder implements Cloneable {

        private static final int MOST_SLOTS = 1 << 20;

        private int numParallels = Runtime.getRuntime().availableProcessors();
        private Device device = Device.CPU;
        private OptionalInt deviceCount = OptionalInt.empty();
        private double deviceDataShare = 0.3;
        private double deviceResultShare = 0.2;
        private StepGraphs stepGraphs = StepGraphs.AUTO;
        private long seed = 42;
        private int intraOpThreads = 1;
        private RngCheck rngCheck = RngCheck.FAIL;
        private OptionalInt slots = OptionalInt.empty();
        private int maxSlots = 1 << 16;
        private Duration grace = Duration.ofSeconds(2);
        private FailurePolicy failurePolicy = FailurePolicy.failFast();
        private NonFinitePolicy nonFinitePolicy = NonFinitePolicy.WARN;
        private Optional<Duration> clientTimeLimit = Optional.empty();
        private long stateMemory = 1L << 30;
        private Optional<Path> stateFolder = Optional.empty();

        private Builder() {}

        private Builder copy() {
            try {
                return (Builder) clone();
            } catch (CloneNotSupportedException impossible) {
                throw new AssertionError(impossible);
            }
        }

        /**
         * Sets the number of clients to train at the same time; the default is the number of processors.
         *
         * @throws IllegalArgumentException if it is not in [1, 4096]
         */
        public Builder numParallels(int count) {
            this.numParallels = within("numParallels", count, 1, 4096);
            return this;
        }

        /** Sets where clients compute; the default is the CPU. */
        public Builder device(Device device) {
            this.device = Objects.requireNonNull(device, "device");
            return this;
        }

        /**
         * Sets the number of CUDA devices to spread clients over; by default LibTorch is asked, unless the device is
         * the CPU.
         *
         * @throws IllegalArgumentException if it is not in [0, 128]
         */
        public Builder deviceCount(int count) {
            this.deviceCount = OptionalInt.of(within("deviceCount", count, 0, 128));
            return this;
        }

        /**
         * Sets the most of a CUDA device's free memory that data sets may take there, as a share; the default is 0.3.
         * Data sets whose samples are rows of tensors, without transforms, are copied to a device once, for all clients
         * of the process, until the trainer is closed; 0 copies none. Of others, and of those that do not fit, each
         * batch is copied, as in worker processes, with the same results. Leave room for what clients compute.
         *
         * @throws IllegalArgumentException if it is not in [0, 1]
         */
        public Builder deviceDataShare(double share) {
            this.deviceDataShare = within("deviceDataShare", share, 0.0, 1.0);
            return this;
        }

        /**
         * Sets whether training steps on CUDA devices are captured as graphs, which LibTorch queues at once instead of
         * one operation at a time; the default is {@link StepGraphs#AUTO}. Results are the same. Steps of the library's
         * own training are captured if the model draws nothing, as dropout does, and the loss is the cross-entropy. On
         * the CPU this changes nothing.
         */
        public Builder stepGraphs(StepGraphs when) {
            this.stepGraphs = Objects.requireNonNull(when, "stepGraphs");
            return this;
        }

        /**
         * Sets the most of a CUDA device's free memory that results of clients may take there, as a share; the default
         * is 0.2. Results then stay where they were computed, in slots of which there are more than workers, and are
         * summed there. Those that do not fit, and all if it is 0, are copied to the CPU, as are those of algorithms
         * that need them there ({@link org.blazefl4j.core.ClientAlgorithm#acceptsDeviceTensors}). Worker processes
         * share the slots with this process, if CUDA allows. The bits are the same.
         *
         * @throws IllegalArgumentException if it is not in [0, 1]
         */
        public Builder deviceResultShare(double share) {
            this.deviceResultShare = within("deviceResultShare", share, 0.0, 1.0);
            return this;
        }

        /** Sets the experiment's seed, any number; the default is 42. */
        public Builder seed(long seed) {
            this.seed = seed;
            return this;
        }

        /**
         * Sets the number of LibTorch's threads within one operation; the default is 1.
         *
         * @throws IllegalArgumentException if it is not in [1, 1024]
         */
        public Builder intraOpThreads(int count) {
            this.intraOpThreads = within("intraOpThreads", count, 1, 1024);
            return this;
        }

        /** Sets what happens if a client draws from LibTorch's default generator; by default it fails. */
        public Builder rngCheck(RngCheck check) {
            this.rngCheck = Objects.requireNonNull(check, "rngCheck");
            return this;
        }

        /**
         * Sets the most packages between dealing and hand-over when results stream into a sink. The default is two more
         * than workers; in process mode as many as fit in 64 MiB, but at least one and at most sixteen per worker, and
         * one more.
         *
         * @throws IllegalArgumentException if it is not in [1, 2^20]
         */
        public Builder slots(int count) {
            this.slots = OptionalInt.of(within("slots", count, 1, MOST_SLOTS));
            return this;
        }

        /**
         * Sets the number of slots to which the pool may grow in process mode if the caller keeps packages; the default
         * is 65 536. Never less than {@link #slots(int)}.
         *
         * @throws IllegalArgumentException if it is not in [1, 2^20]
         */
        public Builder maxSlots(int count) {
            this.maxSlots = within("maxSlots", count, 1, MOST_SLOTS);
            return this;
        }

        /**
         * Sets how long a client that is told to stop may continue before it is interrupted or killed; the default is
         * two seconds.
         *
         * @throws IllegalArgumentException if it is negative or longer than an hour
         */
        public Builder grace(Duration grace) {
            this.grace = within("grace", grace, Duration.ZERO, Duration.ofHours(1));
            return this;
        }

        /** Sets what happens to a client that failed; by default the first failure ends the round. */
        public Builder onClientFailure(FailurePolicy policy) {
            this.failurePolicy = Objects.requireNonNull(policy, "onClientFailure");
            return this;
        }

        /**
         * Sets what happens to a result with NaN or an infinity in a floating-point tensor; by default it is accepted,
         * and the first one logs a warning.
         */
        public Builder onNonFinite(NonFinitePolicy policy) {
            this.nonFinitePolicy = Objects.requireNonNull(policy, "onNonFinite");
            return this;
        }

        /**
         * Sets how long one client may train; by default there is no limit. When it has passed, the client's stop event
         * is set, which it sees at its next batch; after {@link #grace} its worker process is killed, or its thread
         * interrupted. Either way it has failed, and the {@linkplain #onClientFailure policy} applies. A client that
         * returns its result before it is told to stop has not failed.
         *
         * <p>Java cannot end a thread: in serial and thread mode a client that ignores both delays its round.
         *
         * @throws IllegalArgumentException if it is not in [1 ms, 365 days]
         */
        public Builder clientTimeLimit(Duration limit) {
            this.clientTimeLimit =
                    Optional.of(within("clientTimeLimit", limit, Duration.ofMillis(1), Duration.ofDays(365)));
            return this;
        }

        /**
         * Sets the most bytes of clients' states to keep in this process's memory; the default is 1 GiB. The least
         * recently used of the others are written to {@link #stateFolder}.
         *
         * @throws IllegalArgumentException if it is negative
         */
        public Builder stateMemory(long bytes) {
            this.stateMemory = within("stateMemory", bytes, 0L, Long.MAX_VALUE);
            return this;
        }

        /**
         * Sets the folder for states that do not fit in memory; the default is {@code java.io.tmpdir}. The trainer
         * creates a file there when the first state does not fit. The file has no name, and disappears when the trainer
         * is closed.
         *
         * @throws IllegalArgumentException if it is not a writable folder
         */
        public Builder stateFolder(Path folder) {
            Objects.requireNonNull(folder, "stateFolder");
            Arguments.require(
                    Files.isDirectory(folder) && Files.isWritable(folder),
                    "no folder for states: stateFolder=" + folder
                            + ", expected=an existing, writable folder; make it first");
            this.stateFolder = Optional.of(folder);
            return this;
        }

        /** Returns the options. */
        public TrainerOptions build() {
            return new TrainerOptions(copy());
        }
    }
}
