package org.blazefl4j.benchmarks;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.blazefl4j.contrib.support.TrainingLoop;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.StopEvent;
import org.blazefl4j.data.DataLoader;
import org.blazefl4j.data.Dataset;
import org.blazefl4j.data.TensorDataset;
import org.blazefl4j.model.Engine;
import org.blazefl4j.model.Layer;
import org.blazefl4j.model.Model;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.model.Numerics;
import org.blazefl4j.model.Sequential;
import org.blazefl4j.step.Descent;
import org.blazefl4j.step.ModelEngine;
import org.blazefl4j.step.StepEngine;
import org.blazefl4j.step.StepSamples;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Compares the steps per second of the native engine with those of LibTorch for the same declared net, trained as
 * clients train it: shuffled batches, plain SGD on the flat vector. Both run in one tuned process on one core, and
 * their epochs run in pairs, in alternating order.
 */
final class EngineSpeed {

    private static final double RATE = 0.01;
    private static final int AT_ONCE = 32;
    private static final Duration AT_LEAST = Duration.ofMillis(300);

    /** A net, the shape of its samples, the size of its batches, and the samples of an epoch. */
    private record Net(String name, Supplier<Model> make, int batch, int samples, long... sample) {

        static final List<Net> ALL = List.of(
                of(ModelName.CNN, 50, 1000, 3, 32, 32),
                of(ModelName.CNN, 32, 960, 3, 32, 32),
                of(ModelName.CNN, 50, 1000, 1, 28, 28),
                new Net("784-200-10", EngineSpeed::smallMlp, 10, 1000, 1, 28, 28),
                of(ModelName.MLP, 10, 1000, 1, 28, 28),
                of(ModelName.MCMAHAN, 10, 200, 1, 28, 28),
                inner(16, 32),
                inner(32, 64),
                inner(64, 64));

        private static Net of(ModelName name, int batch, int samples, int channels, int height, int width) {
            return new Net(
                    name + " " + channels + "x" + height + "x" + width,
                    () -> name.create(channels, height, width, 10),
                    batch,
                    samples,
                    channels,
                    height,
                    width);
        }

        /** A net that spends most of its time in a convolution with a gradient of its inputs. */
        private static Net inner(long in, long out) {
            Supplier<Model> make = () -> new Sequential()
                    .add(Layer.convolution(1, in, 1), Layer.relu(), Layer.convolution(in, out, 5, 2))
                    .add(Layer.maxPool(), Layer.relu(), Layer.flatten(), Layer.linear(49 * out, 10));
            return new Net(in + " to " + out + " 14x14", make, 32, 320, 1, 14, 14);
        }

        Tensor images() {
            long[] shape = new long[sample.length + 1];
            shape[0] = samples;
            System.arraycopy(sample, 0, shape, 1, sample.length);
            return torch.rand(shape);
        }

        Dataset dataset() {
            return new TensorDataset(
                    images(),
                    Tensors.of(LongStream.range(0, samples).map(i -> i % 10).toArray()));
        }

        Model model(Engine engine) {
            Model model = make.get();
            model.setNumerics(Numerics.DEFAULT.withEngine(engine));
            return model;
        }
    }

    private EngineSpeed() {}

    private static Model smallMlp() {
        return new Sequential().add(Layer.flatten(), Layer.linear(784, 200), Layer.relu(), Layer.linear(200, 10));
    }

    /**
     * Measures all nets.
     *
     * @param args {@code [--pairs n]}
     */
    static void run(String[] args, Consumer<Measurement> results) {
        LibTorch.tune();
        torch.set_num_threads(1);
        int at = Arrays.asList(args).indexOf("--pairs");
        int pairs = at < 0 ? 15 : Integer.parseInt(args[at + 1]);
        for (Net net : Net.ALL) {
            results.accept(measure(net, pairs));
        }
    }

    private static Measurement measure(Net net, int pairs) {
        Runnable ours = byEngine(net);
        Runnable beside = byLibTorch(net);
        Pairs measured = Pairs.measure(1, pairs, () -> stepsPerSecond(net, ours), () -> stepsPerSecond(net, beside));
        return Measurement.of(
                "engine " + net.name + " batch=" + net.batch,
                "steps/s",
                measured.first(),
                "LibTorch",
                measured.second());
    }

    /** Runs epochs for a while, so that the few of a short one that are interrupted do not count for much. */
    private static double stepsPerSecond(Net net, Runnable epoch) {
        long steps = 0;
        long start = System.nanoTime();
        long end = start;
        while (end - start < AT_LEAST.toNanos()) {
            epoch.run();
            steps += net.samples / net.batch;
            end = System.nanoTime();
        }
        return steps / ((end - start) * 1e-9);
    }

    private static DataLoader shuffled(Net net) {
        return new DataLoader(net.dataset(), net.batch, true, torch.createCPUGenerator(1));
    }

    private static Runnable byLibTorch(Net net) {
        Model model = net.model(Engine.LIBTORCH);
        FlatParameters state = FlatParameters.of(model);
        state.bind(state.flatten());
        model.train();
        TrainingLoop descent = new TrainingLoop(model, Device.CPU, state::dropGradients);
        DataLoader loader = shuffled(net);
        StopEvent stop = StopEvent.create();
        return () -> descent.run(loader, 1, TrainingLoop.Loss.CROSS_ENTROPY, () -> state.sgdStep(RATE), stop);
    }

    private static Runnable byEngine(Net net) {
        Model model = net.model(Engine.NATIVE);
        Tensor weights = FlatParameters.of(model).flatten();
        DataLoader loader = shuffled(net);
        Dataset.Rows rows = loader.dataset().inPlace().orElseThrow();
        StepEngine engine = new ModelEngine(model).on(rows).orElseThrow();
        return () -> {
            try (DataLoader.Epoch epoch = loader.iterator()) {
                while (epoch.hasNext()) {
                    try (PointerScope scope = new PointerScope()) {
                        DataLoader.Epoch.Positions next = epoch.nextPositions(AT_ONCE);
                        double[] rates = new double[next.lengths().length];
                        Arrays.fill(rates, RATE);
                        StepSamples samples = StepSamples.of(rows, next.samples());
                        engine.train(weights, weights, samples, next.lengths(), rates, Descent.plain());
                    }
                }
            }
        };
    }
}
