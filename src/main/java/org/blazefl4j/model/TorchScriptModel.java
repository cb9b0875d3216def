package org.blazefl4j.model;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.model.Numerics.Autocast;
import org.blazefl4j.model.Numerics.MemoryLayout;
import org.blazefl4j.reproducibility.DefaultGenerator;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.torch.NumericEnvironment;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Arguments;
import org.blazefl4j.util.Causes;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.ClassType;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.JitModule;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * {@link Model#torchScript}. Registers the module's own tensors, by which everything reads, loads, binds and moves
 * them; the module sees every change, because it holds the same tensors.
 *
 * <p>LibTorch's executor of modules rewrites a graph after its first runs, which can change the rounding: bits would
 * depend on how often a worker had run it. It is told to run graphs as they are.
 */
final class TorchScriptModel extends Model {

    private final Path file;
    private final JitModule module;
    private final TorchScriptDraws draws;
    private final boolean channelsLast;

    /** A part of the module. Only its tensors and their names count. */
    private static final class Part extends Model {
        @Override
        public Tensor forward(Tensor x) {
            throw new UnsupportedOperationException("the whole module computes");
        }
    }

    TorchScriptModel(Path file) {
        this.file = file;
        LibTorch.load();
        try (PointerScope scope = new PointerScope()) {
            module = load(file).retainReference();
            draws = TorchScriptDraws.of(module);
            boolean inEachLayout = TorchScriptViews.replaceIn(module);
            TorchScriptPooling.replaceIn(module);
            channelsLast = TorchScriptConvolutions.replaceIn(module, file) && inEachLayout;
            register(module, this, "");
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private static JitModule load(Path file) {
        try {
            return torch.load(file.toString(), new DeviceOptional(new Device("cpu")), false);
        } catch (RuntimeException e) {
            throw new IllegalArgumentException(
                    "not a TorchScript file: file=" + file + ", found=" + firstLine(e)
                            + ", expected=one of torch.jit.script(net).save(...)",
                    e);
        }
    }

    private static String firstLine(RuntimeException e) {
        return Causes.describe(e).lines().findFirst().orElse("");
    }

    private void register(JitModule from, Model to, String prefix) {
        ClassType type = from.type();
        List<String> names = new ArrayList<>();
        for (long i = 0; i < type.numAttributes(); i++) {
            names.add(type.getAttributeName(i).getString());
        }
        for (int i = 0; i < names.size(); i++) {
            String name = names.get(i);
            IValue value = from.attr(name);
            if (value.isModule()) {
                register(new JitModule(value.toObject()), to.register(name, new Part()), prefix + name + ".");
            } else if (value.isTensor() && value.toTensor().defined()) {
                register(name, new Tensor(value.toTensor()), type.is_parameter(i), type.is_buffer(i), to, prefix);
            }
        }
    }

    private void register(String name, Tensor tensor, boolean isParameter, boolean isBuffer, Model to, String prefix) {
        if (!isParameter && !isBuffer) {
            return;
        }
        ScalarType dtype = Tensors.type(tensor);
        boolean counts = isBuffer && !tensor.is_floating_point() && !tensor.is_complex();
        Arguments.require(
                dtype == ScalarType.Float || counts,
                "TorchScript module cannot be trained: file=" + file + ", tensor=" + prefix + name + ", dtype=" + dtype
                        + ", expected=Float; save net.float()");
        if (!tensor.is_contiguous()) {
            tensor.set_data(tensor.detach().contiguous());
        }
        if (isBuffer) {
            to.buffer(name, tensor);
        } else {
            boolean trainable = tensor.requires_grad();
            to.parameter(name, tensor).set_requires_grad(trainable);
        }
    }

    /**
     * Returns channels last for networks with convolutions, in float32 on a CPU without AVX-512, where oneDNN pools
     * contiguous images by plain code. Networks whose code depends on how images lie in memory get contiguous ones.
     */
    @Override
    protected MemoryLayout quickestLayout(Autocast autocast) {
        return quickestLayout(autocast, NumericEnvironment.hasAvx512());
    }

    MemoryLayout quickestLayout(Autocast autocast, boolean avx512) {
        return channelsLast && !avx512 && autocast == Autocast.OFF && isOnCpu()
                ? MemoryLayout.CHANNELS_LAST
                : MemoryLayout.CONTIGUOUS;
    }

    private boolean isOnCpu() {
        try (PointerScope scope = new PointerScope()) {
            TensorVector parameters = parameters();
            return parameters.empty() || parameters.get(0).is_cpu();
        }
    }

    @Override
    public Tensor forward(Tensor x) {
        if (module.is_training() != is_training()) {
            module.train(is_training());
        }
        boolean mayDraw = draws == TorchScriptDraws.ALWAYS || draws == TorchScriptDraws.IN_TRAINING && is_training();
        return mayDraw ? seeded(x) : run(x);
    }

    /** Lets the module draw, in training from the client's stream, one run in the process at a time. */
    private Tensor seeded(Tensor x) {
        return DefaultGenerator.seeded(is_training() ? seed() : 0, () -> {
            byte[] before = DefaultGenerator.look();
            Tensor output = run(x);
            if (is_training() && DefaultGenerator.movedSince(before)) {
                generator(); // fails if there is none
            }
            return output;
        });
    }

    private long seed() {
        if (!hasGenerator()) {
            return 0; // enough for a pass that does not draw
        }
        try (PointerScope scope = new PointerScope()) {
            Tensor number = torch.empty(new long[] {1}, new TensorOptions(ScalarType.Long), null);
            return number.random_(new GeneratorOptional(generator())).item_long();
        }
    }

    private Tensor run(Tensor x) {
        boolean optimised = torch.getGraphExecutorOptimize();
        torch.setGraphExecutorOptimize(false); // of this thread
        try (IValue input = new IValue(x);
                IValueVector inputs = new IValueVector(input);
                IValue output = module.forward(inputs)) {
            Arguments.require(
                    output.isTensor(),
                    "TorchScript module with another output: file=" + file + ", output="
                            + output.tagKind().getString() + ", expected=Tensor; save a module that returns one");
            return new Tensor(output.toTensor()); // that one is a part of the output
        } catch (IllegalArgumentException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new IllegalStateException("TorchScript module failed: file=" + file + ", found=" + reason(e), e);
        } finally {
            torch.setGraphExecutorOptimize(optimised);
        }
    }

    /** Returns the last line with an error; a trace of the module's code precedes it. */
    private static String reason(RuntimeException e) {
        String message = String.valueOf(e.getMessage());
        return message.lines()
                .filter(line -> line.matches("[\\w.]*(Error|Exception): .*"))
                .reduce((first, last) -> last)
                .map(line -> line.substring(line.indexOf(": ") + 2))
                .orElseGet(() -> firstLine(e));
    }

    @Override
    public void close() {
        super.close();
        if (module != null && !module.isNull()) {
            module.close();
        }
    }
}
