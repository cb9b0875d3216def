package org.blazefl4j.benchmarks;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.blazefl4j.contrib.common.Descent;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.StopEvent;
import org.blazefl4j.data.DataLoader;
import org.blazefl4j.data.TensorDataset;
import org.blazefl4j.model.Cnn;
import org.blazefl4j.model.Model;
import org.blazefl4j.model.ResNet;
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
 * Steps per second of one of our models, trained as clients train it, over those of the same network written with
 * LibTorch alone: plain modules, LibTorch's SGD, NCHW. Batches of 50 images of 3×32×32, one core, the same tuned
 * process; epochs of both alternate, and so does which is first.
 */
final class StepSpeed {

    private static final double RATE = 0.01;
    private static final int BATCH = 50;

    private StepSpeed() {}

    /** A network that is trained for one epoch at a time. */
    private interface Loop {
        void epoch();
    }

    /**
     * Measures both networks, or that which is named.
     *
     * @param args {@code [--pairs n] [cnn | resnet18] ...}
     */
    static void run(String[] args, Consumer<Measurement> results) {
        LibTorch.tune();
        torch.set_num_threads(1);
        List<String> given = List.of(args);
        int at = given.indexOf("--pairs");
        int pairs = at < 0 ? 15 : Integer.parseInt(given.get(at + 1));
        boolean all = !given.contains("cnn") && !given.contains("resnet18");
        if (all || given.contains("cnn")) {
            results.accept(measure("cnn", 1000, pairs, Cnn::new, PlainModel.Cnn::new));
        }
        if (all || given.contains("resnet18")) {
            results.accept(measure("resnet18", 100, pairs, () -> ResNet.resNet18(3, 10), PlainModel.ResNet18::new));
        }
    }

    private static Measurement measure(
            String name, int samples, int pairs, Supplier<Model> our, Supplier<PlainModel> plain) {
        Tensor images = torch.rand(samples, 3, 32, 32);
        Tensor labels = Tensors.of(LongStream.range(0, samples).map(i -> i % 10).toArray());
        Loop ourLoop = ours(our.get(), images, labels);
        Loop plainLoop = plain(plain.get(), images, labels);
        ourLoop.epoch();
        plainLoop.epoch();
        Pairs measured = Pairs.measure(
                0, pairs, () -> stepsPerSecond(ourLoop, samples), () -> stepsPerSecond(plainLoop, samples));
        return Measurement.of("step " + name, "steps/s", measured.first(), "plain LibTorch", measured.second());
    }

    private static double stepsPerSecond(Loop loop, int samples) {
        long start = System.nanoTime();
        loop.epoch();
        return samples / BATCH / ((System.nanoTime() - start) * 1e-9);
    }

    /** What a client does, but for the round around it. */
    private static Loop ours(Model model, Tensor images, Tensor labels) {
        FlatParameters state = FlatParameters.of(model);
        state.bind(state.flatten());
        model.train();
        Descent descent = new Descent(model, state, Device.CPU, state::dropGradients);
        DataLoader loader = new DataLoader(new TensorDataset(images, labels), BATCH, true, torch.createCPUGenerator(1));
        StopEvent stop = StopEvent.create();
        return () -> descent.run(loader, 1, torch::cross_entropy, () -> state.sgdStep(RATE), stop);
    }

    private static Loop plain(PlainModel model, Tensor images, Tensor labels) {
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
