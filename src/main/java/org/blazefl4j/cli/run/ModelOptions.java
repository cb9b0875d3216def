package org.blazefl4j.cli.run;

import java.util.List;
import java.util.Map;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.model.ModelName;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The options for models from files. Recorded only if given, as those of {@link OptimizerOptions}. */
@Command(optionListHeading = "%nModels from files%n")
final class ModelOptions {

    /** The names in result files and checkpoints of files whose content is recorded, so that they may be moved. */
    static final List<String> FILES = List.of("initial_model");

    @Option(names = "--initial-model", paramLabel = "FILE", converter = HashedFile.Converter.class)
    @Nullable
    HashedFile initialModel;

    /** Returns a selector of the same models, of which those of a name begin as the options say. */
    ModelSelector<ModelName> applyTo(ModelSelector<ModelName> models, ModelName name) {
        return initialModel == null ? models : models.startingFrom(initialModel.path(), name);
    }

    /** Returns what is recorded besides the options. */
    Map<String, Object> recorded() {
        return initialModel == null ? Map.of() : Map.of("initial_model_sha256", initialModel.sha256());
    }
}
