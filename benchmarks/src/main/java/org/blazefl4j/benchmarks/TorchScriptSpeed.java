package org.blazefl4j.benchmarks;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.model.Model;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.model.Numerics;
import org.blazefl4j.model.Numerics.Autocast;
import org.blazefl4j.model.Numerics.MemoryLayout;
import org.blazefl4j.modelfile.StateDict;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.LibTorch;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Compares a TorchScript file of the library's CNN with that CNN by LibTorch, from the same parameters and on one core:
 * first the losses of 20 steps, then steps per second, in pairs.
 */
final class TorchScriptSpeed {

    private static final int BATCH = 50;
    private static final int STEPS = 20;
    private static final int TIMED = 200;

    private TorchScriptSpeed() {}

    /** Reads {@code FILE [--pairs n]}; the file is one of {@code examples/pytorch/round_trip.py}. */
    static void run(String[] args, Consumer<Measurement> results) {
        LibTorch.tune();
        torch.set_num_threads(1);
        int at = Arrays.asList(args).indexOf("--pairs");
        int pairs = at < 0 ? 15 : Integer.parseInt(args[at + 1]);
        for (MemoryLayout layout : List.of(MemoryLayout.CONTIGUOUS, MemoryLayout.CHANNELS_LAST)) {
            Model ours = ModelSelector.seeded(42, 1, 28, 28, 10).selectModel(ModelName.CNN);
            Model theirs = Model.torchScript(Path.of(args[0]));
            theirs.setNumerics(new Numerics(layout, Autocast.OFF));
            try (StateDict state = StateDict.of(ours)) {
                state.loadInto(theirs);
            }
            System.out.println("greatest difference of losses over " + STEPS + " steps: " + difference(ours, theirs));
            Pairs measured = Pairs.measure(1, pairs, () -> stepsPerSecond(theirs), () -> stepsPerSecond(ours));
            results.accept(Measurement.of(
                    "TorchScript CNN 1x28x28, " + layout, "steps/s", measured.first(), "ours", measured.second()));
        }
    }

    private static double difference(Model ours, Model theirs) {
        List<Double> expected = train(ours, STEPS);
        List<Double> losses = train(theirs, STEPS);
        double greatest = 0;
        for (int i = 0; i < STEPS; i++) {
            greatest = Math.max(greatest, Math.abs(losses.get(i) - expected.get(i)));
        }
        return greatest;
    }

    private static double stepsPerSecond(Model model) {
        long start = System.nanoTime();
        train(model, TIMED);
        return TIMED / ((System.nanoTime() - start) * 1e-9);
    }

    private static List<Double> train(Model model, int steps) {
        List<Double> losses = new ArrayList<>();
        try (FlatParameters state = FlatParameters.of(model);
                Generator generator = torch.createCPUGenerator(1);
                PointerScope outer = new PointerScope()) {
            var optional = new GeneratorOptional(generator);
            Tensor x = torch.empty(BATCH, 1, 28, 28).normal_(0, 1, optional);
            Tensor y = torch.empty(new long[] {BATCH}, new TensorOptions(ScalarType.Long), null)
                    .random_(0, new LongOptional(10), optional);
            state.bind(state.flatten());
            model.train();
            for (int i = 0; i < steps; i++) {
                try (PointerScope scope = new PointerScope()) {
                    state.dropGradients();
                    Tensor loss = torch.cross_entropy(model.output(x), y);
                    loss.backward();
                    state.sgdStep(0.05);
                    losses.add(loss.item_double());
                }
            }
        }
        return losses;
    }
}
