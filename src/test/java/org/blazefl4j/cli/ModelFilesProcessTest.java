package org.blazefl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.blazefl4j.cli.options.ExitCode;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.model.Model;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.modelfile.StateDict;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Slow;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Exports models of runs, and lets runs begin with them, from the command line. */
@Slow
final class ModelFilesProcessTest {

    @TempDir
    private Path folder;

    private CliProcess run(String output, String... more) throws IOException {
        List<String> args = new ArrayList<>(List.of("run", "--sample-ratio", "0.03", "--epochs", "1"));
        args.addAll(List.of("--output", output, "--num-parallels", "2"));
        args.addAll(List.of(more));
        return CliProcess.start(folder, args.toArray(String[]::new));
    }

    private static void requireSuccess(CliProcess cli) throws Exception {
        assertThat(cli.exitCode()).as(cli.err()).isZero();
    }

    private static void requireRefusal(CliProcess cli, String message) throws Exception {
        assertThat(cli.exitCode()).as(cli.out()).isEqualTo(ExitCode.USAGE);
        assertThat(cli.err()).contains(message);
    }

    private static String sha256(Path file) {
        try (Model model = ModelSelector.seeded(1, 1, 28, 28, 10).selectModel(ModelName.CNN);
                StateDict state = StateDict.read(file);
                FlatParameters parameters = FlatParameters.of(model)) {
            state.loadInto(model);
            try (Tensor flat = parameters.flatten()) {
                return Tensors.sha256(flat);
            }
        }
    }

    private String lastHash(String run) throws IOException {
        String text = Files.readString(folder.resolve(run).resolve("metrics.jsonl"));
        Matcher hash = Pattern.compile("\"type\":\"round\".*\"sha256\":\"([0-9a-f]{64})\"")
                .matcher(text);
        String last = "none";
        while (hash.find()) {
            last = hash.group(1);
        }
        return last;
    }

    @Test
    void shouldCarryTheModelOfARunToAnother() throws Exception {
        try (CliProcess cli = run("a", "--global-round", "2")) {
            requireSuccess(cli);
            assertThat(cli.out()).contains("\n  model          " + Path.of("a", "model.safetensors") + "\n");
        }
        for (String name : List.of("m.pt", "m.safetensors")) {
            try (CliProcess cli = CliProcess.start(folder, "export", "a", name)) {
                requireSuccess(cli);
                assertThat(cli.out())
                        .isEqualTo(
                                name + ": tensors=10, numbers=44426, from " + Path.of("a", "model.safetensors") + "\n");
            }
            assertThat(sha256(folder.resolve(name))).isEqualTo(lastHash("a"));
        }
        try (CliProcess cli = CliProcess.start(folder, "export", "a", "m.pt")) {
            requireRefusal(cli, "blazefl4j export: file exists: FILE=m.pt, expected=a new file; choose another name\n");
        }
        String[] args = {"--global-round", "1", "--initial-model", "m.pt", "--checkpoint-dir", "saved"};
        try (CliProcess cli = run("b", args)) {
            requireSuccess(cli);
        }
        try (CliProcess cli = run("c", "--global-round", "1", "--initial-model", "m.safetensors")) {
            requireSuccess(cli);
        }
        assertThat(lastHash("b")).isEqualTo(lastHash("c")).isNotEqualTo(lastHash("a"));
        shouldResumeWithTheSameFileAlone();
        try (CliProcess cli = run("d", "--initial-model", "m.pt", "--model-name", "mlp")) {
            requireRefusal(cli, "initial model does not fit: file=" + folder.resolve("m.pt") + ", model=mlp: ");
        }
    }

    private void shouldResumeWithTheSameFileAlone() throws Exception {
        String[] args = {"--global-round", "2", "--checkpoint-dir", "saved", "--resume", "--initial-model", "moved.pt"};
        Files.copy(folder.resolve("m.pt"), folder.resolve("moved.pt"));
        try (CliProcess cli = run("b", args)) {
            requireSuccess(cli);
        }
        assertThat(sha256(folder.resolve("b/model.safetensors"))).isEqualTo(lastHash("b"));
        Files.copy(
                folder.resolve("b/model.safetensors"), folder.resolve("moved.pt"), StandardCopyOption.REPLACE_EXISTING);
        try (CliProcess cli = run("b", args)) {
            requireRefusal(cli, "initial_model_sha256");
        }
    }

    @Test
    void shouldSayWhyThereIsNothingToExport() throws Exception {
        Files.createDirectory(folder.resolve("empty"));
        try (CliProcess cli = CliProcess.start(folder, "export", "empty", "m.pt")) {
            requireRefusal(
                    cli,
                    "blazefl4j export: no model: RUN=empty, expected=model.safetensors, which a run writes when it ends;"
                            + " continue the run with --resume, if it has checkpoints, or run it again\n");
        }
        try (CliProcess cli = CliProcess.start(folder, "export", "nowhere", "m.pt")) {
            requireRefusal(
                    cli, "blazefl4j export: model file cannot be read: file=nowhere, found=not found: nowhere\n");
        }
        try (CliProcess cli = run("ifca", "--algorithm", "ifca", "--global-round", "1")) {
            requireSuccess(cli);
        }
        try (CliProcess cli = CliProcess.start(folder, "export", "ifca", "m.pt")) {
            requireRefusal(
                    cli,
                    "several models: RUN=ifca, found=model-1.safetensors, model-2.safetensors; give the file of one of"
                            + " them as RUN\n");
        }
        try (CliProcess cli = CliProcess.start(folder, "export", "ifca/model-2.safetensors", "m.bin")) {
            requireRefusal(cli, "unknown format: file=m.bin, expected=a name that ends in");
        }
        try (CliProcess cli = CliProcess.start(folder, "export", "ifca/model-2.safetensors", "m.pt")) {
            requireSuccess(cli);
        }
        try (CliProcess cli = run("e", "--initial-model", "nowhere.pt")) {
            requireRefusal(cli, "found=not found: nowhere.pt, expected=a file that can be read");
        }
    }
}
