package org.blazefl4j.torch;

import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.function.Supplier;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.CPUGeneratorImpl;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorImpl;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * LibTorch's default CPU generator, which all threads of the process share and from which LibTorch's initialisers draw.
 */
public final class DefaultGenerator {

    private static final Object LOCK = new Object();

    /** Runs of {@link #seeded} that have begun and ended; written under the lock. */
    private static volatile int begun;

    private static volatile int ended;

    private DefaultGenerator() {}

    /**
     * Runs {@code body} with the default generator seeded, and puts its state back. One at a time in the process, so
     * what the body draws depends on the seed alone.
     *
     * @param seed the seed, as for PyTorch's {@code manual_seed}
     * @param body draws from the default generator; builds a model, say
     * @return what the body returned; not attached to a pointer scope of this method
     */
    public static <T> T seeded(long seed, Supplier<? extends T> body) {
        LibTorch.load();
        synchronized (LOCK) {
            Generator generator = torch.getDefaultCPUGenerator();
            Tensor before = generator.get_state();
            byte[] members = new byte[Live.MEMBERS.capacity()];
            Live.MEMBERS.get(0, members);
            begun++;
            try {
                generator.set_current_seed(seed);
                return body.get();
            } finally {
                generator.set_state(before);
                before.close();
                Live.MEMBERS.put(0, members); // set_state leaves other padding, which a look would take for a draw
                ended++;
            }
        }
    }

    /** A copy of the generator's whole state. Waits while {@link #seeded} runs elsewhere. */
    public static byte[] state() {
        LibTorch.load();
        synchronized (LOCK) {
            try (Generator generator = torch.getDefaultCPUGenerator()) {
                return GeneratorStates.of(generator);
            }
        }
    }

    /**
     * Puts a state back. Waits while {@link #seeded} runs elsewhere.
     *
     * @param saved what {@link #state()} returned, in this process or another
     * @throws IllegalArgumentException if it has another length
     */
    public static void restore(byte[] saved) {
        LibTorch.load();
        synchronized (LOCK) {
            try (Generator generator = torch.getDefaultCPUGenerator()) {
                GeneratorStates.restore(generator, saved);
            }
        }
    }

    /**
     * Whether it can be seen, without waiting for anybody, that the generator has not moved. False while
     * {@link #seeded} runs; then {@link #movedSince} tells.
     *
     * @param last an array from {@link #look()}
     */
    public static boolean isStillAt(byte[] last) {
        int runs = ended;
        if (begun != runs || Live.MEMBERS.mismatch(ByteBuffer.wrap(last)) >= 0) {
            return false;
        }
        VarHandle.acquireFence(); // the members were read before what comes
        return begun == runs;
    }

    /**
     * Looks whether the generator moved: whether a draw, or a new seed, lies between the look that filled {@code last}
     * and this one. Cheap, so that it can be asked around each client. Waits while {@link #seeded} runs elsewhere.
     *
     * @param last an array from {@link #look()}; brought up to date
     */
    public static boolean movedSince(byte[] last) {
        synchronized (LOCK) {
            if (Live.MEMBERS.mismatch(ByteBuffer.wrap(last)) < 0) {
                return false;
            }
            Live.MEMBERS.get(0, last);
            return true;
        }
    }

    /** What {@link #movedSince} compares with. */
    public static byte[] look() {
        LibTorch.load();
        byte[] last = new byte[Live.MEMBERS.capacity()];
        movedSince(last);
        return last;
    }

    /**
     * The members that LibTorch's CPU generator adds to the base class of all generators: the Mersenne twister and what
     * it has in store for normal numbers. Read in place, for a copy by {@code get_state} costs more than all else that
     * surrounds a small client. The default generator is there as long as the process.
     */
    private static final class Live {

        static final ByteBuffer MEMBERS = members();

        private static ByteBuffer members() {
            try (PointerScope scope = new PointerScope()) {
                GeneratorImpl base = torch.getDefaultCPUGenerator().unsafeGetGeneratorImpl();
                int from = base.sizeof();
                int to = new CPUGeneratorImpl(base).sizeof();
                return new BytePointer(base)
                        .position(from)
                        .limit(to)
                        .asByteBuffer()
                        .slice();
            }
        }
    }
}
