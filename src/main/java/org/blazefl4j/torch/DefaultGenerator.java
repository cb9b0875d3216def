package org.blazefl4j.torch;

import java.nio.ByteBuffer;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * LibTorch's default CPU generator, which all threads of the process share and from which LibTorch's initialisers draw.
 */
public final class DefaultGenerator {

    private static final Object LOCK = new Object();

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
            try {
                generator.set_current_seed(seed);
                return body.get();
            } finally {
                generator.set_state(before);
                before.close();
            }
        }
    }

    /**
     * The generator's whole state, equal exactly if the next draws are. Waits while {@link #seeded} runs elsewhere.
     *
     * @return a copy
     */
    public static ByteBuffer state() {
        LibTorch.load();
        synchronized (LOCK) {
            try (Generator generator = torch.getDefaultCPUGenerator();
                    Tensor state = generator.get_state()) {
                byte[] copy = new byte[(int) state.numel()];
                state.data_ptr_byte().get(copy);
                return ByteBuffer.wrap(copy);
            }
        }
    }
}
