package org.blazefl4j.core;

import java.util.Optional;
import java.util.function.Supplier;
import org.blazefl4j.reproducibility.RandomStream;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;

/**
 * What a client can use while it trains or is evaluated; the same in all execution modes. Used by the training thread
 * only, and valid until the worker function returns; later calls that would return a resource throw
 * {@link IllegalStateException}.
 */
public interface WorkerContext {

    /** Returns the client. */
    int clientId();

    /** Returns the round, from 0 as {@link ClientTrainer#round()}; messages count from 1. */
    int round();

    /** Returns the worker's index, from 0. */
    int worker();

    /** Returns the device on which this client computes. */
    Device device();

    /**
     * Returns the event that is set when the client should end early: when the round is stopped, or this client has
     * exceeded its time limit. Check it once per batch, for example by {@link StopEvent#throwIfSet()}.
     */
    StopEvent stopEvent();

    /**
     * Returns a resource that is made once per worker and kept between clients and rounds, such as a model. It is as
     * the last client left it, so overwrite all state that matters.
     *
     * <p>Native memory that the supplier allocates lives as long as the worker. What the resource allocates later,
     * while a client trains, is freed when that client ends, unless kept by {@code retainReference()}.
     *
     * @param key the resource's name in this worker
     * @param supplier makes it at the first call; an {@link AutoCloseable} resource is closed with the worker
     */
    <T> T get(String key, Supplier<? extends T> supplier);

    /**
     * Returns the tensor that the parent shared under a name. Read-only; the worker owns it.
     *
     * @throws IllegalArgumentException if nothing was shared under the name
     */
    Tensor shared(String name);

    /**
     * Returns the package to write the result into, laid out as {@link ClientAlgorithm#prepareUplinkPackageBuffer()},
     * with undefined contents. In process mode its tensors are views of shared memory, so a result that is trained
     * there is not copied again. The same object at every call for one client.
     *
     * @param <U> the uplink package
     */
    <U> U uplinkBuffer();

    /**
     * Returns this client's random stream of this round, derived from (seed, client id, round, purpose): the same in
     * every mode and after a retry. The same generator at every call for one client and purpose; owned by the context.
     *
     * @param purpose such as {@code "shuffle"}, {@code "dropout"} or {@code "augment"}
     */
    default Generator generator(String purpose) {
        return stream(purpose).generator();
    }

    /**
     * Returns the stream of {@link #generator}, which is cheaper while LibTorch draws nothing from it. The same object
     * at every call for one client and purpose; owned by the context.
     */
    RandomStream stream(String purpose);

    /**
     * Returns what this client kept in the last round that accepted its result; empty before. The same object at every
     * call for one client. Its tensors are copies, freed when the client ends.
     *
     * <p>The state belongs to the client, not to the worker:
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
     * @throws IllegalStateException if the state was written to disk and cannot be read, is damaged, or its classes
     *     have changed
     */
    <S> Optional<S> state();

    /**
     * Returns the state of a known class. Prefer this for states from other people's checkpoints: only code of this
     * class and of classes that it declares to hold runs.
     *
     * @param type the class of the object given to {@link #keepState}
     * @throws IllegalStateException as {@link #state()}, or if it is of another class
     */
    default <S> Optional<S> state(Class<S> type) {
        return this.<Object>state().map(type::cast);
    }

    /**
     * Keeps a copy of a state for this client's next round. The last call of a client wins; a client that makes none
     * keeps its old state.
     *
     * <p>It takes effect when {@code localProcess} ends and the client's package was accepted: taken by the sink, or
     * collected for {@code uplinkPackage()}. A round that was stopped, or in which the sink or other code of the caller
     * threw, changes no state, so that repeating it gives the same bits. A failed client keeps its old state.
     *
     * <p>If a client's failure ends the round, clients that were accepted before have their new states; which these are
     * depends on timing. For the same bits resume from a checkpoint, or choose a policy under which failures do not end
     * rounds.
     *
     * @param state anything a package may hold
     * @throws IllegalArgumentException if something in it cannot be kept; the message has its place and class
     * @throws IllegalStateException if the client is only evaluated, as by {@link #uplinkBuffer}
     */
    void keepState(Object state);
}
