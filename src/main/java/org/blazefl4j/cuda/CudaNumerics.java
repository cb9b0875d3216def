package org.blazefl4j.cuda;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.IntSupplier;
import org.blazefl4j.torch.LibTorch;
import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.Float32Backend;
import org.bytedeco.pytorch.global.torch.Float32Op;
import org.bytedeco.pytorch.global.torch.Float32Precision;

/**
 * The settings of this process with which computing on CUDA repeats its bits, while a trainer on CUDA is open: float32
 * without TF32 in cuDNN, as in cuBLAS unless {@code setFloat32MatmulPrecision} asks for less; deterministic algorithms
 * alone, chosen without measuring; and no filling of new tensors, which would be a kernel more for each.
 *
 * <p>Worker processes take them over from their parent, with its numeric environment. Who wants TF32 sets it after the
 * trainer was made.
 */
public final class CudaNumerics implements AutoCloseable {

    /** A setting, and the value to compute with. */
    private record Setting(IntSupplier get, IntConsumer set, int wanted) {}

    private record Replaced(Setting setting, int before) {}

    private static final CudaNumerics NONE = new CudaNumerics();

    private static int open;
    private static List<Replaced> replaced = List.of();

    private boolean closed;

    private CudaNumerics() {}

    /** Applies the settings until the last scope is closed. Changes nothing for the CPU. */
    public static CudaNumerics scope(boolean cpu) {
        return cpu ? NONE : apply();
    }

    private static synchronized CudaNumerics apply() {
        if (open++ == 0) {
            List<Replaced> changes = new ArrayList<>();
            for (Setting setting : settings()) {
                int before = setting.get().getAsInt();
                if (before != setting.wanted()) {
                    setting.set().accept(setting.wanted());
                    changes.add(new Replaced(setting, before));
                }
            }
            replaced = changes;
        }
        return new CudaNumerics();
    }

    private static List<Setting> settings() {
        LibTorch.load();
        Context context = torch.globalContext();
        return List.of(
                new Setting(
                        () -> number(context.deterministicAlgorithms()),
                        on -> context.setDeterministicAlgorithms(on != 0, context.deterministicAlgorithmsWarnOnly()),
                        1),
                new Setting(
                        () -> number(context.deterministicFillUninitializedMemory()),
                        on -> context.setDeterministicFillUninitializedMemory(on != 0),
                        0),
                new Setting(
                        () -> number(context.deterministicCuDNN()), on -> context.setDeterministicCuDNN(on != 0), 1),
                new Setting(() -> number(context.benchmarkCuDNN()), on -> context.setBenchmarkCuDNN(on != 0), 0),
                precision(context, Float32Op.CONV),
                precision(context, Float32Op.RNN));
    }

    private static int number(boolean on) {
        return on ? 1 : 0;
    }

    private static Setting precision(Context context, Float32Op op) {
        int backend = Float32Backend.CUDA.value;
        return new Setting(
                () -> context.float32Precision(backend, op.value),
                value -> context.setFloat32Precision(backend, op.value, value),
                Float32Precision.IEEE.value);
    }

    /** Puts back what was replaced if this is the last scope, except settings that were changed since. */
    @Override
    public void close() {
        if (this == NONE) {
            return;
        }
        synchronized (CudaNumerics.class) {
            if (closed) {
                return;
            }
            closed = true;
            if (--open == 0) {
                for (Replaced change : replaced) {
                    if (change.setting().get().getAsInt() == change.setting().wanted()) {
                        change.setting().set().accept(change.before());
                    }
                }
                replaced = List.of();
            }
        }
    }
}
