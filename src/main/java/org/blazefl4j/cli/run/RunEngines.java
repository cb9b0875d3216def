package org.blazefl4j.cli.run;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.blazefl4j.core.Device;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.model.Engine;
import org.blazefl4j.model.Model;
import org.blazefl4j.step.EngineChoice;

/** The engines that compute the models of a run. Bits depend on them, not on the option that left them the choice. */
public record RunEngines(Map<String, EngineChoice> choices) {

    /** The name of the option in result files and checkpoints. */
    public static final String OPTION = "engine";

    /** The name of the engines in result files and checkpoints. */
    public static final String USED = "engine_used";

    /** The engine of runs that were recorded before there was a choice. */
    public static final String EARLIER = Engine.LIBTORCH.toString();

    /**
     * Chooses the engines.
     *
     * @throws IllegalArgumentException if a model cannot be computed by the engine that the options ask for
     */
    static RunEngines of(RunOptions options, ImageData images) {
        long[] shape = images.trainImages().shape();
        long[] sample = Arrays.copyOfRange(shape, 1, shape.length);
        Map<String, EngineChoice> choices = new LinkedHashMap<>();
        options.models(images).forEach((name, selected) -> {
            try (Model model = selected.make(Device.CPU)) {
                choices.put(name, EngineChoice.of(model, sample, options.execution.device.isCpu()));
            }
        });
        return new RunEngines(choices);
    }

    /** Describes the engines for people. */
    String describe() {
        return text(EngineChoice::toString);
    }

    /** Returns the engines for result files and checkpoints. */
    String used() {
        return text(choice -> choice.engine().toString());
    }

    /** Returns a text that all models share, or each model with its own. */
    private String text(Function<EngineChoice, String> part) {
        List<String> parts = choices.values().stream().map(part).distinct().toList();
        return parts.size() == 1
                ? parts.get(0)
                : choices.entrySet().stream()
                        .map(model -> model.getKey() + " " + part.apply(model.getValue()))
                        .collect(Collectors.joining(", "));
    }
}
