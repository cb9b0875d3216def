package org.blazefl4j.worker;

import org.blazefl4j.torch.IntraOpThreads;
import org.blazefl4j.torch.LibTorch;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A snapshot of the LibTorch settings of a thread: gradients, denormals, autocast and the number of intra-op threads.
 * The same thread can restore it once.
 */
final class ThreadSettings {

    private final boolean gradients = GradMode.is_enabled();
    private final boolean flushed = LibTorch.flushesDenormal();
    private final Autocast cpu = new Autocast(DeviceType.CPU);
    private final Autocast cuda = new Autocast(DeviceType.CUDA);
    private final boolean cached = torch.is_autocast_cache_enabled();
    private final int intraOpThreads = IntraOpThreads.current();
    private final IntraOpThreads intraOpScope = IntraOpThreads.scope(intraOpThreads);

    private ThreadSettings() {}

    private static final class Autocast {

        private final DeviceType device;
        private final boolean enabled;
        private final ScalarType dtype;

        Autocast(DeviceType device) {
            this.device = device;
            this.enabled = torch.is_autocast_enabled(device);
            this.dtype = torch.get_autocast_dtype(device);
        }

        void restore() {
            if (torch.is_autocast_enabled(device) != enabled) {
                torch.set_autocast_enabled(device, enabled);
            }
            if (torch.get_autocast_dtype(device).value != dtype.value) {
                torch.set_autocast_dtype(device, dtype);
            }
        }
    }

    /** Captures the calling thread's settings. */
    static ThreadSettings take() {
        LibTorch.load();
        return new ThreadSettings();
    }

    /** Returns the number of intra-op threads. */
    int intraOpThreads() {
        return intraOpThreads;
    }

    /** Restores all settings. */
    void restore() {
        GradMode.set_enabled(gradients);
        LibTorch.flushDenormal(flushed);
        cpu.restore();
        cuda.restore();
        if (torch.is_autocast_cache_enabled() != cached) {
            torch.set_autocast_cache_enabled(cached);
        }
        intraOpScope.close();
    }
}
