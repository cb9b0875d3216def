package org.blazefl4j.step;

import java.util.Optional;
import org.blazefl4j.model.Autocast;
import org.blazefl4j.model.Engine;
import org.blazefl4j.model.Model;

/**
 * The engine that computes a model. It follows from the model, the shape of its samples and the kind of device alone,
 * so that it is the same in all workers and on all machines.
 *
 * @param engine {@code LIBTORCH} or {@code NATIVE}
 * @param detail for people: the kernels of the native engine, or what kept {@code AUTO} from it; may be empty
 */
public record EngineChoice(Engine engine, String detail) {

    /**
     * Chooses the engine that the model's numerics ask for.
     *
     * @param sample the shape of a sample, without the dimension of the batch
     * @throws IllegalArgumentException if they ask for the native engine, which cannot compute the model
     */
    public static EngineChoice of(Model model, long[] sample, boolean onCpu) {
        Engine asked = model.numerics().engine();
        if (asked == Engine.LIBTORCH) {
            return new EngineChoice(Engine.LIBTORCH, "");
        }
        Optional<String> obstacle = obstacle(model, sample, onCpu);
        if (obstacle.isPresent() && asked == Engine.NATIVE) {
            throw new IllegalArgumentException("native engine cannot compute the model: engine=native, model="
                    + model.getClass().getSimpleName() + ", found=" + obstacle.get() + "; choose auto or libtorch");
        }
        return obstacle.map(found -> new EngineChoice(Engine.LIBTORCH, found))
                .orElseGet(() -> new EngineChoice(Engine.NATIVE, ""));
    }

    private static Optional<String> obstacle(Model model, long[] sample, boolean onCpu) {
        if (!onCpu) {
            return Optional.of("on cuda");
        }
        Autocast autocast = model.numerics().autocast();
        return autocast == Autocast.OFF ? uncovered(model, sample) : Optional.of("autocast " + autocast);
    }

    /** Returns the layers that the native engine does not cover; empty if it covers the model. */
    private static Optional<String> uncovered(Model model, long[] sample) {
        return Optional.of("layers not covered");
    }

    @Override
    public String toString() {
        return engine + (detail.isEmpty() ? "" : " (" + detail + ")");
    }
}
