package org.blazefl4j.reproducibility;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.blazefl4j.torch.LibTorch;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** LibTorch's CPU generator, an mt19937, from seeds of 64 bits: LibTorch itself looks at the low 32 only. */
final class MersenneTwister {

    /** Where {@code Generator.get_state()} has the twister's words, each in 8 bytes. */
    private static final int WORDS_AT = 24;

    private static final int WORDS = 624;

    private MersenneTwister() {}

    /**
     * The generator of one of very many streams. Its 624 words are the upper halves of the {@link SplitMix64} sequence
     * from {@code seed}, so that streams with different seeds differ. (Filled from 32 bits, ten thousand random seeds
     * would already collide with probability 1 %.)
     */
    static Generator spread(long seed) {
        LibTorch.load();
        Generator generator = torch.createCPUGenerator(seed);
        try (Tensor state = generator.get_state()) {
            ByteBuffer bytes =
                    state.data_ptr_byte().capacity(state.numel()).asByteBuffer().order(ByteOrder.nativeOrder());
            SplitMix64 words = new SplitMix64(seed);
            for (int i = 0; i < WORDS; i++) {
                bytes.putLong(WORDS_AT + Long.BYTES * i, words.nextLong() >>> 32);
            }
            generator.set_state(state);
        }
        return generator;
    }

    /**
     * The generator that PyTorch's {@code manual_seed} gives, for seeds of 32 bits; larger ones are {@link #spread}.
     */
    static Generator seeded(long seed) {
        LibTorch.load();
        return seed >>> 32 == 0 ? torch.createCPUGenerator(seed) : spread(seed);
    }
}
