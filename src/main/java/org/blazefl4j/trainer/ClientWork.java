package org.blazefl4j.trainer;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.NonFinitePolicy;
import org.blazefl4j.core.PackageSum;
import org.blazefl4j.core.PhaseTimes;
import org.blazefl4j.cuda.DeviceSlots;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Arguments;
import org.blazefl4j.worker.ClientFailures;
import org.blazefl4j.worker.ClientJob;
import org.blazefl4j.worker.FailureRules;
import org.blazefl4j.worker.PoolClassLoader;
import org.blazefl4j.worker.RoundContext;
import org.blazefl4j.worker.RoundWork;
import org.blazefl4j.worker.UplinkBuffers;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The clients of an algorithm, and what is kept from round to round: the count of rounds, what the last one reported,
 * clients' states, the packages that nobody took, and the memory of results.
 */
final class ClientWork<C, D, U> implements AutoCloseable {

    /** Chosen so that the number of the next round exists. */
    private static final int LAST_ROUND = Integer.MAX_VALUE - 1;

    /** The bytes of unclosed results that cause a warning. */
    private static final long MOST_UNCLOSED = 1_000_000_000;

    private static final String ROUND = "round";
    private static final String STATE_OF = "state of client ";

    private final ClientAlgorithm<C, D, U> algorithm;
    private final ClientWorker<C, D, U> function;
    private final FailureRules rules;
    private final IntFunction<Device> deviceOf;
    private final Function<List<Integer>, Iterable<Integer>> progress;
    private final ClassLoader classes;
    private final UplinkBuffers<U> buffers;
    private final ClientStates states;
    private final PackageCache<U> cache = new PackageCache<>();
    private final DivergenceWarning divergence = new DivergenceWarning();
    private final UnclosedResults unclosed = new UnclosedResults(MOST_UNCLOSED);
    private volatile ClientFailures failures;
    private volatile PhaseTimes phases = PhaseTimes.NONE;
    private volatile int round;
    private int committedRounds;

    /**
     * Asks the algorithm for its worker.
     *
     * @param deviceOf the device of each client
     * @param progress wraps the ids of a round for display
     */
    ClientWork(
            ClientAlgorithm<C, D, U> algorithm,
            TrainerOptions options,
            IntFunction<Device> deviceOf,
            Function<List<Integer>, Iterable<Integer>> progress) {
        this.algorithm = algorithm;
        this.function = Objects.requireNonNull(algorithm.worker(), "algorithm.worker()");
        this.rules = options.onClientFailure().rules(options.onNonFinite());
        this.failures = new ClientFailures(rules);
        this.deviceOf = deviceOf;
        this.progress = progress;
        this.classes = new PoolClassLoader(function.getClass(), algorithm.getClass());
        this.buffers = new UplinkBuffers<>(
                algorithm::prepareUplinkPackageBuffer,
                classes,
                options.slotsIfSet(),
                options.numParallels(),
                algorithm.acceptsDeviceTensors() ? new DeviceSlots(options.deviceResultShare()) : null);
        Path stateFolder = options.stateFolder().orElseGet(() -> Path.of(System.getProperty("java.io.tmpdir")));
        this.states = new ClientStates(options.stateMemory(), new StateFile(stateFolder));
    }

    ClientWorker<C, D, U> function() {
        return function;
    }

    /** Returns the loader for the classes of clients' states. */
    ClassLoader classes() {
        return classes;
    }

    /** Returns the uplink buffers for clients of this process, to be closed when the last worker has ended. */
    UplinkBuffers<U> buffers() {
        return buffers;
    }

    ClientStates states() {
        return states;
    }

    PackageCache<U> cache() {
        return cache;
    }

    /** Returns the current round or else the next one, from 0. */
    int round() {
        return round;
    }

    /** Declares the committed states to be those before a round, and this round to be the next. */
    void startAtRound(int number) {
        requireRound(number);
        round = number;
        committedRounds = number;
    }

    private static void requireRound(int number) {
        Arguments.require(
                number >= 0 && number <= LAST_ROUND,
                "no such round: number=" + number + ", limit=0 to " + LAST_ROUND
                        + "; startAtRound(0) is the first round");
    }

