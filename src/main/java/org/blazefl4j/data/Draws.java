package org.blazefl4j.data;

import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** Random numbers for transforms: one per sample of a batch, on the CPU. */
final class Draws {

    private Draws() {}

    /** Draws float32 of shape [n], uniform over [0, 1). */
    static Tensor uniform(long n, @Nullable Generator generator, Transform user) {
        try (GeneratorOptional from = required(generator, user)) {
            return torch.rand(new long[] {n}, from);
        }
    }

    /** Draws int64 of shape [n], uniform over 0 to bound - 1. */
    static Tensor below(long bound, long n, @Nullable Generator generator, Transform user) {
        try (GeneratorOptional from = required(generator, user)) {
            return torch.randint(bound, new long[] {n}, from);
        }
    }

    private static GeneratorOptional required(@Nullable Generator generator, Transform user) {
        if (generator == null) {
            throw new IllegalArgumentException("random transform without a generator: transform=" + user
                    + ", generator=null, expected=a generator; give the loader one");
        }
        return new GeneratorOptional(generator);
    }
}
