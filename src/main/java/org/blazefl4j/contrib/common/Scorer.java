package org.blazefl4j.contrib.common;

import java.util.Optional;
import org.blazefl4j.contrib.common.EvaluationTask.BatchScore;
import org.blazefl4j.core.Device;
import org.blazefl4j.data.Batch;
import org.blazefl4j.model.Model;
import org.blazefl4j.step.ModelEngine;
import org.blazefl4j.step.StepEngine;
import org.blazefl4j.step.StepSamples;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * Scores batches by one state of a model, with the engine that computes the model.
 *
 * @param model on the device, with the state
 * @param state the same state as a vector, float32, shape [numel], on the CPU, for the native engine; undefined if the
 *     model does not say its layers
 */
record Scorer(Model model, ModelEngine engines, Device device, Tensor state) {

    /** Scores a batch in evaluation mode, which the model is in, and closes it. */
    BatchScore score(Batch batch) {
        try (PointerScope scope = new PointerScope();
                Batch moved = device.move(batch)) {
            Optional<StepEngine> engine = engines.on(moved);
            return engine.isPresent() ? score(engine.get(), moved) : BatchScore.of(model, moved);
        }
    }

    private BatchScore score(StepEngine engine, Batch batch) {
        double[] losses = new double[2];
        long hits = engine.score(state.contiguous(), StepSamples.of(batch), losses);
        return new BatchScore(losses[0], losses[1], hits, batch.x().size(0));
    }
}
