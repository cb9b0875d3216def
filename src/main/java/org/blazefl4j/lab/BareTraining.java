package org.blazefl4j.lab;

import java.util.function.BooleanSupplier;
import org.blazefl4j.model.Model;
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
 * averaging train. Each client's samples are drawn with repetition, and the model is not reset between clients, because
 * what it learns does not matter here.
 */
public final class BareTraining implements BareLoop {

    private static final double RATE = 0.01;
    private static final long SEED = 1;

    private final Model model;
    private final Tensor images;
    private final Tensor labels;
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
        this.images = images;
        this.labels = labels;
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
            Tensor order = torch.randint(
                    images.size(0),
                    new long[] {samples},
                    new GeneratorOptional(generator),
                    new TensorOptions(ScalarType.Long));
            for (long start = 0; start < samples && !stop.getAsBoolean(); start += batch) {
                step(order.narrow(0, start, Math.min(batch, samples - start)));
            }
        }
    }

    private void step(Tensor indices) {
        try (PointerScope scope = new PointerScope()) {
            parameters.dropGradients();
            Tensor output = model.forward(images.index_select(0, indices));
            torch.cross_entropy(output, labels.index_select(0, indices)).backward();
            parameters.sgdStep(RATE);
        }
    }

    @Override
    public void close() {
        model.setGenerator(null);
        parameters.unbind();
        parameters.close();
        flat.close();
        model.close();
        generator.close();
    }
}
