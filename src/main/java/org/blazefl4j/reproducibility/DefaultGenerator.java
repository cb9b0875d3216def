package org.blazefl4j.reproducibility;

import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Supplier;
import org.blazefl4j.torch.LibTorch;
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

    /** The numbers of {@link #seeded} calls that have begun and ended; written under the lock. */
    private static volatile int begun;

    private static volatile int ended;

    private DefaultGenerator() {}

    /**
     * Runs {@code body} with the default generator seeded, then restores its state. Runs one body at a time in the
     * process, so its draws depend only on the seed.
     *
     * @param seed the seed, as for PyTorch's {@code manual_seed}
     * @param body draws from the default generator, for example builds a model
     * @return the body's result; not attached to a pointer scope of this method
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
                Live.MEMBERS.put(0, members); // set_state changes padding, which movedSince would take for a draw
                ended++;
            }
        }
    }

    /** Copies the generator's state. Waits while {@link #seeded} runs in another thread. */
    public static byte[] state() {
        LibTorch.load();
        synchronized (LOCK) {
            try (Generator generator = torch.getDefaultCPUGenerator()) {
                return Generators.state(generator);
            }
        }
    }

    /**
     * Restores a state. Waits while {@link #seeded} runs in another thread.
     *
     * @param saved the result of {@link #state()}, in this process or another
     * @throws IllegalArgumentException if it has another length
     */
    public static void restore(byte[] saved) {
        LibTorch.load();
        synchronized (LOCK) {
            try (Generator generator = torch.getDefaultCPUGenerator()) {
                Generators.restore(generator, saved);
            }
        }
    }

    /**
     * Whether the generator has certainly not moved, without waiting. False while {@link #seeded} runs; then call
     * {@link #movedSince}.
     *
     * @param last an array from {@link #look()}
     */
    public static boolean isStillAt(byte[] last) {
        int runs = ended;
        if (begun != runs || Live.MEMBERS.mismatch(ByteBuffer.wrap(last)) >= 0) {
            return false;
        }
        VarHandle.acquireFence(); // the members are read before the counter
        return begun == runs;
    }

    /**
     * Whether the generator was drawn from or seeded since {@code last} was filled. Cheap enough to call around each
     * client. Waits while {@link #seeded} runs in another thread.
     *
     * @param last an array from {@link #look()}; updated
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

    /** Returns an array for {@link #movedSince}. */
    public static byte[] look() {
        LibTorch.load();
        byte[] last = new byte[Live.MEMBERS.capacity()];
        movedSince(last);
        return last;
    }

    /**
     * Returns the seed and the offset of the default generator of each CUDA device, which draws and seeding change.
     * Calls CUDA; returns an empty array where LibTorch finds no device.
     */
    public static long[] lookOnDevices() {
        LibTorch.load();
        List<Generator> generators = Generators.cudaDefaults();
        long[] states = new long[2 * generators.size()];
        for (int i = 0; i < generators.size(); i++) {
            try (Generator generator = generators.get(i)) {
                states[2 * i] = generator.current_seed();
                states[2 * i + 1] = generator.get_offset();
            }
        }
        return states;
    }

    /**
     * The members that LibTorch's CPU generator adds to the base class of generators: the Mersenne twister and its
     * stored normal numbers. Read in place, because copying by {@code get_state} costs more than everything else around
     * a small client. The default generator lives as long as the process.
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
