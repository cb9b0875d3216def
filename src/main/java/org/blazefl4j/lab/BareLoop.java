package org.blazefl4j.lab;

import java.util.function.BooleanSupplier;
import org.blazefl4j.model.Model;
import org.bytedeco.pytorch.Tensor;

/** The clients' work without a framework. Created, used and closed on one thread. */
public interface BareLoop extends AutoCloseable {

    /**
     * Returns a loop that trains: plain SGD on a flat parameter vector, with batches selected from images in memory, as
     * the clients of federated averaging train.
     *
     * @param model owned by the loop from now on
     * @param images float32, at least one sample along dimension 0; only read; the caller closes it
     * @param labels int64, one per image; only read; the caller closes it
     * @param samples the number of images of a client, above 0
     * @param batch the number of images in a step, above 0; the last step of an epoch takes the rest
     */
    static BareLoop training(Model model, Tensor images, Tensor labels, int samples, int batch) {
        return new BareTraining(model, images, labels, samples, batch);
    }

    /**
     * Does one client's work.
     *
     * @param stop checked before each step; the remaining steps are skipped once it returns true
     */
    void trainClient(BooleanSupplier stop);

    @Override
    void close();
}
