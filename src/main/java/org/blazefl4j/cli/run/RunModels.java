package org.blazefl4j.cli.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.contrib.common.AbstractServerHandler;
import org.blazefl4j.modelfile.StateDict;
import org.blazefl4j.util.Causes;
import org.blazefl4j.util.Printable;
import org.blazefl4j.util.ResourceStack;

/**
 * The models that a run leaves in its folder when its last round is over: {@code model.safetensors}, or
 * {@code model-1.safetensors} and so on if the server has several.
 */
public final class RunModels {

    private static final String NAME = "model(-\\d+)?\\.safetensors";

    private RunModels() {}

    /** Removes those of a run that goes on. */
    static void clear(Path folder) {
        try {
            for (Path file : files(folder)) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "model of earlier rounds cannot be removed: folder=" + folder + ", found=" + Causes.describe(e), e);
        }
    }

    /** Writes the models as they were last evaluated. Returns their files. */
    static List<Path> write(AbstractServerHandler<?, ?> handler, Path folder) {
        try (ResourceStack resources = new ResourceStack()) {
            List<StateDict> models = handler.stateDicts();
            models.forEach(resources::add);
            List<Path> files = new ArrayList<>();
            for (StateDict model : models) {
                String number = models.size() == 1 ? "" : "-" + (files.size() + 1);
                Path file = folder.resolve("model" + number + ".safetensors");
                model.write(file);
                files.add(file);
            }
            return files;
        }
    }

    /**
     * Returns the file of a run's only model.
     *
     * @throws UsageException if there is none, or several
     */
    public static Path in(Path folder) {
        List<Path> files;
        try {
            files = files(folder);
        } catch (IOException e) {
            throw new UsageException("folder cannot be read: RUN=" + folder + ", found=" + Causes.describe(e)
                    + "; give the folder of a run's results");
        }
        if (files.isEmpty()) {
            throw new UsageException("no model: RUN=" + folder + ", expected=model.safetensors, which a run writes when"
                    + " it ends; continue the run with --resume, if it has checkpoints, or run it again");
        }
        if (files.size() > 1) {
            String found = files.stream()
                    .map(file -> Printable.line(file.getFileName()))
                    .collect(Collectors.joining(", "));
            throw new UsageException(
                    "several models: RUN=" + folder + ", found=" + found + "; give the file of one of them as RUN");
        }
        return files.get(0);
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> content = Files.list(folder)) {
            return content.filter(file -> file.getFileName().toString().matches(NAME))
                    .sorted()
                    .toList();
        }
    }
}
