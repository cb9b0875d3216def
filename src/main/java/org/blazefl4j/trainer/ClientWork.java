package org.blazefl4j.trainer;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.ShardFunction;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.worker.ClientJob;
import org.blazefl4j.worker.FailureRules;
import org.blazefl4j.worker.PoolClassLoader;
import org.blazefl4j.worker.RoundWork;
import org.blazefl4j.worker.UplinkBuffers;
import org.bytedeco.pytorch.Tensor;

/**
 * The clients of an algorithm, and what is kept of them from round to round: their states, the packages that nobody
 * took, and the memory of their results.
 *
 * @param <C> the client's configuration
 * @param <D> the downlink package
 * @param <U> the uplink package
 */
final class ClientWork<C, D, U> implements AutoCloseable {

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
    private int committedRounds;

    /**
     * Asks the algorithm for its worker.
     *
     * @param deviceOf the device of each client
     * @param progress what the ids of a round pass through
     */
    ClientWork(
            ClientAlgorithm<C, D, U> algorithm,
            TrainerOptions options,
            IntFunction<Device> deviceOf,
            Function<List<Integer>, Iterable<Integer>> progress) {
        this.algorithm = algorithm;
        this.function = Objects.requireNonNull(algorithm.worker(), "algorithm.worker()");
        this.rules = options.onClientFailure().rules(options.onNonFinite());
        this.deviceOf = deviceOf;
        this.progress = progress;
        this.classes = new PoolClassLoader(function.getClass(), algorithm.getClass());
        this.buffers = new UplinkBuffers<>(
                algorithm::prepareUplinkPackageBuffer, classes, options.slotsIfSet(), options.numParallels());
        Path stateFolder = options.stateFolder().orElseGet(() -> Path.of(System.getProperty("java.io.tmpdir")));
        this.states = new ClientStates(new StateStore(options.stateMemory(), new StateFiles(stateFolder)));
    }

    /** The function that trains one client. */
    ClientWorker<C, D, U> function() {
        return function;
    }

    /** Finds the classes of clients' states. */
    ClassLoader classes() {
        return classes;
    }

    /** Makes uplink buffers for clients of this process. Closed when the last worker has ended. */
    UplinkBuffers<U> buffers() {
        return buffers;
    }

    /** What clients keep between rounds. */
    ClientStates states() {
        return states;
    }

    /** The packages that wait to be taken. */
    PackageCache<U> cache() {
        return cache;
    }

    /**
     * The work of one round.
     *
     * @param cids none twice
     */
    RoundWork<C, D, U> of(int round, D payload, List<Integer> cids) {
        return new Clients(round, payload, cids);
    }

    /** Clients' states are those before this round. */
    void startAtRound(int number) {
        committedRounds = number;
    }

    /** Writes the committed states of the clients, and the number of the round that starts from them. */
    void save(CheckpointWriter out) {
        out.put(ROUND, committedRounds);
        for (int client : states.clients()) {
            try (Tensor state = states.read(client)) {
                out.put(STATE_OF + client, state);
            }
        }
    }

    /** Reads what {@link #save} wrote, in place of all states; returns the number of the next round. */
    int restore(CheckpointReader in) {
        try {
            int number = in.get(ROUND, Integer.class);
            for (String name : in.names()) {
                if (name.startsWith(STATE_OF)) {
                    restore(Integer.parseInt(name.substring(STATE_OF.length())), in.get(name, Tensor.class));
                }
            }
            states.commitAlone();
            committedRounds = number;
            return number;
        } finally {
            states.discard();
        }
    }

    /** The state lives on, whichever {@code PointerScope} it was read in. */
    private void restore(int client, Tensor saved) {
        try (saved) {
            states.stage(client, Tensors.alias(saved));
        }
    }

    /** Closes what was kept of clients. */
    @Override
    public void close() {
        cache.close();
        states.close();
    }

    private final class Clients implements RoundWork<C, D, U> {

        private final int round;
        private final D payload;
        private final List<Integer> cids;

        Clients(int round, D payload, List<Integer> cids) {
            this.round = round;
            this.payload = payload;
            this.cids = cids;
        }

        @Override
        public int round() {
            return round;
        }

        @Override
        public List<Integer> ids() {
            return cids;
        }

        @Override
        public ClientWorker<C, D, U> function() {
            return function;
        }

        @Override
        public ShardFunction<?, ?> shardFunction() {
            return null;
        }

        @Override
        public D payload() {
            return payload;
        }

        @Override
        public ClientJob job(int index) {
            int cid = cids.get(index);
            return new ClientJob(cid, round, deviceOf.apply(cid));
        }

        @Override
        public C config(int index) {
            return algorithm.getClientConfig(cids.get(index));
        }

        @Override
        public UplinkBuffers<U> buffers() {
            return buffers;
        }

        @Override
        public int slots() {
            return buffers.slots();
        }

        @Override
        public FailureRules rules() {
            return rules;
        }

        @Override
        public ClientFailedException failure(int index, int worker, String reason, Throwable cause) {
            int cid = cids.get(index);
            return reason == null
                    ? new ClientFailedException(cid, round, worker, cause)
                    : new ClientFailedException(cid, round, worker, reason, cause);
        }

        @Override
        public Tensor state(int index) {
            return states.read(cids.get(index));
        }

        @Override
        public void stage(int index, Tensor state) {
            states.stage(cids.get(index), state);
        }

        @Override
        public void commit() {
            states.commit();
            committedRounds = round + 1;
        }

        @Override
        public Iterable<Integer> progress() {
            return progress.apply(cids);
        }

        @Override
        public U convert(U uplink) {
            return algorithm.convertBufferToUplink(uplink);
        }

        @Override
        public void keep(U uplink) {
            cache.add(uplink);
        }
    }
}
