package org.blazefl4j.contrib.support;

import org.blazefl4j.model.Model;
import org.bytedeco.pytorch.NoGradGuard;

/** Puts a model into evaluation mode without gradients, and back into the mode that it had when closed. */
public final class EvaluationMode implements AutoCloseable {

    private final Model model;
    private final boolean training;
    private final NoGradGuard noGradients;

    /** Switches gradients off for the calling thread. */
    public EvaluationMode(Model model) {
        this.model = model;
        this.training = model.is_training();
        model.eval();
        this.noGradients = new NoGradGuard();
    }

    @Override
    public void close() {
        noGradients.close();
        model.train(training);
    }
}
