package org.blazefl4j.trainer;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.NonFinitePolicy;
import org.blazefl4j.reproducibility.RngCheck;

/**
 * How a trainer runs its clients. Immutable.
 *
 * <pre>{@code
 * TrainerOptions options = TrainerOptions.builder().numParallels(4).seed(7).build();
 * }</pre>
 *
 * <p>Results depend on the seed, the device and the intra-op threads, and on nothing else here, as long as no client is
 * dropped or stopped by its time limit.
 */
public final class TrainerOptions {

    private final int numParallels;
    private final Device device;
    private final OptionalInt deviceCount;
    private final long seed;
    private final int intraOpThreads;
    private final RngCheck rngCheck;
    private final OptionalInt slots;
    private final int maxSlots;
    private final Duration grace;
    private final FailurePolicy failurePolicy;
    private final NonFinitePolicy nonFinitePolicy;
    private final Optional<Duration> clientTimeLimit;
    private final long stateMemory;
    private final Optional<Path> stateFolder;

    private TrainerOptions(Builder builder) {
        this.numParallels = builder.numParallels;
        this.device = builder.device;
        this.deviceCount = builder.deviceCount;
        this.seed = builder.seed;
        this.intraOpThreads = builder.intraOpThreads;
        this.rngCheck = builder.rngCheck;
        this.slots = builder.slots;
        this.maxSlots = Math.max(builder.maxSlots, slots.orElse(0));
        this.grace = builder.grace;
        this.failurePolicy = builder.failurePolicy;
        this.nonFinitePolicy = builder.nonFinitePolicy;
        this.clientTimeLimit = builder.clientTimeLimit;
        this.stateMemory = builder.stateMemory;
        this.stateFolder = builder.stateFolder;
    }

    /** The options that nobody changed; {@link Builder} lists them. */
    public static TrainerOptions defaults() {
        return builder().build();
    }

