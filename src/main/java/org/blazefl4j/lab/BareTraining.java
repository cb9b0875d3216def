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
 * Training with no framework: a model in a flat vector, batches by {@code index_select} from images in memory, and
 * plain SGD in one step on the vector, as clients of federated averaging train.
 *
 * <p>Each client's samples are drawn anew, with repetition. The model goes on from client to client, for what is
 * learned does not matter here.
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
     * Before the first step.
     *
     * @param model owned by this loop from now on
     * @param images float32, the samples along dimension 0, at least one; only read; stay the caller's
     * @param labels int64, shape [number of images]; only read; stay the caller's
     * @param samples the number of images of a client, above 0
     * @param batch the number of images in a step, above 0; the last step of an epoch has what is left
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
