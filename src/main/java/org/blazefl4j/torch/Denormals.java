package org.blazefl4j.torch;

import org.blazefl4j.binding.Native;
import org.bytedeco.pytorch.Context;

/**
 * Whether the calling thread replaces denormal numbers by zero, PyTorch's {@code set_flush_denormal}. This is faster if
 * such numbers occur, and changes bits.
 *
 * <p>The setting belongs to the thread. Trainers give clients the setting of the thread that calls
 * {@code localProcess}; LibTorch's threads within one operation inherit that of the thread that starts them.
 */
public final class Denormals {

    private Denormals() {}

    /** Whether the calling thread flushes denormal numbers to zero. */
    public static boolean flushed() {
        return Native.flushesDenormals() != 0;
    }

    /** Sets whether the calling thread flushes denormal numbers to zero, if the processor supports it. */
    public static void flush(boolean on) {
        if (on != flushed()) {
            LibTorch.load();
            Context.setFlushDenormal(on);
        }
    }
}
