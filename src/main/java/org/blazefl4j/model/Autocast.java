package org.blazefl4j.model;

import java.util.Locale;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Whether a model computes its matrix products and convolutions in a shorter type, as PyTorch's {@code autocast}. */
public enum Autocast {
    /** All in float32. */
    OFF,
    /**
     * In bfloat16: 8 bits of precision, quicker where the processor has instructions for it. Parameters stay float32.
     */
    BFLOAT16;

    /** What a computation on that kind of device gives under this; float32. The thread's own settings are put back. */
    Tensor of(DeviceType device, Supplier<Tensor> computation) {
        if (this == OFF) {
            return computation.get();
        }
        boolean enabled = torch.is_autocast_enabled(device);
        boolean cached = torch.is_autocast_cache_enabled();
        ScalarType dtype = torch.get_autocast_dtype(device);
        torch.set_autocast_enabled(device, true);
        torch.set_autocast_dtype(device, ScalarType.BFloat16);
        torch.set_autocast_cache_enabled(false); // it would keep casts of parameters that a step has changed since
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

    /** The name in lower case. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
