package org.blazefl4j.model;

import java.util.Locale;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Whether a model computes its matrix products and convolutions in a shorter type, like PyTorch's {@code autocast}. */
public enum Autocast {
    /** Computes everything in float32. */
    OFF,
    /** Computes in bfloat16: 8 bits of precision, faster on processors that support it. Parameters stay float32. */
    BFLOAT16;

    /** Runs a computation in this mode on the given type of device; restores the thread's settings. Returns float32. */
    Tensor compute(DeviceType device, Supplier<Tensor> computation) {
        if (this == OFF) {
            return computation.get();
        }
        boolean enabled = torch.is_autocast_enabled(device);
        boolean cached = torch.is_autocast_cache_enabled();
        ScalarType dtype = torch.get_autocast_dtype(device);
        torch.set_autocast_enabled(device, true);
        torch.set_autocast_dtype(device, ScalarType.BFloat16);
        torch.set_autocast_cache_enabled(false); // would keep casts of parameters that steps have since changed
        Tensor result;
        try {
            result = computation.get();
        } finally {
            torch.set_autocast_enabled(device, enabled);
            torch.set_autocast_dtype(device, dtype);
            torch.set_autocast_cache_enabled(cached);
        }
        return result.to(ScalarType.Float);
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
