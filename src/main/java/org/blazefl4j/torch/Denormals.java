package org.blazefl4j.torch;

import org.blazefl4j.binding.Native;
import org.bytedeco.pytorch.Context;

/**
 * Whether the calling thread computes with zero instead of denormal numbers, PyTorch's {@code set_flush_denormal}.
 * Faster where such numbers come up, and other bits.
 *
 * <p>It belongs to each thread; trainers give clients what the thread has that calls {@code localProcess}. Threads that
 * LibTorch starts for one operation keep what the thread had that started them.
 */
public final class Denormals {

    private Denormals() {}

    /** Whether the calling thread flushes denormal numbers to zero. */
    public static boolean flushed() {
        return Native.flushesDenormals() != 0;
    }

    /** Makes the calling thread flush denormal numbers to zero or not, where the processor can. */
    public static void flush(boolean on) {
        if (on != flushed()) {
            LibTorch.load();
            Context.setFlushDenormal(on);
        }
    }
}
