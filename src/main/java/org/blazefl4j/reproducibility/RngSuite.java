package org.blazefl4j.reproducibility;

import java.util.Optional;
import java.util.random.RandomGenerator;
import org.bytedeco.pytorch.Generator;
import org.jspecify.annotations.Nullable;

/**
 * A Java random stream, a LibTorch generator on the CPU and, if there is a CUDA device, one there, all from one seed.
 * An alternative to {@link RandomStreams} for algorithms that keep one suite per client across rounds; {@link #state()}
 * carries it.
 *
 * <p>Not thread-safe. Owns its generators until closed.
 */
public final class RngSuite implements AutoCloseable {

    private final Generator cpu;
    private final @Nullable Generator cuda;
    private SplitMix64 java;

    /**
     * The state of a suite, as plain values.
     *
     * @param java the Java stream's state
     * @param cpu the CPU generator's state
     * @param cuda the CUDA generator's state, or null if there is no device
     */
    public record State(long java, byte[] cpu, byte @Nullable [] cuda) {}

    private RngSuite(SplitMix64 java, Generator cpu, @Nullable Generator cuda) {
        this.java = java;
        this.cpu = cpu;
        this.cuda = cuda;
    }

    /**
     * Creates a suite.
     *
     * @param seed any number; from 0 to 2^32 - 1, the LibTorch generators are those of PyTorch's
     *     {@code torch.Generator().manual_seed(seed)}
     */
    public static RngSuite create(long seed) {
        return new RngSuite(new SplitMix64(seed), Generators.seeded(seed), Generators.seededOnCuda(seed));
    }

    /** The stream for Java code, until the next {@link #restore}. */
    public RandomGenerator java() {
        return java;
    }

    /** The generator for operations on the CPU; owned by the suite. */
    public Generator cpu() {
        return cpu;
    }

    /** The generator for operations on the first CUDA device, if there is one; owned by the suite. */
    public Optional<Generator> cuda() {
        return Optional.ofNullable(cuda);
    }

    /** Copies the current state. */
    public State state() {
        return new State(java.state(), Generators.state(cpu), cuda == null ? null : Generators.state(cuda));
    }

    /**
     * Restores a state.
     *
     * @throws IllegalArgumentException if only one of the state and this suite has a CUDA generator
     */
    public void restore(State state) {
        if ((state.cuda == null) != (cuda == null)) {
            throw new IllegalArgumentException("state of other devices: cuda=" + (cuda != null) + ", expected="
                    + (state.cuda != null) + "; restore with a CUDA device if and only if it was saved with one");
        }
        java = new SplitMix64(state.java);
        Generators.restore(cpu, state.cpu);
        if (cuda != null && state.cuda != null) {
            Generators.restore(cuda, state.cuda);
        }
    }

    @Override
    public void close() {
        cpu.close();
        if (cuda != null) {
            cuda.close();
        }
    }
}
