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
import java.util.spi.ToolProvider;
import org.blazefl4j.cli.options.ExitCode;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.model.Model;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.modelfile.ModelFixtures;
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
        return runIn("multi-threaded", output, more);
    }

    private CliProcess runInWorkers(String output, String... more) throws IOException {
        return runIn("multi-process", output, more);
    }

    private CliProcess runIn(String mode, String output, String... more) throws IOException {
        List<String> args = new ArrayList<>(List.of("run", "--sample-ratio", "0.03", "--epochs", "1"));
        args.addAll(List.of("--output", output, "--execution-mode", mode, "--num-parallels", "2"));
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
    void shouldTrainATorchScriptFile() throws Exception {
        Files.copy(ModelFixtures.file("images.ts"), folder.resolve("net.ts"));
        String[] args = {"--model-file", "net.ts", "--global-round", "2", "--checkpoint-dir", "saved"};
        try (CliProcess cli = runInWorkers("workers", args)) {
            requireSuccess(cli);
            assertThat(cli.out())
                    .contains("FedAvg of net.ts on fashion-mnist")
                    .contains("engine         libtorch (layers not declared)");
        }
        try (CliProcess cli = run("threads", args[0], args[1], args[2], args[3])) {
            requireSuccess(cli);
        }
        try (CliProcess cli = CliProcess.start(folder, "verify", "workers", "threads")) {
            requireSuccess(cli);
        }
        try (StateDict state = StateDict.read(folder.resolve("workers/model.safetensors"))) {
            assertThat(state.tensors().keySet()).containsExactly("3.weight", "3.bias");
        }
        Files.copy(ModelFixtures.file("torchscript.pt"), folder.resolve("net.ts"), StandardCopyOption.REPLACE_EXISTING);
        String[] changed = {"--model-file", "net.ts", "--checkpoint-dir", "saved", "--resume"};
        try (CliProcess cli = run("workers", changed)) {
            requireRefusal(cli, "model_file_sha256");
        }
        try (CliProcess cli = run("other", "--model-file", "net.ts")) {
            requireRefusal(
                    cli,
                    "model does not fit the samples: cid=0, found=TorchScript module failed: file="
                            + folder.resolve("net.ts") + ", found=");
        }
        try (CliProcess cli = run("other", "--model-file", "net.ts", "--model-name", "mlp")) {
            requireRefusal(
                    cli, "--model-name has no effect: add it without --model-file and --model-class, or omit it");
        }
    }

    private static final String OWN = """
            package own;
            import org.blazefl4j.model.*;
            public final class Net extends org.blazefl4j.model.Model {
                private final org.bytedeco.pytorch.LinearImpl fc;
                private final Dropout dropout = dropout("dropout", 0.1);
                public Net(int channels, int height, int width, int classes) {
                    fc = linear("fc", channels * height * width, classes);
                }
                public org.bytedeco.pytorch.Tensor forward(org.bytedeco.pytorch.Tensor x) {
                    return fc.forward(dropout.forward(x.flatten(1, -1)));
                }
            }
            """;

    @Test
    void shouldTrainAClassOfYourOwn() throws Exception {
        Path source = Files.writeString(folder.resolve("Net.java"), OWN);
        String[] arguments = {
            "-cp", System.getProperty("java.class.path"), "-d", "" + folder.resolve("classes"), "" + source
        };
        assertThat(ToolProvider.findFirst("javac").orElseThrow().run(System.out, System.err, arguments))
                .isZero();
        String[] args = {"--model-class", "own.Net", "--model-path", "classes", "--global-round", "2"};
        try (CliProcess cli = runInWorkers("workers", args)) {
            requireSuccess(cli);
            assertThat(cli.out()).contains("FedAvg of own.Net on fashion-mnist");
        }
        List<String> continuing = new ArrayList<>(List.of(args));
        continuing.addAll(List.of("--initial-model", "workers/model.safetensors"));
        try (CliProcess cli = run("continuing", continuing.toArray(String[]::new))) {
            requireSuccess(cli);
        }
        try (CliProcess cli = run("again", args)) {
            requireSuccess(cli);
        }
        assertThat(lastHash("again")).isEqualTo(lastHash("workers")).isNotEqualTo(lastHash("continuing"));
        try (CliProcess cli = run("none", "--model-class", "own.Net")) {
            requireRefusal(
                    cli,
                    "no such class: --model-class=own.Net, --model-path=[], expected=the full name of a class"
                            + " in one of these; add its jar or folder");
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
            requireRefusal(
                    cli,
                    "file cannot be read: file=nowhere.pt, found=not found: nowhere.pt, expected=a file that can be"
                            + " read");
        }
    }
}
