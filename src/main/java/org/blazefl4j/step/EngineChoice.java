package org.blazefl4j.step;

import org.blazefl4j.binding.Native;
import org.blazefl4j.model.Engine;
import org.blazefl4j.model.Model;
import org.blazefl4j.model.Numerics;
import org.blazefl4j.model.Numerics.Autocast;
import org.blazefl4j.model.Numerics.MemoryLayout;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.util.Arguments;

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
        String obstacle = obstacle(model, sample, onCpu);
        Arguments.require(
                obstacle.isEmpty() || asked != Engine.NATIVE,
                "native engine cannot compute the model: engine=native, model="
                        + model.getClass().getSimpleName() + ", found=" + obstacle + "; choose auto or libtorch");
        return obstacle.isEmpty()
                ? new EngineChoice(Engine.NATIVE, Native.netKernels())
                : new EngineChoice(Engine.LIBTORCH, obstacle);
    }

    /** Returns what keeps the native engine from a model; nothing if it can compute it, and shall. */
    private static String obstacle(Model model, long[] sample, boolean onCpu) {
        Numerics numerics = model.numerics();
        if (!onCpu) {
            return "on cuda";
        } else if (numerics.autocast() != Autocast.OFF) {
            return "autocast " + numerics.autocast();
        } else if (numerics.layout() == MemoryLayout.CHANNELS_LAST) {
            return "memory format " + numerics.layout();
        }
        StepPlan plan = model.layers()
                .map(layers -> StepPlan.of(layers, sample))
                .orElse(StepPlan.refused("layers not declared"));
        if (plan.isCovered() && plan.parameters() != numel(model)) {
            return "state besides the layers";
        }
        return plan.isCovered() && numerics.engine() == Engine.AUTO ? Gains.obstacle(plan) : plan.refusal();
    }

    private static long numel(Model model) {
        try (FlatParameters state = FlatParameters.of(model)) {
            return state.numel();
        }
    }

    @Override
    public String toString() {
        return engine + (detail.isEmpty() ? "" : " (" + detail + ")");
    }
}
