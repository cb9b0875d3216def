package org.blazefl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.blazefl4j.cli.verify.ComparisonReport;
import org.blazefl4j.cli.verify.RecordedRun;
import org.blazefl4j.cli.verify.RunComparison;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.ParameterException;

/** Repeats runs from the experiment files in their result folders. */
@Slow
final class RepeatProcessTest {

    private static final String SMALL = " --num-clients 5 --sample-ratio 0.6 --global-round 3 --local-steps 2"
            + " --batch-size 20 --execution-mode single-threaded --partition dirichlet --dir-alpha 0.5";

    @TempDir
    private Path folder;

    /** Returns the names that the option for algorithms lists. */
    private static List<String> algorithms() {
        try {
            Main.commandLine().parseArgs("run", "--algorithm=?");
            throw new AssertionError("no algorithm has this name");
        } catch (ParameterException e) {
            return Arrays.asList(e.getMessage().split("expected=")[1].split(", "));
        }
    }

    private static String experiment(String algorithm) {
        return switch (algorithm) {
            case "dsfl" ->
                "--algorithm dsfl --num-clients 5 --sample-ratio 0.6 --global-round 3 --epochs 1 --open-size 9000"
                        + " --open-size-per-round 50 --kd-epochs 1 --client-models cnn,mlp --evaluate-clients";
            case "fedbn" -> "--algorithm fedbn --model-name resnet18 --last-batch merge --evaluate-every 3" + SMALL;
            default -> "--algorithm " + algorithm + SMALL;
        };
    }

    @Test
    void shouldGiveTheSameBitsWithEveryAlgorithm() throws Exception {
        List<String> experiments = new ArrayList<>();
        algorithms().forEach(name -> experiments.add(experiment(name)));
        experiments.add("--algorithm moon:mu=0.5 --server-optimizer yogi:lr=0.1 --sampler round-robin --momentum 0.9"
                + " --weight-decay 0.001 --max-grad-norm 1 --lr-schedule cosine:5 --pixels unit --last-batch drop"
                + " --client-evaluation 2 --seed 7 --engine libtorch" + SMALL);
        experiments.add("--local-optimizer sgd:nesterov=true,keep=true --momentum 0.9 --stragglers 0.5 --lr-schedule"
                + " step:every=1,factor=0.5,warm-up=1 --client-evaluation 2 --fine-tune 1" + SMALL);
        assertThat(experiments).hasSizeGreaterThan(19);

        try (CliProcess cli =
                CliProcess.startProgram(folder, List.of(), RepeatProgram.class, experiments.toArray(String[]::new))) {
            assertThat(cli.exitCode()).as(cli.err()).isZero();
        }

        for (int i = 0; i < experiments.size(); i++) {
            Path first = folder.resolve("first/" + i);
            Path second = folder.resolve("second/" + i);
            RunComparison comparison = RunComparison.of(RecordedRun.read(first), RecordedRun.read(second));
            assertThat(ComparisonReport.of(comparison)).as(experiments.get(i)).startsWith("identical: rounds=3\n");
            assertThat(comparison.conditions()).as(experiments.get(i)).isEmpty();
            assertThat(second.resolve("experiment.toml")).hasSameTextualContentAs(first.resolve("experiment.toml"));
        }
        assertThat(Files.list(folder.resolve("first"))).hasSize(experiments.size());
    }
}
