package org.blazefl4j.cli.run;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.blazefl4j.cli.options.OptionUse;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.ModelSelector.Only;
import org.blazefl4j.core.SelectedModel;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.model.Numerics;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The options for models from files and classes. Recorded only if given, as those of {@link OptimizerOptions}. */
@Command(optionListHeading = "%nYour own models%n")
final class ModelOptions {

    /** The names in result files and checkpoints of files whose content is recorded, so that they may be moved. */
    static final List<String> FILES = List.of("initial_model", "model_file");

    @Option(names = "--model-file", paramLabel = "FILE", converter = HashedFile.Converter.class)
    @Nullable
    HashedFile modelFile;

    @Option(names = "--model-class", paramLabel = "NAME")
    @Nullable
    String modelClass;

    @Option(names = "--model-path", paramLabel = "PATHS", split = ":")
    @Nullable
    List<Path> modelPath;

    @Option(names = "--initial-model", paramLabel = "FILE", converter = HashedFile.Converter.class)
    @Nullable
    HashedFile initialModel;

    /** Refuses options that contradict each other. */
    void check(OptionUse use) {
        if (modelFile != null && modelClass != null) {
            throw use.refusal("two models: --model-file=" + modelFile + ", --model-class=" + modelClass
                    + ", expected=one; omit the other");
        }
        use.refuseUnless(modelClass != null, "--model-path", "--model-class");
        use.refuseUnless(isOfLibrary(), "--model-name", "it without --model-file and --model-class");
        use.refuseUnless(isOfLibrary(), "--client-models", "it without --model-file and --model-class");
    }

    /** Returns whether the model is one of the library's. */
    boolean isOfLibrary() {
        return modelFile == null && modelClass == null;
    }

    /** Returns what the model is called. */
    String title(ModelName name) {
        if (modelFile != null) {
            return String.valueOf(modelFile.path().getFileName());
        }
        return modelClass == null ? name.toString() : modelClass;
    }

    /** Returns the model for these images: one of the library unless the options say otherwise. */
    SelectedModel<?> select(ModelName name, long seed, ImageData images, Numerics numerics) {
        if (modelFile != null) {
            return select(ModelSelector.torchScript(modelFile.path()), Only.MODEL, numerics);
        }
        return modelClass == null
                ? new SelectedModel<>(library(name, seed, images, numerics), name)
                : select(ofClass(modelClass, seed, images), Only.MODEL, numerics);
    }

    /** Returns the library's models, of which those of a name begin as the options say. */
    ModelSelector<ModelName> library(ModelName name, long seed, ImageData images, Numerics numerics) {
        int[] image = image(images);
        var seeded = ModelSelector.seeded(seed, image[0], image[1], image[2], image[3]);
        return select(seeded, name, numerics).selector();
    }

    private <N extends Enum<N>> SelectedModel<N> select(ModelSelector<N> models, N name, Numerics numerics) {
        ModelSelector<N> begun = initialModel == null ? models : models.startingFrom(initialModel.path(), name);
        return new SelectedModel<>(begun.with(numerics), name);
    }

    private ModelSelector<Only> ofClass(String name, long seed, ImageData images) {
        List<Path> entries = modelPath == null ? List.of() : modelPath;
        List<String> path =
                entries.stream().map(entry -> entry.toAbsolutePath().toString()).toList();
        return new ModelClassSelector(name, path, seed, image(images));
    }

    /** Returns channels, height, width and classes. */
    private static int[] image(ImageData images) {
        long[] shape = images.trainImages().shape();
        return new int[] {(int) shape[1], (int) shape[2], (int) shape[3], images.classes()};
    }

    /** Returns what is recorded besides the options. */
    Map<String, Object> recorded() {
        Map<String, Object> map = new LinkedHashMap<>();
        if (modelFile != null) {
            map.put("model_name", "torchscript");
            map.put("model_file_sha256", modelFile.sha256());
        } else if (modelClass != null) {
            map.put("model_name", modelClass);
        }
        if (initialModel != null) {
            map.put("initial_model_sha256", initialModel.sha256());
        }
        return map;
    }
}
