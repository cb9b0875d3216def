package org.blazefl4j.cli.sweep;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.cli.console.ParentWatch;
import org.blazefl4j.cli.options.MlflowOptions;
import org.blazefl4j.cli.options.Settings;

/**
 * Starts the command line once more, for a run. The process ends with this one, even if this one is killed.
 *
 * @param program the words that start the command line
 * @param options what the sweep tells all runs
 */
record RunProcess(List<String> program, List<String> options) {

    /** What a study says of files; experiment files of runs do not. */
    private static final List<String> OF_FILES = List.of("checkpoint-every", "checkpoint-keep", "tensorboard");

    /** Starts or resumes a run. */
    Process start(Path experiment, RunFiles files, Settings settings) throws IOException {
        List<String> command = new ArrayList<>(program);
        command.add(1, "-D" + ParentWatch.PROPERTY + "=true");
        command.add(1, "-D" + MlflowOptions.OPTIONAL_PROPERTY + "=true");
        command.addAll(
                List.of("run", experiment.toString(), "--output", files.folder().toString()));
        command.addAll(List.of("--checkpoint-dir", files.state().toString(), "--resume", "--no-report"));
        for (String key : OF_FILES) {
            settings.get(key).ifPresent(setting -> command.add("--" + key + "=" + setting.text()));
        }
        command.addAll(options);
        return new ProcessBuilder(command)
                .redirectOutput(Redirect.appendTo(files.console().toFile()))
                .redirectError(files.errors().toFile())
                .start();
    }
}