    /** Returns the work of the next round, with a sum if packages are added up where clients are trained. */
    RoundWork<C, D, U> nextRound(D payload, List<Integer> cids, @Nullable PackageSum<U> sum) {
        if (round > LAST_ROUND) {
            throw new IllegalStateException("no round left: round=" + (round + 1L) + ", limit=" + (LAST_ROUND + 1)
                    + "; start again with startAtRound(0)");
        }
        return new Clients<>(this, round, payload, cids, sum);
    }

    /** Closes packages of earlier rounds. Returns the sink, wrapped to notice results that are not closed. */
    Consumer<List<U>> begin(RoundContext<C, D, U> context, Consumer<? super List<U>> sink) {
        failures = context.failures();
        cache.discard();
        unclosed.look();
        return unclosed.watching(context.size(), sink);
    }

    /** Counts a round, successful or not, and keeps what it reports. */
    void end(RoundContext<C, D, U> context) {
        context.clock().pause();
        phases = new PhaseTimes(context.clock().times());
        if (rules.onNonFinite() != NonFinitePolicy.FAIL) { // else the round fails
            divergence.look(round, failures.nonFinite(), context.size());
        }
        states.discard();
        round++;
    }

    /** Returns the failures of the last round. */
    ClientFailures failures() {
        return failures;
    }

    /** Returns where the time of the last round went. */
    PhaseTimes phases() {
        return phases;
    }

    /** Writes the clients' committed states and the number of the round that starts from them. */
    void save(CheckpointWriter out) {
        out.put(ROUND, committedRounds);
        for (int client : states.clients()) {
            try (Tensor state = states.read(client)) {
                out.put(STATE_OF + client, state);
            }
        }
    }

    /** Replaces all states by those that {@link #save} wrote. */
    void restore(CheckpointReader in) {
        try {
            int number = in.get(ROUND, Integer.class);
            requireRound(number); // before any state is replaced
            for (String name : in.names()) {
                if (name.startsWith(STATE_OF)) {
                    restore(Integer.parseInt(name.substring(STATE_OF.length())), in.get(name, Tensor.class));
                }
            }
            states.commitAlone();
            startAtRound(number);
        } finally {
            states.discard();
        }
    }

    /** The alias outlives the {@code PointerScope} in which the state was read. */
    private void restore(int client, Tensor saved) {
        try (saved) {
            states.stage(client, Tensors.alias(saved));
        }
    }

    @Override
    public void close() {
        cache.close();
        states.close();
    }

    private record Clients<C, D, U>(
            ClientWork<C, D, U> kept,
            int round,
            D payload,
            List<Integer> ids,
            @Nullable PackageSum<U> sum) implements RoundWork<C, D, U> {

        @Override
        public ClientWorker<C, D, U> function() {
            return kept.function;
        }

        @Override
        public ClientJob job(int index) {
            int cid = ids.get(index);
            return new ClientJob(cid, round, kept.deviceOf.apply(cid));
        }

        @Override
        public C config(int index) {
            return kept.algorithm.getClientConfig(ids.get(index));
        }

        @Override
        public UplinkBuffers<U> buffers() {
            return kept.buffers;
        }

        @Override
        public int slots() {
            return kept.buffers.slots();
        }

        @Override
        public FailureRules rules() {
            return kept.rules;
        }

        @Override
        public ClientFailedException failure(
                int index, int worker, @Nullable String reason, @Nullable Throwable cause) {
            return new ClientFailedException(ids.get(index), round, worker, reason, cause);
        }

        @Override
        public @Nullable Tensor state(int index) {
            return kept.states.read(ids.get(index));
        }

        @Override
        public void stage(int index, Tensor state) {
            kept.states.stage(ids.get(index), state);
        }

        @Override
        public void commit() {
            kept.states.commit();
            kept.committedRounds = round + 1;
        }

        @Override
        public Iterable<Integer> progress() {
            return kept.progress.apply(ids);
        }

        @Override
        public U convert(U uplink) {
            return kept.algorithm.convertBufferToUplink(uplink);
        }

        @Override
        public void keep(int index, U uplink) {
            kept.cache.add(uplink);
        }
    }
}
