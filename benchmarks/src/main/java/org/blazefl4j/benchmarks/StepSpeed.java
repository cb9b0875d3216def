package org.blazefl4j.benchmarks;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.ObjIntConsumer;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.blazefl4j.contrib.support.TrainingLoop;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.StopEvent;
import org.blazefl4j.data.DataLoader;
import org.blazefl4j.data.TensorDataset;
import org.blazefl4j.model.Model;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.model.Numerics;
import org.blazefl4j.model.Numerics.Autocast;
import org.blazefl4j.model.Numerics.MemoryLayout;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.SGD;
import org.bytedeco.pytorch.SGDOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Compares the steps per second of this library's models, trained as clients train them, with those of the same network
 * written with LibTorch alone (plain modules, LibTorch's SGD, NCHW), or of the same model in another layout or type.
 * Both run in one tuned process on one core, with batches of 50 images of 3×32×32; their epochs run in pairs, in
 * alternating order.
 */
final class StepSpeed {

    private static final double RATE = 0.01;
    private static final int BATCH = 50;

    private StepSpeed() {}

    /** A network that is trained for one epoch at a time. */
    private interface Loop {
        void epoch();
    }

    /** One of the library's networks, and the same written with LibTorch alone. */
    private record Network(String name, int samples, Supplier<Model> ours, Supplier<PlainModel> plain) {

        static final List<Network> ALL = List.of(
                new Network("cnn", 1000, () -> ModelName.CNN.create(3, 32, 32, 10), PlainModel.Cnn::new),
                new Network("resnet18", 100, () -> ModelName.RESNET18.create(3, 32, 32, 10), PlainModel.ResNet18::new));
    }

    /**
     * Measures both networks, or the named one, beside plain ones.
     *
     * @param args {@code [--pairs n] [cnn | resnet18] ...}
     */
    static void run(String[] args, Consumer<Measurement> results) {
        forEach(args, (network, pairs) -> {
            Loop ours = ours(network, Numerics.DEFAULT);
            results.accept(measure("step " + network.name, network, pairs, ours, "plain LibTorch", plain(network)));
        });
    }

    /**
     * Measures both networks, or the named one, in other layouts and types: channels last beside contiguous, in float32
     * and in bfloat16, and bfloat16 beside float32, both in the automatic layout.
     *
     * @param args {@code [--pairs n] [cnn | resnet18] ...}
     */
    static void runNumerics(String[] args, Consumer<Measurement> results) {
        forEach(args, (network, pairs) -> {
            for (Autocast type : Autocast.values()) {
                String name = "channels_last " + network.name + (type == Autocast.OFF ? "" : " " + type);
                Loop pixels = ours(network, new Numerics(MemoryLayout.CHANNELS_LAST, type));
                Loop planes = ours(network, new Numerics(MemoryLayout.CONTIGUOUS, type));
                results.accept(measure(name, network, pairs, pixels, "contiguous", planes));
            }
            Loop shorter = ours(network, new Numerics(MemoryLayout.AUTO, Autocast.BFLOAT16));
            Loop full = ours(network, Numerics.DEFAULT);
            results.accept(measure("bfloat16 " + network.name, network, pairs, shorter, "float32", full));
        });
    }

    private static void forEach(String[] args, ObjIntConsumer<Network> measuring) {
        LibTorch.tune();
        torch.set_num_threads(1);
        List<String> given = List.of(args);
        int at = given.indexOf("--pairs");
        int pairs = at < 0 ? 15 : Integer.parseInt(given.get(at + 1));
        List<Network> named = Network.ALL.stream()
                .filter(network -> given.contains(network.name))
                .toList();
        for (Network network : named.isEmpty() ? Network.ALL : named) {
            measuring.accept(network, pairs);
        }
    }

    private static Measurement measure(
            String name, Network network, int pairs, Loop loop, String baseline, Loop beside) {
        loop.epoch();
        beside.epoch();
        Pairs measured = Pairs.measure(
                0, pairs, () -> stepsPerSecond(loop, network.samples), () -> stepsPerSecond(beside, network.samples));
        return Measurement.of(name, "steps/s", measured.first(), baseline, measured.second());
    }

    private static Tensor images(Network network) {
        return torch.rand(network.samples, 3, 32, 32);
    }

    private static Tensor labels(Network network) {
        return Tensors.of(LongStream.range(0, network.samples).map(i -> i % 10).toArray());
    }

    private static double stepsPerSecond(Loop loop, int samples) {
        long start = System.nanoTime();
        loop.epoch();
        return samples / BATCH / ((System.nanoTime() - start) * 1e-9);
    }

    /** Does what a client does, without the round around it. */
    private static Loop ours(Network network, Numerics numerics) {
        Model model = network.ours.get();
        model.setNumerics(numerics);
        FlatParameters state = FlatParameters.of(model);
        state.bind(state.flatten());
        model.train();
        TrainingLoop descent = new TrainingLoop(model, Device.CPU, state::dropGradients);
        DataLoader loader = new DataLoader(
                new TensorDataset(images(network), labels(network)), BATCH, true, torch.createCPUGenerator(1));
        StopEvent stop = StopEvent.create();
        return () -> descent.run(loader, 1, TrainingLoop.Loss.CROSS_ENTROPY, () -> state.sgdStep(RATE), stop);
    }

    private static Loop plain(Network network) {
        PlainModel model = network.plain.get();
        Tensor images = images(network);
        Tensor labels = labels(network);
        TensorVector parameters = model.parameters();
        SGD sgd = new SGD(parameters, new SGDOptions(RATE));
        Generator generator = torch.createCPUGenerator(1);
        model.train(true);
        return () -> {
            try (Tensor order = torch.randperm(images.size(0), new GeneratorOptional(generator))) {
                for (long start = 0; start < images.size(0); start += BATCH) {
                    try (PointerScope scope = new PointerScope()) {
                        Tensor batch = order.narrow(0, start, BATCH);
                        Tensor x = images.index_select(0, batch);
                        Tensor y = labels.index_select(0, batch);
                        sgd.zero_grad();
                        torch.cross_entropy(model.forward(x), y).backward();
                        sgd.step();
                    }
                }
            }
        };
    }
}
