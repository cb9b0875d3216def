package org.blazefl4j.reproducibility;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * LibTorch's CPU generator, an mt19937, from a whole 64-bit seed: LibTorch itself looks at the low 32 bits only, so
 * that streams with random seeds would begin to collide at some ten thousand.
 */
final class MersenneTwister {

    private static final int WORDS = 624;
    private static final int STATE = 24;

    private MersenneTwister() {}

    /**
     * A new generator. Its 624 words are the upper halves of the SplitMix64 sequence (Steele, Lea and Flood, OOPSLA
     * 2014) that starts at {@code seed}.
     */
    static Generator generator(long seed) {
        Generator generator = torch.createCPUGenerator(seed);
        try (Tensor state = generator.get_state()) {
            ByteBuffer bytes =
                    state.data_ptr_byte().capacity(state.numel()).asByteBuffer().order(ByteOrder.nativeOrder());
            long s = seed;
            for (int i = 0; i < WORDS; i++) {
                s += 0x9E3779B97F4A7C15L;
                bytes.putLong(STATE + 8 * i, mix(s) >>> 32);
            }
            generator.set_state(state);
        }
        return generator;
    }

    private static long mix(long s) {
        long z = (s ^ (s >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
