package org.blazefl4j.core;

import java.util.Optional;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;

/**
 * What surrounds a client while it trains; the same in all execution modes. Used by the training thread alone, and
 * valid until the worker function returns: what gives a client something then throws {@link IllegalStateException}.
 */
public interface WorkerContext {

    /** The client that is trained. */
    int clientId();

    /** The round: from 0, as {@link ClientTrainer#round()}, one less than messages say. */
    int round();

    /** The worker's index, from 0 to the number of parallel workers less one. */
    int worker();

    /** The device that this client computes on. */
    Device device();

    /**
     * Set when the client should end early: when the round is stopped, and for this client alone when its time limit
     * has passed. Look at it once a batch, or call {@link StopEvent#throwIfSet()}.
     */
    StopEvent stopEvent();

    /**
     * A resource made once per worker and kept between clients and rounds: a model, a data set. Whoever gets it
     * overwrites all state that matters, for it is as the last client left it.
     *
     * <p>Native memory that the supplier allocates lives as long as the worker. What a resource allocates later, while
     * a client trains, is freed when that client ends, unless it keeps it with {@code retainReference()}.
     *
     * @param key the resource's name in this worker
     * @param supplier makes it at the first call; if it is {@link AutoCloseable} it is closed with the worker
     */
    <T> T get(String key, Supplier<? extends T> supplier);

    /**
     * What the parent shared under this name. Read-only; owned by the worker, not to be closed.
     *
     * @throws IllegalArgumentException if nothing was shared under the name
     */
    Tensor shared(String name);

    /**
     * The package to write the result into: in process mode its tensors are views of shared memory, so a result that is
     * trained there is not copied again. Laid out as {@link ClientAlgorithm#prepareUplinkPackageBuffer()}; contents are
     * undefined. The same object at every call for one client.
     *
     * @param <U> the uplink package
     */
    <U> U uplinkBuffer();

    /**
     * This client's random stream of this round: derived from (seed, client id, round, purpose), so equal in every mode
     * and after a retry. The same generator at every call with the same purpose for one client; owned by the context.
     *
     * @param purpose what the numbers are for, such as {@code "shuffle"}, {@code "dropout"} or {@code "augment"}
     */
    Generator generator(String purpose);

    /**
     * What this client kept in the last round in which its result was accepted; empty before. The same object at every
     * call for one client. Its tensors are the client's own copies, freed when the client ends.
     *
     * <p>The state belongs to the client, not to the worker, which trains another client next:
     *
     * <pre>{@code
     * record Memory(Tensor variate) {}
     *
     * Tensor variate = context.state(Memory.class).map(Memory::variate).orElseGet(() -> torch.zeros(length));
     * ...
     * context.keepState(new Memory(variate));
     * }</pre>
     *
     * @param <S> what was given to {@link #keepState}
     * @throws IllegalStateException if the state was written to disk and cannot be read back, or is damaged, or its
     *     classes have changed since
     */
    <S> Optional<S> state();

    /**
     * The same for a state of a class that is known, as it should be where states may come from a checkpoint of others:
     * no code runs of other classes than it and those that it declares to hold.
     *
     * @param type the class of what was given to {@link #keepState}
     * @throws IllegalStateException as {@link #state()}, or if it is of another class
     */
    default <S> Optional<S> state(Class<S> type) {
        return this.<Object>state().map(type::cast);
    }

    /**
     * Keeps a state for this client's next round. It is copied at the call; the last call of a client wins, and a
     * client that makes none keeps the state it had.
     *
     * <p>It takes effect when {@code localProcess} ends and the client's package was accepted: taken by the sink, or
     * put where {@code uplinkPackage()} finds it. A round that was stopped, or in which the sink or another function of
     * the caller's threw, changes no state, so that it can be repeated and gives the same bits. A client that fails
     * keeps the state it had.
     *
     * <p>Where one client's failure ends the round, the others that were accepted have their new states; which these
     * are depends on who was quick. To have the same bits go on from a checkpoint, or choose a policy under which
     * failures end no round.
     *
     * @param state whatever a package may hold; not null
     * @throws IllegalArgumentException if something in it cannot be kept, by its place and class
     */
    void keepState(Object state);
}
