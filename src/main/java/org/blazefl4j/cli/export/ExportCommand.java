package org.blazefl4j.cli.export;

import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.blazefl4j.cli.options.ExitCode;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.cli.run.RunModels;
import org.blazefl4j.modelfile.StateDict;
import org.blazefl4j.util.Printable;
import org.bytedeco.pytorch.Tensor;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes the model of a run as a file for PyTorch. */
@Command(
        name = "export",
        abbreviateSynopsis = true,
        header = "Writes the global model of a run as a file for PyTorch.",
        description = {
            "",
            "The end of the file's name chooses the format: .safetensors, or .pt or .pth for a state_dict that"
                    + " torch.load(FILE, weights_only=True) reads. Tensors have PyTorch's names and the bits of the"
                    + " model that the run evaluated last.",
        },
        parameterListHeading = "%n",
        optionListHeading = "%n",
        exitCodeList = {
            "0:The file was written.",
            "1:The file could not be written.",
            "2:There is no such model, or an" + " argument cannot be used; nothing was written."
        },
        footer = {
            "",
            "Example",
            "  Train a model, export it, and let another run begin with it:",
            "    blazefl4j run --output runs/a",
            "    blazefl4j export runs/a model.pt",
            "    blazefl4j run --initial-model model.pt --output runs/b",
        })
public final class ExportCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Parameters(
            index = "0",
            paramLabel = "RUN",
            description = "The folder of a run that has ended, or a model's file to convert.")
    private Path run;

    @Parameters(index = "1", paramLabel = "FILE", description = "A new file.")
    private Path file;

    @Option(names = "--verbose", description = "Show the stack trace if something fails.")
    private boolean verbose;

    @Override
    public Integer call() {
        if (Files.exists(file)) {
            throw new UsageException("file exists: FILE=" + file + ", expected=a new file; choose another name");
        }
        Path source = Files.isDirectory(run) ? RunModels.in(run) : run;
        try (StateDict state = read(source)) {
            write(state);
            long numbers =
                    state.tensors().values().stream().mapToLong(Tensor::numel).sum();
            spec.commandLine()
                    .getOut()
                    .println(Printable.line(file) + ": tensors="
                            + state.tensors().size() + ", numbers=" + numbers + ", from " + Printable.line(source));
        }
        return ExitCode.OK;
    }

    private StateDict read(Path source) {
        try {
            return StateDict.read(source);
        } catch (IllegalArgumentException | UncheckedIOException e) {
            throw UsageException.insteadOf(e, String.valueOf(e.getMessage()));
        }
    }

    private void write(StateDict state) {
        try {
            state.write(file);
        } catch (IllegalArgumentException e) {
            throw UsageException.insteadOf(e, String.valueOf(e.getMessage()));
        }
    }
}