    /** A builder that holds the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** A builder that holds these options. */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.numParallels = numParallels;
        builder.device = device;
        builder.deviceCount = deviceCount;
        builder.seed = seed;
        builder.intraOpThreads = intraOpThreads;
        builder.rngCheck = rngCheck;
        builder.slots = slots;
        builder.maxSlots = maxSlots;
        builder.grace = grace;
        builder.failurePolicy = failurePolicy;
        builder.nonFinitePolicy = nonFinitePolicy;
        builder.clientTimeLimit = clientTimeLimit;
        builder.stateMemory = stateMemory;
        builder.stateFolder = stateFolder;
        return builder;
    }

    /** The number of clients that are trained at the same time. A serial trainer takes no notice of it. */
    public int numParallels() {
        return numParallels;
    }

    /** Where clients compute. */
    public Device device() {
        return device;
    }

    /** The number of CUDA devices to spread clients over; empty means those that LibTorch finds. */
    public OptionalInt deviceCount() {
        return deviceCount;
    }

    /** The experiment's seed. */
    public long seed() {
        return seed;
    }

    /** LibTorch's threads within one operation, the same for clients and for arithmetic in a sink. */
    public int intraOpThreads() {
        return intraOpThreads;
    }

    /** What happens when a client draws from LibTorch's default generator. */
    public RngCheck rngCheck() {
        return rngCheck;
    }

    /** The most packages between dealing and hand-over when results stream into a sink. */
    public int slots() {
        return slots.orElse(numParallels + 2);
    }

    /** The same where it was set. Trainers' own default depends on the size of the packages. */
    OptionalInt slotsIfSet() {
        return slots;
    }

    /** In process mode, the number of slots to which the pool may grow when the caller keeps packages. */
    public int maxSlots() {
        return maxSlots;
    }

    /**
     * How long a client that is to stop may go on before it is interrupted or killed: when the trainer is closed, when
     * its round is stopped (in process mode), and when its time limit has passed.
     */
    public Duration grace() {
        return grace;
    }

    /** What becomes of a client that failed. */
    public FailurePolicy onClientFailure() {
        return failurePolicy;
    }

    /** What becomes of a result that is not finite. */
    public NonFinitePolicy onNonFinite() {
        return nonFinitePolicy;
    }

    /** How long one client may train; empty: as long as it likes. */
    public Optional<Duration> clientTimeLimit() {
        return clientTimeLimit;
    }

    /** The bytes of clients' states that are kept in memory. */
    public long stateMemory() {
        return stateMemory;
    }

    /** Where states go that have no room in memory; empty: {@code java.io.tmpdir}. */
    public Optional<Path> stateFolder() {
        return stateFolder;
    }

    @Override
    public String toString() {
        return "TrainerOptions[numParallels=" + numParallels + ", device=" + device + ", deviceCount=" + deviceCount
                + ", seed=" + seed + ", intraOpThreads=" + intraOpThreads + ", rngCheck=" + rngCheck + ", slots="
                + slots() + ", maxSlots=" + maxSlots + ", grace=" + grace + ", onClientFailure=" + failurePolicy
                + ", onNonFinite=" + nonFinitePolicy + ", clientTimeLimit="
                + clientTimeLimit.map(Duration::toString).orElse("none")
                + ", stateMemory=" + stateMemory + ", stateFolder="
                + stateFolder.map(Path::toString).orElse("java.io.tmpdir") + "]";
    }

    /** Collects options; each is checked as it is set. */
    public static final class Builder {

        private static final int MOST_WORKERS = 4096;
        private static final int MOST_SLOTS = 1 << 20;
        private static final Duration LONGEST_GRACE = Duration.ofHours(1);
        private static final Duration SHORTEST_LIMIT = Duration.ofMillis(1);
        private static final Duration LONGEST_LIMIT = Duration.ofDays(365);

        private int numParallels = Runtime.getRuntime().availableProcessors();
        private Device device = Device.CPU;
        private OptionalInt deviceCount = OptionalInt.empty();
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

        /**
         * The number of clients that are trained at the same time; the number of processors unless set.
         *
         * @throws IllegalArgumentException if it is not in [1, 4096]
         */
        public Builder numParallels(int count) {
            this.numParallels = within("numParallels", count, 1, MOST_WORKERS);
            return this;
        }

        /** Where clients compute; the CPU unless set. */
        public Builder device(Device device) {
            this.device = Objects.requireNonNull(device, "device");
            return this;
        }

        /**
         * The number of CUDA devices to spread clients over, instead of asking LibTorch.
         *
         * @throws IllegalArgumentException if it is not in [0, 128]
         */
        public Builder deviceCount(int count) {
            this.deviceCount = OptionalInt.of(within("deviceCount", count, 0, 128));
            return this;
        }

        /** The experiment's seed, any number; 42 unless set. */
        public Builder seed(long seed) {
            this.seed = seed;
            return this;
        }

        /**
         * LibTorch's threads within one operation; 1 unless set.
         *
         * @throws IllegalArgumentException if it is not in [1, 1024]
         */
        public Builder intraOpThreads(int count) {
            this.intraOpThreads = within("intraOpThreads", count, 1, 1024);
            return this;
        }

        /** What happens when a client draws from LibTorch's default generator; a failure unless set. */
        public Builder rngCheck(RngCheck check) {
            this.rngCheck = Objects.requireNonNull(check, "rngCheck");
            return this;
        }

        /**
         * The most packages between dealing and hand-over when results stream into a sink; two more than workers unless
         * set, in process mode as many as fit in 64 MiB, but one to sixteen times as many as workers and one more.
         *
         * @throws IllegalArgumentException if it is not in [1, 2^20]
         */
        public Builder slots(int count) {
            this.slots = OptionalInt.of(within("slots", count, 1, MOST_SLOTS));
            return this;
        }

        /**
         * In process mode, the number of slots to which the pool may grow when the caller keeps packages; 65 536 unless
         * set, and never less than {@link #slots(int)}.
         *
         * @throws IllegalArgumentException if it is not in [1, 2^20]
         */
        public Builder maxSlots(int count) {
            this.maxSlots = within("maxSlots", count, 1, MOST_SLOTS);
            return this;
        }

        /**
         * How long a client that is to stop may go on before it is interrupted or killed; two seconds unless set.
         *
         * @throws IllegalArgumentException if it is negative or longer than an hour
         */
        public Builder grace(Duration grace) {
            Objects.requireNonNull(grace, "grace");
            if (grace.isNegative() || grace.compareTo(LONGEST_GRACE) > 0) {
                throw outOfRange("grace", grace, Duration.ZERO, LONGEST_GRACE);
            }
            this.grace = grace;
            return this;
        }

        /** What becomes of a client that failed; the round ends with the first failure unless set. */
        public Builder onClientFailure(FailurePolicy policy) {
            this.failurePolicy = Objects.requireNonNull(policy, "onClientFailure");
            return this;
        }

        /**
         * What becomes of a result with NaN or an infinity in one of its floating-point tensors; it is taken, with a
         * warning in the log, unless set.
         */
        public Builder onNonFinite(NonFinitePolicy policy) {
            this.nonFinitePolicy = Objects.requireNonNull(policy, "onNonFinite");
            return this;
        }

        /**
         * How long one client may train; no limit unless set. When it has passed, the client's own stop event is set,
         * which it sees at its next batch; after {@link #grace} its worker process is killed, or its thread
         * interrupted. Either way it has failed, and the {@linkplain #onClientFailure policy} says what becomes of it.
         * A client that returned its result without having been told to stop has not failed.
         *
         * <p>Java cannot end a thread: in serial and thread mode a client that heeds neither holds up its round.
         *
         * @throws IllegalArgumentException if it is not in [1 ms, 365 days]
         */
        public Builder clientTimeLimit(Duration limit) {
            Objects.requireNonNull(limit, "clientTimeLimit");
            if (limit.compareTo(SHORTEST_LIMIT) < 0 || limit.compareTo(LONGEST_LIMIT) > 0) {
                throw outOfRange("clientTimeLimit", limit, SHORTEST_LIMIT, LONGEST_LIMIT);
            }
            this.clientTimeLimit = Optional.of(limit);
            return this;
        }

        /**
         * How many bytes of clients' states are kept in the memory of this process; 1 GiB unless set. Of those that are
         * too many, the ones that were not used for longest are written to {@link #stateFolder}.
         *
         * @throws IllegalArgumentException if it is negative
         */
        public Builder stateMemory(long bytes) {
            if (bytes < 0) {
                throw outOfRange("stateMemory", bytes, 0, Long.MAX_VALUE);
            }
            this.stateMemory = bytes;
            return this;
        }

        /**
         * Where states go that have no room in memory; {@code java.io.tmpdir} unless set. The trainer makes a file
         * there when the first state has to go to it. The file has no name, and goes when the trainer is closed.
         *
         * @throws IllegalArgumentException if it is no folder, or cannot be written to
         */
        public Builder stateFolder(Path folder) {
            Objects.requireNonNull(folder, "stateFolder");
            if (!Files.isDirectory(folder) || !Files.isWritable(folder)) {
                throw new IllegalArgumentException("no folder for states: stateFolder=" + folder
                        + ", limit=a folder that is there and can be written to; make it first");
            }
            this.stateFolder = Optional.of(folder);
            return this;
        }

        /** The options. */
        public TrainerOptions build() {
            return new TrainerOptions(this);
        }

        private static int within(String name, int value, int least, int most) {
            if (value < least || value > most) {
                throw outOfRange(name, value, least, most);
            }
            return value;
        }

        private static IllegalArgumentException outOfRange(String name, Object value, Object least, Object most) {
            return new IllegalArgumentException("option out of range: " + name + "=" + value + ", limit=[" + least
                    + ", " + most + "]; choose a value within the limit");
        }
    }
}
