package org.blazefl4j.lab;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.blazefl4j.data.Dataset;
import org.blazefl4j.model.Model;
import org.blazefl4j.reproducibility.RandomStream;
import org.blazefl4j.step.Descent;
import org.blazefl4j.step.ModelEngine;
import org.blazefl4j.step.StepEngine;
import org.blazefl4j.step.StepSamples;
import org.blazefl4j.torch.FlatParameters;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Plain SGD on a flat parameter vector, with batches selected from images in memory, as the clients of federated
 * averaging train, by the engine that computes the model. Each client's samples are drawn with repetition, and the
 * model is not reset between clients, because what it learns does not matter here.
 */
public final class BareTraining implements BareLoop {

    private static final double RATE = 0.01;
    private static final int AT_ONCE = 32;
    private static final long SEED = 1;

    private final Model model;
    private final ModelEngine engines;
    private final Dataset.Rows data;
    private final int samples;
    private final int batch;
    private final FlatParameters parameters;
    private final Tensor flat;
    private final Generator generator = torch.createCPUGenerator(SEED);

    /**
     * Creates a loop.
     *
     * @param model owned by the loop from now on
     * @param images float32, at least one sample along dimension 0; the caller closes them
     * @param labels int64, one per image; the caller closes them
     * @param samples the number of images of a client
     * @param batch the number of images in a step; the last step of an epoch takes the rest
     */
    public BareTraining(Model model, Tensor images, Tensor labels, int samples, int batch) {
        this.model = model;
        this.engines = new ModelEngine(model);
        this.data = new Dataset.Rows(images, labels, List.of());
        this.samples = samples;
        this.batch = batch;
        this.parameters = FlatParameters.of(model);
        this.flat = parameters.flatten();
        parameters.bind(flat);
        model.train();
        model.setGenerator(generator);
    }

    @Override
    public void trainClient(BooleanSupplier stop) {
        try (PointerScope scope = new PointerScope()) {
            Tensor drawn = torch.randint(
                    data.x().size(0),
                    new long[] {samples},
                    new GeneratorOptional(generator),
                    new TensorOptions(ScalarType.Long));
            Optional<StepEngine> engine = engines.on(data);
            long[] order = new long[samples];
            drawn.data_ptr_long().get(order);
            int part = engine.isPresent() ? batch * AT_ONCE : batch;
            for (int start = 0; start < samples && !stop.getAsBoolean(); start += part) {
                int count = Math.min(part, samples - start);
                if (engine.isPresent()) {
                    steps(engine.get(), Arrays.copyOfRange(order, start, start + count));
                } else {
                    step(drawn.narrow(0, start, count));
                }
            }
        }
    }

    private void steps(StepEngine engine, long[] positions) {
        long[] lengths = new long[(positions.length + batch - 1) / batch];
        Arrays.setAll(lengths, step -> Math.min(batch, positions.length - step * batch));
        double[] rates = new double[lengths.length];
        Arrays.fill(rates, RATE);
        long seed = engine.seed(() -> RandomStream.of(generator));
        engine.train(flat, flat, StepSamples.of(data, positions).drawing(seed, 0), lengths, rates, Descent.plain());
    }

    private void step(Tensor indices) {
        try (PointerScope scope = new PointerScope()) {
            parameters.dropGradients();
            Tensor output = model.forward(data.x().index_select(0, indices));
            torch.cross_entropy(output, data.y().index_select(0, indices)).backward();
            parameters.sgdStep(RATE);
        }
    }

    @Override
    public void close() {
        model.setGenerator(null);
        engines.close();
        parameters.unbind();
        parameters.close();
        flat.close();
        model.close();
        generator.close();
    }
}
