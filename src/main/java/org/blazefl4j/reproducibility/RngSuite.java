package org.blazefl4j.reproducibility;

import java.util.Optional;
import org.blazefl4j.torch.GeneratorStates;
import org.bytedeco.pytorch.Generator;

/**
 * A Java random stream, a LibTorch generator on the CPU and, where there is a CUDA device, one there, all from one
 * seed. One suite per client, kept across rounds, is an alternative to {@link RandomStreams} for algorithms that keep
 * state; {@link #state()} carries it.
 *
 * <p>Not thread-safe. Owns its generators until closed.
 */
public final class RngSuite implements AutoCloseable {

    private final Generator cpu;
    private final Generator cuda;
    private SplitMix64 java;

    /**
     * What a suite has to be restored with to go on as another does; plain values.
     *
     * @param java the Java stream's state
     * @param cpu the CPU generator's state
     * @param cuda the CUDA generator's state, or null if there is no device
     */
    public record State(long java, byte[] cpu, byte[] cuda) {}

    private RngSuite(SplitMix64 java, Generator cpu, Generator cuda) {
        this.java = java;
        this.cpu = cpu;
        this.cuda = cuda;
    }

    /**
     * A new suite.
     *
     * @param seed any number; for one from 0 to 2^32 - 1 the LibTorch generators are those of PyTorch's
     *     {@code torch.Generator().manual_seed(seed)}
     */
    public static RngSuite create(long seed) {
        return new RngSuite(new SplitMix64(seed), MersenneTwister.seeded(seed), CudaGenerators.seeded(seed));
    }

    /** The stream for Java code. */
    public SplitMix64 java() {
        return java;
    }

    /** The generator for operations on the CPU; the suite's own, not to be closed. */
    public Generator cpu() {
        return cpu;
    }

    /** The generator for operations on the first CUDA device, if there is one; the suite's own, not to be closed. */
    public Optional<Generator> cuda() {
        return Optional.ofNullable(cuda);
    }

    /** A copy of the present state. */
    public State state() {
        return new State(java.state(), GeneratorStates.of(cpu), cuda == null ? null : GeneratorStates.of(cuda));
    }

    /**
     * Puts a state back.
     *
     * @throws IllegalArgumentException if it was taken of a suite with a CUDA generator and this one has none, or the
     *     other way round
     */
    public void restore(State state) {
        if ((state.cuda == null) != (cuda == null)) {
            throw new IllegalArgumentException("other devices than at capture: cuda=" + (cuda != null) + ", limit="
                    + (state.cuda != null) + "; restore where there is a CUDA device as well, or none as well");
        }
        java = new SplitMix64(state.java);
        GeneratorStates.restore(cpu, state.cpu);
        if (cuda != null) {
            GeneratorStates.restore(cuda, state.cuda);
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
