package org.blazefl4j.model;

import java.util.Locale;
import java.util.Objects;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Settings that change a model's speed and rounding, and so the bits of a result: part of an experiment.
 *
 * <pre>{@code
 * ModelSelector<Name> models = new Nets(42).with(new Numerics(MemoryLayout.CHANNELS_LAST, Autocast.OFF));
 * }</pre>
 *
 * @param layout the memory layout of batches of images
 * @param autocast whether to compute products in a shorter type
 * @param engine what computes training and evaluation
 */
public record Numerics(MemoryLayout layout, Autocast autocast, Engine engine) {

    /** The model's own choice of layout and engine, everything in float32. */
    public static final Numerics DEFAULT = new Numerics(MemoryLayout.AUTO, Autocast.OFF);

    public Numerics {
        Objects.requireNonNull(layout, "layout");
        Objects.requireNonNull(autocast, "autocast");
        Objects.requireNonNull(engine, "engine");
    }

    /** Leaves the choice of the engine to the model. */
    public Numerics(MemoryLayout layout, Autocast autocast) {
        this(layout, autocast, Engine.AUTO);
    }

    /** Returns these settings with another engine. */
    public Numerics withEngine(Engine engine) {
        return new Numerics(layout, autocast, engine);
    }

    /** The memory layout of a batch of images. LibTorch chooses its kernels by it, which changes speed and rounding. */
    public enum MemoryLayout {
        /** The model's own choice: {@link Model#quickestLayout}. */
        AUTO,
        /** Image by image, channel by channel, row by row (NCHW). */
        CONTIGUOUS,
        /** Image by image, pixel by pixel, all its channels together (NHWC). Parameters stay as they are. */
        CHANNELS_LAST;

        /**
         * Converts a batch to this layout, not {@code AUTO}. Returns the same tensor if there is nothing to convert.
         */
        Tensor apply(Tensor x) {
            if (x.dim() != 4) {
                return x;
            }
            MemoryFormat format = this == CHANNELS_LAST ? MemoryFormat.ChannelsLast : MemoryFormat.Contiguous;
            long[] size = x.shape();
            long[] strides = strides(size);
            if (hasStrides(x, strides)) {
                return x;
            }
            // With a single channel, memory is the same in both layouts; only the strides tell which one is meant.
            return x.is_contiguous(format) ? x.as_strided(size, strides) : x.contiguous(format);
        }

        private static boolean hasStrides(Tensor x, long[] strides) {
            for (int dimension = 0; dimension < strides.length; dimension++) {
                if (x.stride(dimension) != strides[dimension]) {
                    return false;
                }
            }
            return true;
        }

        private long[] strides(long[] size) {
            long channels = size[1];
            long rows = size[2];
            long columns = size[3];
            long image = channels * rows * columns;
            return this == CHANNELS_LAST
                    ? new long[] {image, 1, columns * channels, channels}
                    : new long[] {image, rows * columns, columns, 1};
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Whether a model computes its matrix products and convolutions in a shorter type, like PyTorch's {@code autocast}.
     */
    public enum Autocast {
        /** Computes everything in float32. */
        OFF,
        /** Computes in bfloat16: 8 bits of precision, faster on processors that support it. Parameters stay float32. */
        BFLOAT16;

        /**
         * Runs a computation in this mode on the given type of device; restores the thread's settings. Returns float32.
         */
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
}
