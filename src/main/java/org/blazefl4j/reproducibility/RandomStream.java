package org.blazefl4j.reproducibility;

import java.util.Objects;
import org.blazefl4j.binding.Retained;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * A random stream with the numbers of a LibTorch CPU generator. It draws in Java, without a call of LibTorch, until
 * something asks for the {@link #generator()}, and from there on by that: the numbers are the same.
 *
 * <pre>{@code
 * try (RandomStream stream = RandomStreams.stream(42, cid, round, "shuffle")) {
 *     long[] order = stream.permutation(500); // torch.randperm(500, generator)
 * }
 * }</pre>
 *
 * <p>Not thread-safe.
 */
public final class RandomStream implements AutoCloseable {

    /** Below this LibTorch draws 32 bits for each element of a permutation. */
    private static final long FEW = 0xffffffffL / 20;

    private final long seed;
    private final boolean owner;
    private @Nullable MersenneTwister twister;
    private @Nullable Generator generator;

    private RandomStream(long seed, @Nullable MersenneTwister twister, @Nullable Generator generator) {
        this.seed = seed;
        this.twister = twister;
        this.generator = generator;
        this.owner = generator == null;
    }

    /** Returns the stream of a CPU generator, which stays the caller's. */
    public static RandomStream of(Generator generator) {
        return new RandomStream(0, null, generator);
    }

    /** Returns the stream of {@link Generators#spread}. */
    static RandomStream spread(long seed) {
        return new RandomStream(seed, new MersenneTwister(Generators.words(seed)), null);
    }

    /** Returns the generator at this place in the stream: the same object at each call, owned by the stream. */
    public Generator generator() {
        MersenneTwister drawn = twister;
        if (drawn != null) {
            generator = Retained.free(() -> Generators.at(seed, drawn));
            twister = null;
        }
        return Objects.requireNonNull(generator);
    }

    /** Draws an integer in [0, 2<sup>63</sup>) as {@code torch.empty((), dtype=torch.int64).random_()} does. */
    public long nextLong() {
        MersenneTwister own = twister;
        if (own != null) {
            long high = own.nextInt();
            return (high << 32 | Integer.toUnsignedLong(own.nextInt())) & Long.MAX_VALUE;
        }
        try (GeneratorOptional from = new GeneratorOptional(generator());
                TensorOptions longs = new TensorOptions(ScalarType.Long);
                Tensor drawn = torch.empty(new long[0], longs, null)) {
            return drawn.random_(from).item_long();
        }
    }

    /**
     * Draws a permutation of the numbers from 0 to {@code n - 1} as {@code torch.randperm(n)} does.
     *
     * @param n 0 or more
     */
    public long[] permutation(int n) {
        MersenneTwister own = n < FEW ? twister : null;
        return own == null ? byLibTorch(n) : shuffled(n, own);
    }

    private static long[] shuffled(int n, MersenneTwister twister) {
        long[] order = new long[n];
        for (int i = 0; i < n; i++) {
            order[i] = i;
        }
        for (int i = 0; i < n - 1; i++) {
            int other = i + (int) (Integer.toUnsignedLong(twister.nextInt()) % (n - i));
            long value = order[i];
            order[i] = order[other];
            order[other] = value;
        }
        return order;
    }

    private long[] byLibTorch(int n) {
        long[] order = new long[n];
        try (GeneratorOptional from = new GeneratorOptional(generator());
                Tensor drawn = torch.randperm(n, from)) {
            if (n > 0) {
                drawn.data_ptr_long().get(order);
            }
        }
        return order;
    }

    /** Frees the generator, if this stream made one. Safe to call twice. */
    @Override
    public void close() {
        if (owner && generator != null) {
            generator.close();
        }
    }
}
