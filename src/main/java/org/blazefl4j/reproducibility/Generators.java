package org.blazefl4j.reproducibility;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.torch.LibTorch;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch_cuda;
import org.jspecify.annotations.Nullable;

/** LibTorch's generators: creation from 64-bit seeds, state as bytes, and those on CUDA devices. */
final class Generators {

    /** The offsets in {@code Generator.get_state()}: of the twister's numbers left, of the next one, of its words. */
    private static final int LEFT_AT = 8;

    private static final int NEXT_AT = 16;
    /** Each has 8 bytes. */
    private static final int WORDS_AT = 24;

    private Generators() {}

    /**
     * Returns a CPU generator, an mt19937, for one of very many streams. LibTorch itself uses only the low 32 bits of a
     * seed, with which two of ten thousand random streams would collide with a probability of 1 %. So this fills the
     * 624 words with the upper halves of the {@link SplitMix64} sequence from {@code seed}.
     */
    static Generator spread(long seed) {
        return at(seed, new MersenneTwister(words(seed)));
    }

    /** Returns the words of {@link #spread}. */
    static int[] words(long seed) {
        SplitMix64 random = new SplitMix64(seed);
        int[] words = new int[MersenneTwister.WORDS];
        for (int i = 0; i < words.length; i++) {
            words[i] = (int) (random.nextLong() >>> 32);
        }
        return words;
    }

    /**
     * Returns a CPU generator that goes on where a twister is.
     *
     * @param seed what the generator calls its initial seed
     */
    static Generator at(long seed, MersenneTwister twister) {
        LibTorch.load();
        Generator generator = torch.createCPUGenerator(seed);
        try (Tensor state = generator.get_state()) {
            ByteBuffer bytes =
                    state.data_ptr_byte().capacity(state.numel()).asByteBuffer().order(ByteOrder.nativeOrder());
            for (int i = 0; i < MersenneTwister.WORDS; i++) {
                bytes.putLong(WORDS_AT + Long.BYTES * i, twister.word(i));
            }
            bytes.putInt(LEFT_AT, MersenneTwister.WORDS + 1 - twister.next());
            bytes.putLong(NEXT_AT, twister.next() % MersenneTwister.WORDS);
            generator.set_state(state);
        }
        return generator;
    }

    /** Returns the CPU generator of PyTorch's {@code manual_seed} for 32-bit seeds; {@link #spread} for larger ones. */
    static Generator seeded(long seed) {
        LibTorch.load();
        return seed >>> 32 == 0 ? torch.createCPUGenerator(seed) : spread(seed);
    }

    /** Returns a new generator on the first CUDA device, or null if there is none. */
    static @Nullable Generator seededOnCuda(long seed) {
        if (!torch.hasCUDA()) {
            return null;
        }
        Generator generator = torch_cuda.make_generator_cuda((byte) 0);
        generator.set_current_seed(seed);
        return generator;
    }

    /** Returns the default generator of each CUDA device. */
    static List<Generator> cudaDefaults() {
        List<Generator> generators = new ArrayList<>();
        if (torch.hasCUDA()) {
            for (byte i = 0; i < torch_cuda.device_count(); i++) {
                try (Device device = new Device(torch.DeviceType.CUDA, i)) {
                    generators.add(torch.globalContext().defaultGenerator(device));
                }
            }
        }
        return generators;
    }

    /** Copies the state of a generator. */
    static byte[] state(Generator generator) {
        try (Tensor state = generator.get_state()) {
            byte[] copy = new byte[(int) state.numel()];
            state.data_ptr_byte().get(copy);
            return copy;
        }
    }

    /**
     * Restores a state.
     *
     * @param saved the {@link #state} of a generator of the same device type, in this process or another
     * @throws IllegalArgumentException if it has another length
     */
    static void restore(Generator generator, byte[] saved) {
        try (Tensor state = generator.get_state()) {
            if (saved.length != state.numel()) {
                throw new IllegalArgumentException(
                        "state of another kind of generator: bytes=" + saved.length + ", expected=" + state.numel()
                                + "; restore a state saved from a generator of the same device");
            }
            state.data_ptr_byte().put(saved);
            generator.set_state(state);
        }
    }
}
